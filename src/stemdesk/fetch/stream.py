"""One HTTP request, read on a thread of its own, so that cancelling never waits for a network.

Certificates are the system's; proxies are those of the environment or the system; no cookies are
kept.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from stemdesk import __version__
from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.answer import Answer, host_of, proxy_of
from stemdesk.fetch.failures import failure, unreached
from stemdesk.fetch.limits import POLL_S, Limits

if TYPE_CHECKING:
    import httpx2

USER_AGENT = f"StemDesk/{__version__}"
_REDIRECTS_MAX = 10
_BLOCKS_WAITING = 16  # of at most 64 KiB: what may come while the disk is busy
_CLOSING_S = 0.2


class Stream:
    """The answer to a GET for everything from `first_byte` on. Close it, also after an error.

    `answer`, then `blocks`. Both raise `Cancelled`, `FetchError` or `BrokenError`.
    """

    def __init__(self, url: str, first_byte: int, limits: Limits, accept: str = "*/*") -> None:
        """`accept`: the types of content that are welcome."""
        self._url = url
        self._limits = limits
        self._headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "identity"}
        if first_byte:
            self._headers["Range"] = f"bytes={first_byte}-"
        self._items: queue.Queue[Answer | bytes | Exception | None] = queue.Queue(_BLOCKS_WAITING)
        self._closed = threading.Event()
        self._socket: socket.socket | None = None  # of the server that is asked now, once reached
        self._asked = 0.0  # when its name began to be looked up
        # A daemon: a name look-up cannot be stopped, and must not keep the program open.
        self._thread = threading.Thread(target=self._read, name="download", daemon=True)
        self._thread.start()

    def answer(self, cancel: CancelToken) -> Answer:
        """The answer's head, waited for."""
        self._asked = time.monotonic()
        while not isinstance(item := self._next(cancel), Answer):
            if self._socket is None and time.monotonic() > self._asked + self._limits.reach_s:
                raise unreached(self._url)
        return item

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        """The body as it comes; an empty block every `POLL_S` in which nothing came."""
        while (item := self._next(cancel)) is not None:
            if isinstance(item, bytes):
                yield item

    def close(self) -> None:
        """Stop reading. Returns at once; a thread that looks up a name ends some time later."""
        self._closed.set()
        self._hang_up()
        self._thread.join(_CLOSING_S)

    def _hang_up(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Wakes the reading thread. Not SSLSocket.shutdown: that takes the TLS state away
                # from under it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _next(self, cancel: CancelToken) -> Answer | bytes | None:
        cancel.check()
        try:
            item = self._items.get(timeout=POLL_S)
        except queue.Empty:
            cancel.check()
            return b""
        if isinstance(item, Exception):
            told = failure(item, self._url)
            if told is item:
                raise item
            raise told from item
        return item

    # From here on: the reading thread.

    def _read(self) -> None:
        last: Exception | None = None
        try:
            with _client(self._limits) as client, contextlib.closing(self._open(client)) as got:
                headers = {name.lower(): value for name, value in got.headers.items()}
                self._put(Answer(self._url, got.status_code, headers))
                for block in got.iter_bytes():
                    if block and not self._put(block):
                        return
        except Exception as error:  # raised again in `_next`
            last = error
        self._put(last)

    def _put(self, item: Answer | bytes | Exception | None) -> bool:
        """Hand `item` over; False once nobody wants any more."""
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._items.put(item, timeout=POLL_S)
                return True
        return False

    def _open(self, client: httpx2.Client) -> httpx2.Response:
        """The first answer that is no redirect."""
        for _ in range(_REDIRECTS_MAX):
            request = client.build_request(
                "GET", self._url, headers=self._headers, extensions={"trace": self._trace}
            )
            response = client.send(request, stream=True)
            if not response.has_redirect_location:
                return response
            response.close()
            self._url = _redirected(request.url, response.headers["location"])
            self._asked, self._socket = time.monotonic(), None
        raise _redirect_refused(self._url, "too many redirects")

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._closed.is_set():  # meanwhile
                self._hang_up()


def try_client(limits: Limits) -> None:
    """Whether the web could be asked: certificates and proxies are read, nothing is sent. Raises
    `FetchError`."""
    with _client(limits):
        pass


def _client(limits: Limits) -> httpx2.Client:
    import httpx2

    try:
        return httpx2.Client(
            timeout=httpx2.Timeout(limits.silent_s, connect=limits.connect_s),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
    except OSError as error:  # SSL_CERT_FILE names a file that is not there
        raise FetchError(ErrorCode.DOWNLOAD_UNTRUSTED, f"certificates: {error}") from error
    except (ImportError, ValueError, httpx2.InvalidURL) as error:  # SOCKS; no address at all
        proxy = proxy_of("https://proxy") or proxy_of("http://proxy")
        raise FetchError(ErrorCode.DOWNLOAD_PROXY, str(error), proxy=proxy or "?") from error


def _redirected(url: httpx2.URL, location: str) -> str:
    """Where a redirect leads: to the web, and from a safe place only to safe ones."""
    import httpx2

    try:
        target = url.join(location)
    except (ValueError, httpx2.InvalidURL) as error:
        raise _redirect_refused(str(url), f"redirect to no address: {error}") from error
    allowed = ("https",) if url.scheme == "https" else ("https", "http")
    if target.scheme not in allowed or not target.host:
        raise _redirect_refused(str(url), f"redirect to {target.scheme}://{target.host}")
    return str(target)


def _redirect_refused(url: str, detail: str) -> FetchError:
    return FetchError(ErrorCode.DOWNLOAD_REDIRECTED, detail, host=host_of(url))
