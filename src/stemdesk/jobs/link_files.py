"""Files that hold a link: what dragging an address to a folder leaves (.url, .webloc, .desktop)."""

from __future__ import annotations

from pathlib import Path

from stemdesk.core.errors import ErrorCode, LinkError, SourceError
from stemdesk.core.files import is_file
from stemdesk.core.link import MAX_LENGTH, read_link

SUFFIXES = (".url", ".webloc", ".desktop")
_MAX_BYTES = 64 << 10
_SECTIONS = {".url": "InternetShortcut", ".desktop": "Desktop Entry"}


def is_link_file(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() in SUFFIXES


def read_link_file(path: Path) -> str:
    """The web address in a link file, as `core.link.read_link` writes it.

    Raises `SourceError` (SOURCE_UNREADABLE) and `LinkError` (LINK_INVALID): it holds none, or one
    that is none of the web's, such as a file's.
    """
    if not is_file(path):  # a pipe would be waited for
        raise SourceError(ErrorCode.SOURCE_UNREADABLE, "no regular file", path=path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(ErrorCode.SOURCE_UNREADABLE, str(error), path=path) from error
    suffix = path.suffix.lower()
    text = "" if len(data) > _MAX_BYTES else _from_plist(data)
    if not text and suffix in _SECTIONS and len(data) <= _MAX_BYTES:
        text = _from_lines(data, _SECTIONS[suffix])
    link = read_link(text)
    if link is None:
        raise LinkError(ErrorCode.LINK_INVALID, path=path, address=text[:MAX_LENGTH] or path.name)
    return link


def _from_plist(data: bytes) -> str:
    """Apple's, as XML or binary. `plistlib` refuses entities, and with them bombs of them."""
    import plistlib  # here: every drop imports this module, and hardly any is such a file
    from xml.parsers.expat import ExpatError

    try:
        text = plistlib.loads(data)["URL"]
    except (
        plistlib.InvalidFileException,
        ExpatError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,  # the XML reader's, for elements in odd places
        OverflowError,
        RecursionError,
    ):
        return ""
    # Lists that hold one another many times over are short here, and endless as a text.
    return text if isinstance(text, str) else ""


def _from_lines(data: bytes, section: str) -> str:
    """Windows' and the free desktops': `URL=` in a section. No `%` or other magic."""
    import configparser

    parser = configparser.ConfigParser(
        interpolation=None, strict=False, comment_prefixes=("#", ";"), allow_no_value=True
    )
    try:
        parser.read_string(_decoded(data))
    except configparser.Error:
        return ""
    named = {name.lower(): name for name in parser.sections()}.get(section.lower())
    return "" if named is None else (parser.get(named, "url", fallback="") or "")


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
