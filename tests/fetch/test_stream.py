"""Ways to a server: redirects, proxies, certificates, names; and cancelling on each of them."""

import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stemdesk.core.errors import Cancelled, ErrorCode
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import say
from stemdesk.fetch.limits import LIMITS
from stemdesk.fetch.stream import Stream
from support.fetching import DATA, Fetching
from support.web import WAIT_S, Certificate, Reply, Web, cancel_when

# The servers here would go on long before this.
PATIENT = replace(LIMITS, reach_s=10 * WAIT_S, silent_s=10 * WAIT_S)
ELSEWHERE = "http://models.invalid/model.safetensors"


def to(location: str, status: int = 302, cookie: str = "none=set") -> Reply:
    headers = {"Location": location, "Set-Cookie": cookie}
    return Reply(b"moved", status=status, headers=headers)


def join_readers() -> None:
    """Before a patched function is put back."""
    for thread in threading.enumerate():
        if thread.name == "download":
            thread.join(WAIT_S)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_with_the_range(fetching: Fetching, status: int) -> None:
    fetching.folder.mkdir()
    fetching.part.write_bytes(DATA[:100_000])
    with Web(Reply(DATA)) as store, Web() as web:
        web.replies = [to("/second", status), to(store.url("/store", "localhost"), status)]
        fetching.get(web.url())
    assert [request.target for request in web.requests] == ["/model.safetensors", "/second"]
    assert store.ranges == ["bytes=100000-"] and fetching.is_done()


def test_cookies_are_not_kept(fetching: Fetching) -> None:
    with Web(to("/second", cookie="who=you; Path=/"), Reply(DATA)) as web:
        fetching.get(web.url(host="localhost"))
    assert fetching.is_done() and len(web.requests) == 2
    assert all("cookie" not in request.headers for request in web.requests)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://a:b/x", "javascript:x"]
)
def test_redirects_off_the_web_are_refused(fetching: Fetching, location: str) -> None:
    with Web(to(location)) as web:
        error = fetching.fails(web.url())
    assert error.code is ErrorCode.DOWNLOAD_REDIRECTED and len(web.requests) == 1
    assert say(error.code, error.path, error.facts)[0] == (
        f"The server 127.0.0.1:{web.port} sends the download of model.safetensors on to a place "
        "that is not safe."
    )


def test_redirects_in_a_circle(fetching: Fetching) -> None:
    with Web(to("/again")) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_REDIRECTED
    assert len(web.requests) == 10


def test_a_redirect_to_a_sign_in_page(fetching: Fetching) -> None:
    page = Reply(b"<html>Sign in</html>", headers={"Content-Type": "text/html"})
    with Web(to("/sign-in"), page) as web:
        assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_NOT_THE_FILE


def test_nobody_listens(fetching: Fetching) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = fetching.fails(f"http://127.0.0.1:{port}/x")
    assert error.code is ErrorCode.DOWNLOAD_OFFLINE and error.retryable
    happened, remedy = say(error.code, error.path, error.facts)
    assert happened == f"The server 127.0.0.1:{port} cannot be reached."
    assert "import the model file" in remedy and "built-in" in remedy
    assert fetching.kept == -1


