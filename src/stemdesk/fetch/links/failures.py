"""What went wrong in yt-dlp, in our codes: by its exceptions where they tell, else by their words.

Exceptions are known by the names of their classes, so that a newer yt-dlp's are, too.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from stemdesk.core.errors import ErrorCode
from stemdesk.fetch.links.said import code_said

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_STATUS = re.compile(r"HTTP Error (\d{3})|(?:tunnel connection failed|status code):? (\d{3})", re.I)
_DEEPEST = 30
_MEANINGS = {
    401: "it wants a password",
    403: "it does not allow it",
    429: "it has had too many requests",
}
_BY_CLASS = {
    "AddressRefusedError": ErrorCode.LINK_ADDRESS_REFUSED,
    "CookieLoadError": ErrorCode.LINK_COOKIES,
    "ProxyError": ErrorCode.LINK_PROXY,
    "CertificateVerifyError": ErrorCode.LINK_UNTRUSTED,
    "SSLCertVerificationError": ErrorCode.LINK_UNTRUSTED,
    "GeoRestrictedError": ErrorCode.LINK_REGION,
    "UserNotLive": ErrorCode.LINK_NOT_FOUND,
    "ChangedError": ErrorCode.LINK_BROKEN,
    "TooMuchError": ErrorCode.LINK_UNSUPPORTED,
}
_BY_STATUS = {
    401: ErrorCode.LINK_LOGIN,
    404: ErrorCode.LINK_NOT_FOUND,
    407: ErrorCode.LINK_PROXY,
    410: ErrorCode.LINK_NOT_FOUND,
    416: ErrorCode.LINK_BROKEN,  # it sends less than it says
    429: ErrorCode.LINK_TOO_MANY,
    451: ErrorCode.LINK_REGION,
}
_NETWORK = (  # class or words, code; the first that fits
    ("gaierror", ErrorCode.LINK_OFFLINE),
    ("ConnectionRefusedError", ErrorCode.LINK_OFFLINE),
    ("ContentTooShortError", ErrorCode.LINK_BROKEN),
    ("IncompleteRead", ErrorCode.LINK_BROKEN),
    ("ConnectionResetError", ErrorCode.LINK_BROKEN),
    ("BrokenPipeError", ErrorCode.LINK_BROKEN),
    ("RemoteDisconnected", ErrorCode.LINK_BROKEN),
    ("BadStatusLine", ErrorCode.LINK_BROKEN),
    ("TimeoutError", ErrorCode.LINK_STALLED),
    ("SSLError", ErrorCode.LINK_UNTRUSTED),
    ("LineTooLong", ErrorCode.LINK_BROKEN),
)
_NETWORK_WORDS = (
    (r"bytes read, \d+ more expected|expected \d+ bytes|connection (was )?reset|broken pipe"
     r"|without response|did not get any data|EOF occurred", ErrorCode.LINK_BROKEN),
    (r"timed? ?out", ErrorCode.LINK_STALLED),
    (r"getaddrinfo|name or service|name resolution|nodename nor|no address|unreachable"
     r"|connection refused|no route|failed to resolve", ErrorCode.LINK_OFFLINE),
)  # fmt: skip
_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
_AGAIN = (
    ErrorCode.LINK_OFFLINE,
    ErrorCode.LINK_PROXY,
    ErrorCode.LINK_STALLED,
    ErrorCode.LINK_BROKEN,
    ErrorCode.LINK_TOO_MANY,
    ErrorCode.LINK_TOOL_FAILED,
    ErrorCode.LINK_COOKIES,
    ErrorCode.LINK_LIVE,
)


class StopError(Exception):
    """We stop here ourselves: a limit, a live stream, a list without songs."""

    def __init__(self, code: ErrorCode, detail: str = "", **facts: str | int | float) -> None:
        super().__init__(detail or code.value)
        self.code, self.detail, self.facts = code, detail, facts


@dataclass(frozen=True, slots=True)
class Failure:
    """`code`, what yt-dlp said, and facts for the sentence."""

    code: ErrorCode
    detail: str
    retryable: bool
    facts: dict[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a failure. `names`: of the classes of all exceptions that led to it;
    `message`: the outermost one's; `status`: HTTP's; `expected`: whether yt-dlp has met it before.
    `warnings`: what was said on the way; `runtime`: whether there is a JavaScript runtime."""

    names: frozenset[str]
    message: str
    status: int | None = None
    errnos: frozenset[int] = frozenset()
    expected: bool = True
    warnings: str = ""
    runtime: bool = True


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it, each once, those outside first."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _DEEPEST:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        info = getattr(one, "exc_info", None)
        waiting += [info[1]] if isinstance(info, tuple) and len(info) == 3 else []
        waiting += [getattr(one, name, None) for name in ("cause", "reason", "orig_exc")]
        waiting += [one.__cause__, one.__context__]
        waiting += list(getattr(one, "unexpected_errors", None) or [])
        waiting += list(getattr(one, "unsupported_errors", None) or [])


