"""What a server answers, and whether that is the file that was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

from stemdesk.core.errors import ErrorCode, FetchError

_FROM_TO = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)$")
_PAGES = ("text/html", "application/xhtml")
_PAGES_BEGIN = (b"<!doctype", b"<html", b"<head", b"<script", b"<body", b"<!--", b"<?xml")
_MEANINGS = {
    401: "it wants a password",
    403: "it does not allow it",
    404: "it does not have the file",
    410: "it does not have the file any more",
    429: "it has had too many requests",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer. `url`: the one that gave it, after redirects; `headers`: names in
    lower case."""

    url: str
    status: int
    headers: Mapping[str, str]

    @property
    def length(self) -> int | None:
        """The bytes that should follow, None if that is not said or they come packed (gzip)."""
        text = self.headers.get("content-length", "")
        return None if self.packed or not text.isdecimal() else int(text)

    @property
    def packed(self) -> bool:
        """Whether the body is compressed although we asked for it as it is."""
        return self.headers.get("content-encoding", "identity").strip().lower() != "identity"


class Take(Enum):
    """What to do with the body."""

    FROM_START = auto()  # the whole file, also where only the rest was asked for
    GO_ON = auto()  # what is missing
    NOTHING = auto()  # not what was asked for: ask for the whole file


def host_of(url: str) -> str:
    """The host (and a port) for sentences: no password, no query with a signature."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname or '?'}{port}"
    except ValueError:
        return "?"


def judge(answer: Answer, first_byte: int, size_bytes: int) -> Take:
    """What the answer to "from `first_byte` on" is good for, of a file of `size_bytes`.

    Raises `FetchError`: DOWNLOAD_REFUSED, DOWNLOAD_PROXY, DOWNLOAD_NOT_THE_FILE,
    DOWNLOAD_WRONG_SIZE.
    """
    if answer.status == 416 and first_byte:  # our part is longer than the server's file
        return Take.NOTHING
    if answer.status not in (200, 206):
        raise refused(answer)
    if answer.headers.get("content-type", "").strip().lower().startswith(_PAGES):
        raise web_page(answer)
    if answer.status == 200:
        if answer.length not in (None, size_bytes):
            raise wrong_size(answer.url, answer.length or 0, size_bytes)
        return Take.FROM_START
    return _judge_range(answer, first_byte, size_bytes)


def _judge_range(answer: Answer, first_byte: int, size_bytes: int) -> Take:
    match = _FROM_TO.match(answer.headers.get("content-range", "").strip())
    if match and not answer.packed:  # packed, the numbers are those of the packed file
        if match[3] not in ("*", str(size_bytes)):
            raise wrong_size(answer.url, int(match[3]), size_bytes)
        if int(match[1]) == first_byte:
            return Take.GO_ON
    if first_byte:
        return Take.NOTHING
    raise refused(answer)  # a piece of its own choice, where the whole was asked for


def looks_like_a_page(block: bytes) -> bool:
    """Whether a body's first bytes are HTML, whatever the header said."""
    start = block[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith(_PAGES_BEGIN)


def web_page(answer: Answer) -> FetchError:
    """DOWNLOAD_NOT_THE_FILE: networks that want a sign-in answer every request with a page."""
    return FetchError(
        ErrorCode.DOWNLOAD_NOT_THE_FILE,
        f"HTTP {answer.status}, {answer.headers.get('content-type', 'no type')}",
        retryable=True,
        host=host_of(answer.url),
    )


def wrong_size(url: str, found_bytes: int, expected_bytes: int) -> FetchError:
    """DOWNLOAD_WRONG_SIZE."""
    return FetchError(
        ErrorCode.DOWNLOAD_WRONG_SIZE,
        host=host_of(url),
        found_bytes=found_bytes,
        expected_bytes=expected_bytes,
    )


def refused(answer: Answer) -> FetchError:
    """For an answer without the file: DOWNLOAD_REFUSED, DOWNLOAD_PROXY, DOWNLOAD_NOT_THE_FILE."""
    status, host = answer.status, host_of(answer.url)
    detail = f"HTTP {status}"
    if status == 407:
        return FetchError(ErrorCode.DOWNLOAD_PROXY, detail, host=host, proxy=proxy_of(answer.url))
    if status == 511:
        return web_page(answer)
    busy = status == 429 or status >= 500
    meaning = _MEANINGS.get(status, "it has a problem" if busy else "the answer makes no sense")
    return FetchError(
        ErrorCode.DOWNLOAD_REFUSED,
        detail,
        retryable=busy,
        status=status,
        host=host,
        meaning=meaning,
    )


def proxy_of(url: str) -> str:
    """The host of the proxy that the environment or the system names for this address, or ""."""
    from urllib.request import getproxies, proxy_bypass

    parts, proxies = urlsplit(url), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return ""
    return host_of(proxy)
