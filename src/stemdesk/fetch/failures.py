"""What goes wrong on the way to a server, translated from the HTTP library's exceptions."""

from __future__ import annotations

import ssl

from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.fetch.answer import host_of, proxy_of


class BrokenError(Exception):
    """The connection broke; what came before it is good."""


def failure(error: Exception, url: str) -> Exception:
    """An exception met on the way to `url` as `FetchError` or `BrokenError`; a bug stays what it
    is."""
    import httpx2

    if isinstance(error, FetchError):
        error.facts.setdefault("host", host_of(url))
        return error
    if not isinstance(error, httpx2.RequestError | httpx2.InvalidURL | UnicodeError):
        return error
    code = _code(error)
    if code is None:
        return BrokenError(_detail(error))
    proxy = proxy_of(url)
    if code is ErrorCode.DOWNLOAD_OFFLINE and proxy:
        code = ErrorCode.DOWNLOAD_PROXY
    again = code is not ErrorCode.DOWNLOAD_ADDRESS
    found = FetchError(code, _detail(error), retryable=again, host=host_of(url))
    if code is ErrorCode.DOWNLOAD_PROXY:
        found.facts["proxy"] = proxy or "?"
    elif code is ErrorCode.DOWNLOAD_ADDRESS:
        found.facts["address"] = host_of(url)
    return found


def unreached(url: str) -> Exception:
    """For a server to which no connection came about in time."""
    import httpx2

    return failure(httpx2.ConnectTimeout("no connection in time"), url)


def _detail(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _code(error: Exception) -> ErrorCode | None:
    """None: a break."""
    import httpx2

    if isinstance(error, httpx2.ProxyError):
        return ErrorCode.DOWNLOAD_PROXY
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return ErrorCode.DOWNLOAD_UNTRUSTED if _is_tls(error) else ErrorCode.DOWNLOAD_OFFLINE
    if isinstance(error, httpx2.TimeoutException):
        return ErrorCode.DOWNLOAD_STALLED
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError):
        return ErrorCode.DOWNLOAD_ADDRESS
    if isinstance(error, httpx2.InvalidURL | UnicodeError):  # or a name like a..b
        return ErrorCode.DOWNLOAD_ADDRESS
    return None


def _is_tls(error: BaseException) -> bool:
    """Whether a connection failed because the other side could not prove who it is; one that just
    hung up in the middle of it is out of reach."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return not isinstance(cause, ssl.SSLEOFError)
        cause = cause.__cause__ or cause.__context__
    return False
