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
    detail = f"{type(error).__name__}: {error}"
    facts = {"host": host_of(url)}
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        code = _unconnected(error)
        proxy = proxy_of(url)
        if code is ErrorCode.DOWNLOAD_OFFLINE and proxy:
            code = ErrorCode.DOWNLOAD_PROXY
        if code is ErrorCode.DOWNLOAD_PROXY:
            facts["proxy"] = proxy or "?"
    elif isinstance(error, httpx2.TimeoutException):
        code = ErrorCode.DOWNLOAD_STALLED
    elif isinstance(
        error,
        httpx2.InvalidURL
        | httpx2.UnsupportedProtocol
        | httpx2.LocalProtocolError
        | UnicodeError,  # of a name that cannot be looked up: a..b
    ):
        code = ErrorCode.DOWNLOAD_ADDRESS
        facts["address"] = facts["host"]
    else:
        return BrokenError(detail)
    return FetchError(code, detail, retryable=code is not ErrorCode.DOWNLOAD_ADDRESS, **facts)


def unreached(url: str) -> Exception:
    """For a server to which no connection came about in time."""
    import httpx2

    return failure(httpx2.ConnectTimeout("no connection in time"), url)


def _unconnected(error: Exception) -> ErrorCode:
    import httpx2

    if _is_tls(error):
        return ErrorCode.DOWNLOAD_UNTRUSTED
    if isinstance(error, httpx2.ProxyError):
        return ErrorCode.DOWNLOAD_PROXY
    return ErrorCode.DOWNLOAD_OFFLINE


def _is_tls(error: BaseException) -> bool:
    """Whether a connection failed because the other side could not prove who it is."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
