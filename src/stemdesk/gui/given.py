"""What people give the window to split: by typing, pasting or dropping, or as they start it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl

from stemdesk.core.files import exists
from stemdesk.core.link import looks_like_link, read_lines
from stemdesk.gui.drop import path_from_text, paths_from_text

_FIREFOX = "text/x-moz-url"  # UTF-16: an address, a line with its title, the next address
LONGEST = 1 << 20  # characters of a text that are looked at: links of a whole list
_BEGUN = ("http://", "https://")
_HOST_AND_PATH = re.compile(r"^(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """`paths`: files and folders. `links`: web addresses, each once. `others`: lines that are
    neither."""

    paths: tuple[Path, ...] = ()
    links: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is something to split."""
        return bool(self.paths or self.links)


def given_by_mime(data: QMimeData) -> Given:
    """What was dropped or copied elsewhere: files, links from a browser, or lines of text."""
    if data.hasUrls():
        return _given_by_urls(data.urls())
    if data.hasFormat(_FIREFOX):
        text = bytes(data.data(_FIREFOX).data()).decode("utf-16-le", "replace").strip("\ufeff\0")
        return _given_by_addresses(text.splitlines()[::2])
    return given_by_text(data.text()) if data.hasText() else Given()


def given_by_url(url: QUrl) -> Given:
    """A file or a link that the system opens with the app."""
    return _given_by_urls([url])


def given_by_text(text: str) -> Given:
    """Lines that are links or whole paths; others are names of no file that is there."""
    read = read_lines(text[:LONGEST].splitlines())
    paths = paths_from_text("\n".join(read.others))
    others = [line for line in read.others if not (paths and _is_whole(line))]
    return Given(tuple(paths), read.links, tuple(others))


def given_by_field(text: str) -> Given:
    """What stands in a text field: one path, whole or not, or links with blanks between them."""
    words = text.split()
    if not any(looks_like_link(word) for word in words[:1]):
        path = path_from_text(text)
        return Given() if path is None else Given((path,))
    return _given_by_addresses([word for word in words if word.lower() not in _BEGUN])


def given_by_arguments(words: Sequence[str]) -> Given:
    """What stands behind the program's name: files, whole or not, and links."""
    words = [_without_scheme(word) for word in words]
    is_link = [looks_like_link(word) and not exists(Path(word)) for word in words]
    paths = [Path(word) for word, other in zip(words, is_link, strict=True) if not other]
    rest = _given_by_addresses([word for word, it in zip(words, is_link, strict=True) if it])
    return Given(tuple(paths), rest.links, rest.others)


def may_be_link(text: str) -> bool:
    """Whether what would be taken for a path looks like an address without its beginning."""
    return bool(_HOST_AND_PATH.match(text.strip()))


def _given_by_urls(urls: list[QUrl]) -> Given:
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    addresses = [bytes(url.toEncoded().data()).decode() for url in urls if not url.isLocalFile()]
    rest = _given_by_addresses(addresses)
    return Given(tuple(paths), rest.links, rest.others)


def _given_by_addresses(addresses: list[str]) -> Given:
    read = read_lines(addresses)
    return Given((), read.links, read.others)


def _without_scheme(word: str) -> str:
    """The path behind `file:///…`, as some file managers name files; other words as they are."""
    url = QUrl(word) if word.lower().startswith("file:") else QUrl()
    return url.toLocalFile() or word


def _is_whole(line: str) -> bool:
    path = path_from_text(line)
    return path is not None and path.is_absolute()
