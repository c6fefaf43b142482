"""A real HTTP server on this machine that can break, stall and lie; also a proxy, also with TLS."""

from __future__ import annotations

import contextlib
import http.server
import re
import select
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from stemdesk.core.progress import CancelToken

WAIT_S = 30.0


@dataclass(frozen=True)
class Reply:
    """What to answer to one request; as it stands, `body` in good order, or the rest of it.

    `status`: instead of 200 and 206. `ranges`: whether a Range is heard. `said_length`: instead
    of the true length, -1 to say none. `breaks_after`, `stalls_after`: so many bytes of what is
    sent now the connection ends (`reset`: harshly), or nothing comes until `Web.release` is set.
    `silent`: the same before any answer. `endless`: the body is sent again and again. `pause_s`:
    between blocks of 4 KiB.
    """

    body: bytes = b""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    ranges: bool = True
    said_length: int | None = None
    breaks_after: int | None = None
    reset: bool = False
    stalls_after: int | None = None
    silent: bool = False
    endless: bool = False
    pause_s: float = 0.0


@dataclass(frozen=True)
class Request:
    """What was asked: `target` is the path, or the whole address where we are the proxy."""

    method: str
    target: str
    headers: Mapping[str, str]  # names in lower case


class Web:
    """`replies`: to the first request, the second, …; the last one to all that follow.

    `tunnel`: where CONNECT leads, whatever it asks for; None refuses it.
    """

    def __init__(self, *replies: Reply, certificate: Certificate | None = None) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []
        self.stalled = threading.Event()
        self.release = threading.Event()
        self.tunnel: tuple[str, int] | None = None
        self.scheme = "https" if certificate else "http"
        self._lock = threading.Lock()
        self._holding = 0
        self._server = _Server(self, certificate)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "/model.safetensors", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def ranges(self) -> list[str | None]:
        """The Range that each request asked for."""
        return [request.headers.get("range") for request in self.requests]

    def note(self, request: Request) -> Reply:
        """The reply to the next request."""
        with self._lock:
            self.requests.append(request)
            return self.replies[min(len(self.requests), len(self.replies)) - 1]

    def stall(self) -> None:
        """Nothing comes for `WAIT_S` at most: whoever waits for us all the same goes on then."""
        with self._lock:
            self._holding += 1
        self.stalled.set()
        self.release.wait(WAIT_S)
        with self._lock:
            self._holding -= 1

    def holds(self) -> bool:
        """Whether a request is stalled and still is: who asked has not waited for its end."""
        return self.stalled.wait(WAIT_S) and self._holding > 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 16

    def __init__(self, web: Web, certificate: Certificate | None) -> None:
        self.web = web
        self._context = certificate.server_context() if certificate else None
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        if self._context is None:
            super().finish_request(request, client_address)
            return
        with (
            contextlib.suppress(OSError),  # a client that does not trust us
            self._context.wrap_socket(request, server_side=True) as safe,
        ):
            super().finish_request(safe, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass

    @property
    def web(self) -> Web:
        assert isinstance(self.server, _Server)
        return self.server.web

    def do_GET(self) -> None:
        reply = self._note()
        if reply.silent:
            self.web.stall()
        body, status = reply.body, reply.status or 200
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        headers = dict(reply.headers)
        if asked and reply.ranges and reply.status is None:
            first = int(asked[1])
            status = 206 if first < len(body) else 416
            headers.setdefault("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
            body = body[first:]
        length = len(body) if reply.said_length is None else reply.said_length
        if length >= 0:
            headers["Content-Length"] = str(length)
        self.close_connection = True
        self.send_response(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._send(body, reply)

    def _send(self, body: bytes, reply: Reply) -> None:
        if reply.stalls_after is not None:
            self.wfile.write(body[: reply.stalls_after])
            self.web.stall()
            body = body[reply.stalls_after :]
        if reply.endless:
            while not self.web.release.is_set():
                self.wfile.write(body)
        if reply.pause_s:
            for first in range(0, len(body), 4096):
                self.wfile.write(body[first : first + 4096])
                self.web.release.wait(reply.pause_s)
            return
        self.wfile.write(body[: reply.breaks_after])
        if reply.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def do_CONNECT(self) -> None:
        reply = self._note()
        if self.web.tunnel is None:
            self.close_connection = True
            self.send_response(reply.status or 403)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with socket.create_connection(self.web.tunnel) as there:
            self.send_response(200)
            self.end_headers()
            _relay(self.connection, there)
        self.close_connection = True

    def _note(self) -> Reply:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self.web.note(Request(self.command, self.path, headers))


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Hand bytes on in both directions until one side ends."""
    while True:
        for ready in select.select([one, other], [], [], WAIT_S)[0]:
            block = ready.recv(65536)
            if not block:
                return
            (other if ready is one else one).sendall(block)


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for `localhost`, 127.0.0.1 and `models.invalid`."""

    file: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def make_certificate(folder: Path) -> Certificate:
    """Made on the spot; skips the test where there is no openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command: no certificate")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    names = "subjectAltName=DNS:localhost,DNS:models.invalid,IP:127.0.0.1"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", names]
    command += ["-out", str(made.file), "-keyout", str(made.key)]
    subprocess.run(command, check=True, capture_output=True)
    return made


def cancel_when(event: threading.Event, cancel: CancelToken) -> threading.Thread:
    """A started thread that cancels once `event` is set."""

    def work() -> None:
        event.wait(WAIT_S)
        cancel.cancel()

    thread = threading.Thread(target=work)
    thread.start()
    return thread