def test_a_name_that_nobody_knows(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = fetching.fails(ELSEWHERE)
    assert error.code is ErrorCode.DOWNLOAD_OFFLINE and error.facts["host"] == "models.invalid"


@pytest.mark.parametrize(
    "address",
    ["", "models", "ftp://models.invalid/x", "file:///etc/passwd", "http://", "http://[bad/x"],
)
def test_what_is_no_address(fetching: Fetching, address: str) -> None:
    error = fetching.fails(address)
    assert error.code is ErrorCode.DOWNLOAD_ADDRESS
    assert f"“{address or '?'}”" in say(error.code, error.path, error.facts)[0]


@pytest.mark.parametrize("address", ["http://a..b/x", "http://a b/x", "http://mod\nels/x"])
def test_addresses_that_only_the_library_refuses(fetching: Fetching, address: str) -> None:
    assert fetching.fails(address).code in (ErrorCode.DOWNLOAD_ADDRESS, ErrorCode.DOWNLOAD_OFFLINE)


def test_a_mirror_with_a_password_sends_it_and_never_shows_it(fetching: Fetching) -> None:
    with Web(Reply(status=401)) as web:
        error = fetching.fails(web.url(host="me:secret@127.0.0.1"))
    assert web.requests[0].headers["authorization"].startswith("Basic ")
    assert "secret" not in " ".join(map(str, [error, error.detail, *error.facts.values()]))


def test_the_proxy_of_the_environment(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    with Web(Reply(DATA, breaks_after=100_000), Reply(DATA)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url(""))
        fetching.get(ELSEWHERE)
    assert [request.target for request in proxy.requests] == [ELSEWHERE, ELSEWHERE]
    assert proxy.ranges == [None, "bytes=100000-"] and fetching.is_done()


@pytest.mark.parametrize("exception", ["localhost", "127.0.0.1,localhost", "*"])
def test_hosts_that_need_no_proxy(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", exception)
    with Web(Reply(DATA)) as web:
        fetching.get(web.url(host="localhost"))
    assert fetching.is_done()


def test_a_proxy_that_is_not_there(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:secret@127.0.0.1:1")
    error = fetching.fails(ELSEWHERE)
    assert error.code is ErrorCode.DOWNLOAD_PROXY
    assert say(error.code, error.path, error.facts)[0] == (
        "The proxy 127.0.0.1:1 does not let the download from models.invalid through."
    )


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:1", "nonsense://x", "http://[bad"])
def test_a_proxy_that_cannot_be_used(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", value)
    assert fetching.fails(ELSEWHERE).code is ErrorCode.DOWNLOAD_PROXY


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, scheme: str, status: int
) -> None:
    with Web(Reply(status=status)) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.url(""))
        error = fetching.fails(ELSEWHERE.replace("http", scheme))
    plain_refusal = scheme == "http" and status == 403  # it may be the server's
    expected = ErrorCode.DOWNLOAD_REFUSED if plain_refusal else ErrorCode.DOWNLOAD_PROXY
    assert error.code is expected
    assert proxy.requests[0].method == ("GET" if scheme == "http" else "CONNECT")


def test_a_trusted_server(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with Web(Reply(DATA, breaks_after=100_000), Reply(DATA), certificate=certificate) as web:
        fetching.get(web.url())
    assert web.ranges == [None, "bytes=100000-"] and fetching.is_done()


def test_a_trusted_server_through_a_proxy(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with Web(Reply(DATA), certificate=certificate) as web, Web(Reply()) as proxy:
        proxy.tunnel = ("127.0.0.1", web.port)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url(""))
        fetching.get("https://models.invalid/model.safetensors")
    assert proxy.requests[0].target == "models.invalid:443" and fetching.is_done()


def test_a_server_that_cannot_prove_who_it_is(fetching: Fetching, certificate: Certificate) -> None:
    with Web(Reply(DATA), certificate=certificate) as web:
        error = fetching.fails(web.url())
    assert error.code is ErrorCode.DOWNLOAD_UNTRUSTED and web.requests == []
    assert "CERTIFICATE_VERIFY_FAILED" in error.detail


def test_a_plain_answer_where_a_safe_one_was_expected(fetching: Fetching) -> None:
    """As from a network that wants a sign-in."""
    with Web(Reply(DATA)) as web:
        error = fetching.fails(web.url().replace("http", "https"))
    assert error.code is ErrorCode.DOWNLOAD_UNTRUSTED
    assert "sign in" in say(error.code, error.path, error.facts)[1]


def test_a_server_that_hangs_up_before_it_has_proved_who_it_is(fetching: Fetching) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(1)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        error = fetching.fails(f"https://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert error.code is ErrorCode.DOWNLOAD_OFFLINE


def test_certificates_that_are_not_there(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert fetching.fails("https://127.0.0.1:1/").code is ErrorCode.DOWNLOAD_UNTRUSTED


def test_a_safe_server_may_not_lead_to_an_unsafe_one(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with Web(Reply(DATA)) as plain:
        with Web(to(plain.url()), certificate=certificate) as web:
            assert fetching.fails(web.url()).code is ErrorCode.DOWNLOAD_REDIRECTED
        with Web(to("/there"), Reply(DATA), certificate=certificate) as web:
            fetching.get(web.url())
    assert plain.requests == [] and fetching.is_done()


@pytest.mark.parametrize("safe", [False, True])
@pytest.mark.parametrize("reply", [Reply(silent=True), Reply(DATA, stalls_after=50_000)])
def test_cancelling_does_not_wait_for_the_server(
    fetching: Fetching,
    monkeypatch: pytest.MonkeyPatch,
    certificate: Certificate,
    reply: Reply,
    safe: bool,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    cancel = CancelToken()
    with Web(reply, Reply(DATA), certificate=certificate if safe else None) as web:
        stalled = web.stalled if reply.silent else fetching.at(50_000)
        canceller = cancel_when(stalled, cancel)
        with pytest.raises(Cancelled):
            fetching.get(web.url(), PATIENT, cancel)
        assert web.holds()
        canceller.join()
        assert "download" not in {thread.name for thread in threading.enumerate()}
        assert fetching.kept == (-1 if reply.silent else 50_000)
        web.release.set()
        fetching.get(web.url())
    assert fetching.is_done()


def test_a_name_that_is_looked_up_for_ever(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(*_: object, **__: object) -> None:
        go_on.wait(WAIT_S)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    error = fetching.fails(ELSEWHERE, replace(LIMITS, reach_s=0.2))
    assert error.code is ErrorCode.DOWNLOAD_OFFLINE and error.facts["host"] == "models.invalid"
    go_on.set()
    join_readers()


def test_a_redirect_to_a_name_that_is_looked_up_for_ever(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, look_up = threading.Event(), socket.getaddrinfo

    def slow(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in ("models.invalid", b"models.invalid"):
            return look_up(host, *rest, **more)
        go_on.wait(WAIT_S)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Web(to(ELSEWHERE)) as web:
        error = fetching.fails(web.url(), replace(LIMITS, reach_s=1.0))
    assert error.code is ErrorCode.DOWNLOAD_OFFLINE and error.facts["host"] == "models.invalid"
    go_on.set()
    join_readers()


def test_cancelling_does_not_wait_for_a_name(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for, go_on, is_over = threading.Event(), threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> None:
        asked_for.set()
        go_on.wait(WAIT_S)
        is_over.set()
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    cancel = CancelToken()
    canceller = cancel_when(asked_for, cancel)
    with pytest.raises(Cancelled):
        fetching.get(ELSEWHERE, PATIENT, cancel)
    assert not is_over.is_set()
    canceller.join()
    go_on.set()
    join_readers()


def test_cancelling_in_the_pause_after_a_break(fetching: Fetching) -> None:
    """The first wait of the pause is the last one."""

    class CancelledInThePause(CancelToken):
        waits = 0

        def wait(self, seconds: float) -> None:
            self.waits += 1
            self.cancel()
            super().wait(seconds)

    cancel = CancelledInThePause()
    with Web(Reply(DATA, breaks_after=50_000)) as web:
        with pytest.raises(Cancelled):
            fetching.get(web.url(), replace(LIMITS, pause_s=WAIT_S), cancel)
        assert cancel.waits == 1 and len(web.requests) == 1


def test_a_bug_stays_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every exception is a broken connection."""

    def buggy(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Stream, "_open", buggy)
    stream = Stream("http://127.0.0.1:1/", 0, LIMITS)
    with pytest.raises(ZeroDivisionError):
        stream.answer(CancelToken())
    stream.close()