def signs_of(error: BaseException, warnings: str, runtime: bool) -> Signs:
    """The signs in an exception that yt-dlp raised."""
    found = list(chain(error))
    names = frozenset(kind.__name__ for one in found for kind in type(one).__mro__)
    told = (getattr(one, "status", None) for one in found)
    status = next((number for number in told if isinstance(number, int)), None)
    expected = all(getattr(one, "expected", True) for one in found)
    errnos = frozenset(one.errno for one in found if isinstance(one, OSError) and one.errno)
    return Signs(names, str(error), status, errnos, expected, warnings, runtime)


def failure(error: BaseException, warnings: str, runtime: bool) -> Failure:
    """An exception that ended a look-up or a download, translated."""
    if isinstance(error, StopError):
        code = error.code
        return Failure(code, error.detail, code in _AGAIN, dict(error.facts))
    signs = signs_of(error, warnings, runtime)
    code = classify(signs)
    facts: dict[str, str | int | float] = {}
    if code is ErrorCode.LINK_REFUSED:
        status = _status(signs) or 0
        busy = status >= 500
        meaning = "it has a problem" if busy else "the answer makes no sense"
        facts = {"status": status, "meaning": _MEANINGS.get(status, meaning)}
        return Failure(code, signs.message, True, facts)
    for one in chain(error):
        if type(one).__name__ == "AddressRefusedError":
            facts["address"] = str(getattr(one, "address", "?"))
    return Failure(code, signs.message, code in _AGAIN, facts)


def classify(signs: Signs) -> ErrorCode:
    """The code for what is known of a failure."""
    status = _status(signs)
    found = (
        next((code for name, code in _BY_CLASS.items() if name in signs.names), None)
        or _disk(signs)
        or _unsupported(signs)
        or (ErrorCode.LINK_PROXY if status == 407 else None)
    )
    if found is not None:
        return found
    said = code_said(signs.message)
    if said in (ErrorCode.LINK_UNSUPPORTED, None) and _wants_runtime(signs):
        return ErrorCode.LINK_RUNTIME_MISSING
    return said or _by_status(status) or _network(signs) or _unknown(signs)


def _by_status(status: int | None) -> ErrorCode | None:
    if status is None or status < 300:
        return None
    return _BY_STATUS.get(status, ErrorCode.LINK_REFUSED)


def _unknown(signs: Signs) -> ErrorCode:
    """What an extractor did not foresee is a site that has changed."""
    if "ExtractorError" not in signs.names:
        return ErrorCode.LINK_TOOL_FAILED
    return ErrorCode.LINK_UNSUPPORTED if signs.expected else ErrorCode.LINK_SITE_CHANGED


def _unsupported(signs: Signs) -> ErrorCode | None:
    if not signs.names.intersection(("UnsupportedError", "UnsupportedRequest")):
        return None
    proxy = "proxy" in signs.message.lower()
    return ErrorCode.LINK_PROXY if proxy else ErrorCode.LINK_UNSUPPORTED


def _status(signs: Signs) -> int | None:
    if signs.status is not None:
        return signs.status
    found = _STATUS.search(signs.message)
    return int(found[1] or found[2]) if found else None


def _disk(signs: Signs) -> ErrorCode | None:
    text = signs.message.lower()
    if signs.errnos.intersection(_FULL) or "no space left" in text or "quota exceeded" in text:
        return ErrorCode.DISK_FULL
    writing = "unable to open for writing" in text or "unable to write" in text
    if writing or "unable to create directory" in text or "unable to rename" in text:
        return ErrorCode.FOLDER_NOT_WRITABLE
    network = "TransportError" in signs.names or "RequestError" in signs.names
    if signs.errnos.intersection(_NOT_WRITABLE) and not network:
        return ErrorCode.FOLDER_NOT_WRITABLE
    return None


def _wants_runtime(signs: Signs) -> bool:
    told = "javascript runtime" in f"{signs.warnings} {signs.message}".lower()
    return told and not signs.runtime


def _network(signs: Signs) -> ErrorCode | None:
    if signs.errnos.intersection(_UNREACHABLE):
        return ErrorCode.LINK_OFFLINE
    if {"URLError", "TimeoutError"} <= signs.names:  # while connecting, as urllib has it
        return ErrorCode.LINK_OFFLINE
    for name, code in _NETWORK:
        if name in signs.names:
            return code
    for words, code in _NETWORK_WORDS:
        if re.search(words, signs.message, re.IGNORECASE):
            return code
    transport = "TransportError" in signs.names
    return ErrorCode.LINK_BROKEN if transport else None
