"""The licences of everything that StemDesk is made of, as one text.

The frozen app brings a text that was made with it (`installers/licences.py`): of all that is really
inside of it. From source, the text is made of what the installed packages say of themselves.
"""

from __future__ import annotations

import re
import textwrap
from importlib import metadata
from pathlib import Path

from stemdesk.paths import resources

_FILE = Path("licences") / "LICENCES.txt"
_PACKAGE = "stemdesk"
_RULE = "=" * 80
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_LICENCE_FILE = re.compile(r"(^|[._-])(licen[cs]e|copying|notice|copyright)", re.IGNORECASE)
_NO_TEXT = (".py", ".pyc", ".pyi", ".html")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FROM_SOURCE = """\
StemDesk and what it is made of

StemDesk is under the MIT licence. It runs from source here, with these packages as they are
installed on this computer:
"""


def licences() -> str:
    """The text. Reads many files: not for the window's thread."""
    made = resources() / _FILE
    return read_text(made) if made.is_file() else _of_installed()


def _of_installed() -> str:
    packages = sorted(_needed(), key=lambda found: found.metadata["Name"].lower())
    lines = [f"  {title_of(found)}: {licence_of(found)}" for found in packages]
    parts = [_FROM_SOURCE + "\n".join(lines), f"{_RULE}\nStemDesk: MIT\n{_RULE}", _our_own()]
    first: dict[str, str] = {}
    for found in packages:
        title = title_of(found)
        parts.append(f"{_RULE}\n{title}: {licence_of(found)}\n{_RULE}")
        texts = texts_of(found) or ["Its package brings no text of the licence."]
        for text in texts:
            known = first.setdefault(" ".join(text.split()), title)
            parts.append(text.strip("\n") if known == title else f"The same text as {known}.")
    return "\n\n".join(parts) + "\n"


def _needed() -> list[metadata.Distribution]:
    """The installed packages that StemDesk needs, at any depth."""
    found: dict[str, metadata.Distribution] = {}
    waiting = _requirements(_PACKAGE)
    while waiting:
        name = waiting.pop()
        if canonical(name) in found:
            continue
        try:
            found[canonical(name)] = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # for another system or another Python
            continue
        waiting += _requirements(name)
    return list(found.values())


def _requirements(package: str) -> list[str]:
    try:
        lines = metadata.requires(package) or []
    except metadata.PackageNotFoundError:  # not installed at all: run from its folder
        return []
    plain = [line for line in lines if "extra ==" not in line]
    return [match[1] for line in plain if (match := _NAME.match(line))]


def canonical(name: str) -> str:
    """As package indexes compare names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def title_of(found: metadata.Distribution) -> str:
    """A package's name and version."""
    return f"{found.metadata['Name']} {found.version}"


def licence_of(found: metadata.Distribution) -> str:
    """In short, as the package says it: an expression, else a line, else its classifiers."""
    fields = found.metadata.json
    for field in ("license_expression", "license"):
        value = str(fields.get(field) or "").strip()
        if value and value != "UNKNOWN":
            return textwrap.shorten(value.splitlines()[0], 80)
    words = [
        line.rsplit("::", 1)[-1].strip()
        for line in fields.get("classifier", [])
        if line.startswith("License ::")
    ]
    return ", ".join(words) or "see its text"


def texts_of(found: metadata.Distribution) -> list[str]:
    """Those of its files that are licences, by the list that its installer wrote (`RECORD`, read as
    text: torch has thousands of lines)."""
    names = [
        line.split(",", 1)[0].strip('"') for line in (found.read_text("RECORD") or "").splitlines()
    ]
    files = sorted(name for name in names if _is_licence(name))
    texts = [read_text(Path(str(found.locate_file(name)))) for name in files]
    return [text for text in texts if text.strip()]


def _is_licence(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    if last.lower().endswith(_NO_TEXT):  # also beside licences: av's list of authors is a program
        return False
    inside = ".dist-info/" in name and "/licenses/" in name
    return inside or _LICENCE_FILE.search(last) is not None


def _our_own() -> str:
    """The file at the repository's root, or what an installed package has of it."""
    beside = resources().parent / "LICENSE"
    if beside.is_file():
        return read_text(beside).strip("\n")
    try:
        texts = texts_of(metadata.distribution(_PACKAGE))
    except metadata.PackageNotFoundError:
        texts = []
    return "\n\n".join(texts) or "The MIT licence."


def read_text(path: Path) -> str:
    """Control characters are left out; what cannot be read is as good as empty."""
    try:
        return _CONTROL.sub("", path.read_text("utf-8", "replace"))
    except OSError:
        return ""
