"""What a package index has: the wheels of one package, newest first.

The simple API of Python package indexes, as JSON (PEP 691, 700) or as HTML (PEP 503, 592). Over
https only: the hash that a file is checked against comes from here.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from stemdesk.core.progress import CancelToken
from stemdesk.fetch.answer import Answer, refused, web_page
from stemdesk.fetch.failures import BrokenError
from stemdesk.fetch.limits import Limits
from stemdesk.fetch.page import broken, read_page
from stemdesk.fetch.stream import Stream
from stemdesk.fetch.tool import PYTHON
from stemdesk.fetch.versions import fits, release

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_PAGE_BYTES = 32 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A pure Python wheel. `size_bytes`: None if the index does not say. `requires_python`: which
    versions it is for, "" for any."""

    url: str
    name: str
    version: str
    sha256: str
    size_bytes: int | None
    requires_python: str


def wheels(index: str, package: str, cancel: CancelToken, limits: Limits) -> tuple[Wheel, ...]:
    """The wheels of `package` (`yt-dlp`) that this Python can use: releases that were not taken
    back, with a hash, at an https address; newest first. Raises `FetchError`, `Cancelled`.
    """
    answer, listed = _listing(index, package, cancel, limits)
    found = (_wheel(file, answer.url, package) for file in listed)
    usable = [wheel for wheel in found if wheel is not None and fits(PYTHON, wheel.requires_python)]
    return tuple(sorted(usable, key=lambda wheel: release(wheel.version) or ((), -1), reverse=True))


def address_of(
    index: str, package: str, name: str, cancel: CancelToken, limits: Limits
) -> str | None:
    """Where the file `name` of `package` is, an https address; None if the index does not have it.
    What comes from there is to be compared with a hash that is known already. Raises `FetchError`,
    `Cancelled`."""
    answer, listed = _listing(index, package, cancel, limits)
    for file in listed:
        with contextlib.suppress(ValueError):  # no address
            url = urljoin(answer.url, str(file["url"]))
            if _file_name(url) == name and urlsplit(url).scheme == "https":
                return url
    return None


def _listing(
    index: str, package: str, cancel: CancelToken, limits: Limits
) -> tuple[Answer, list[dict[str, Any]]]:
    """All files of a package, and the page that they come from."""
    answer, page = read_page(
        f"{index.rstrip('/')}/{package}/", _ACCEPT, _PAGE_BYTES, cancel, limits
    )
    is_json = "json" in answer.headers.get("content-type", "").lower()
    try:
        listed = list(_of_json(page) if is_json else _of_html(page))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise web_page(answer) from error
    if not any(_is_of(name, package) for name in (_file_name(file["url"]) for file in listed)):
        raise web_page(answer)  # not even an old one, or one for another system
    return answer, listed


def size_of(wheel: Wheel, cancel: CancelToken, limits: Limits) -> int:
    """Bytes of a wheel, asked of its server where the index does not say. Raises `FetchError`,
    `Cancelled`."""
    return size_at(wheel.url, cancel, limits) if wheel.size_bytes is None else wheel.size_bytes


def size_at(url: str, cancel: CancelToken, limits: Limits) -> int:
    """Bytes of a file, asked of its server. Raises `FetchError`, `Cancelled`."""
    try:
        with contextlib.closing(Stream(url, 0, limits)) as stream:
            answer = stream.answer(cancel)
    except BrokenError as error:
        raise broken(url, str(error)) from error
    if answer.status != 200 or answer.length is None:
        raise refused(answer)
    return answer.length


def _of_json(page: bytes) -> Iterator[dict[str, Any]]:
    for file in json.loads(page)["files"]:
        yield {
            "url": str(file["url"]),
            "sha256": file.get("hashes", {}).get("sha256"),
            "size": file.get("size"),
            "requires": file.get("requires-python"),
            "yanked": file.get("yanked", False) is not False,
        }


def _of_html(page: bytes) -> Iterator[dict[str, Any]]:
    anchors = _Anchors()
    anchors.feed(page.decode("utf-8", "replace"))
    anchors.close()
    for attributes in anchors.found:
        url, fragment = urldefrag(urljoin(anchors.base, attributes.get("href") or ""))
        yield {
            "url": url,
            "sha256": fragment.removeprefix("sha256="),
            "size": None,
            "requires": attributes.get("data-requires-python"),
            "yanked": "data-yanked" in attributes,
        }


class _Anchors(HTMLParser):
    """`found`: the attributes of each link; `base`: what addresses are relative to, "" for the
    page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs))
        elif tag == "base":
            self.base = dict(attrs).get("href") or ""


def _file_name(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name)


def _is_of(name: str, package: str) -> bool:
    """Whether a file belongs to `package`: `yt_dlp-2026.1.1…` or `yt-dlp-2026.1.1.tar.gz`."""
    return re.match(rf"{_any_spelling(package)}-\d", name, re.IGNORECASE | re.ASCII) is not None


def _any_spelling(package: str) -> str:
    return re.sub(r"[-_.]+", "[-_.]+", package)


def _wheel(file: dict[str, Any], page_url: str, package: str) -> Wheel | None:
    """One file of a listing; None if it is none to use."""
    try:
        url = urljoin(page_url, file["url"])
        name = _file_name(url)
        safe = urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname)
    except ValueError:  # no address
        return None
    match = re.fullmatch(rf"{_any_spelling(package)}-([^-]+)-py3-none-any\.whl", name, re.ASCII)
    sha256, size = file["sha256"], file["size"]
    requires = file["requires"] or ""
    hashed = isinstance(sha256, str) and _SHA256.fullmatch(sha256) is not None
    if match is None or not safe or not hashed or not isinstance(requires, str) or file["yanked"]:
        return None
    version = match[1]
    if release(version) is None:
        return None
    known = size if isinstance(size, int) and size > 0 else None
    return Wheel(url, name, version, str(sha256), known, requires)
