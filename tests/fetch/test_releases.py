"""A newer StemDesk, asked of a real server over https."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from stemdesk.core import project
from stemdesk.core.errors import Cancelled, ErrorCode, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.fetch import releases
from stemdesk.fetch.page import read_page
from stemdesk.fetch.releases import (
    EVERY_S,
    FILE,
    VARIABLE,
    Known,
    Release,
    look_for_release,
    newest_release,
    pass_over,
    read_known,
)
from support.fetching import AT_ONCE
from support.web import Certificate, Reply, Web, cancel_when

NOW = 1_800_000_000.0
PAGE = "https://example.org/releases/9.9.9"


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))


def said(tag: Any = "v9.9.9", **more: Any) -> Reply:
    """What GitHub answers, as far as it is of interest."""
    value = {"tag_name": tag, "html_url": PAGE, "draft": False, "prerelease": False, **more}
    return Reply(json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def serve(monkeypatch: pytest.MonkeyPatch, certificate: Certificate, *replies: Reply) -> Web:
    web = Web(*replies, certificate=certificate)
    monkeypatch.setenv(VARIABLE, web.url("/releases/latest"))
    return web


def look(data: Path, now_s: float = NOW) -> Known:
    return look_for_release(data, now_s, CancelToken(), AT_ONCE)


def test_a_newer_version_is_told_and_nothing_is_said_of_this_computer(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, tmp_path: Path
) -> None:
    with serve(monkeypatch, certificate, said()) as web:
        known = look(tmp_path)
    assert known.newer_than("0.1.0") == Release("9.9.9", PAGE)
    assert known.newer_than("9.9.9") is None and known.newer_than("10.0") is None
    (request,) = web.requests
    assert (request.method, request.target) == ("GET", "/releases/latest")
    assert request.headers["user-agent"].startswith("StemDesk/")
    assert "cookie" not in request.headers and "referer" not in request.headers


def test_it_is_asked_once_a_day(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, tmp_path: Path
) -> None:
    with serve(monkeypatch, certificate, said()) as web:
        first = look(tmp_path)
        assert look(tmp_path, NOW + EVERY_S - 1) == first == read_known(tmp_path)
        assert len(web.requests) == 1
        look(tmp_path, NOW + EVERY_S)
        assert len(web.requests) == 2
        look(tmp_path, NOW - 5)  # the clock was set back
        assert len(web.requests) == 3


def test_a_server_that_does_not_know_is_not_asked_again_on_that_day(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, tmp_path: Path
) -> None:
    with serve(monkeypatch, certificate, Reply(status=404)) as web:
        with pytest.raises(FetchError) as caught:
            look(tmp_path)
        assert look(tmp_path, NOW + 1) == Known(looked_s=NOW)
    assert caught.value.code is ErrorCode.DOWNLOAD_REFUSED and len(web.requests) == 1


def test_without_a_network_it_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, tmp_path: Path
) -> None:
    with serve(monkeypatch, certificate, said()):
        pass  # nobody listens there any more
    with pytest.raises(FetchError) as caught:
        look(tmp_path)
    assert caught.value.code is ErrorCode.DOWNLOAD_OFFLINE
    assert read_known(tmp_path) == Known()


@pytest.mark.parametrize(
    "reply",
    [
        said(tag="nightly"),
        said(tag="1.0rc1"),
        said(tag=7),
        said(draft=True),
        said(prerelease=True),
        Reply(b"{}"),
        Reply(b"[1]"),
        Reply(b"\xff\xfe"),
        Reply(b"<html>sign in</html>", headers={"Content-Type": "text/html"}),
        Reply(b"[" * 100_000),
    ],
)
def test_what_is_no_release_is_an_error(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, reply: Reply
) -> None:
    with serve(monkeypatch, certificate, reply), pytest.raises(FetchError) as caught:
        newest_release(CancelToken(), AT_ONCE)
    assert caught.value.code is ErrorCode.DOWNLOAD_NOT_THE_FILE


def test_an_answer_without_end_is_not_read_to_it(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    endless = Reply(b"x" * 65536, endless=True, said_length=-1)
    with serve(monkeypatch, certificate, endless), pytest.raises(FetchError) as caught:
        newest_release(CancelToken(), AT_ONCE)
    assert caught.value.code is ErrorCode.DOWNLOAD_WRONG_SIZE


@pytest.mark.parametrize(
    "page",
    [None, 7, "http://example.org/", "file:///etc/passwd", "https://", "https://a@b/", "x" * 5000],
)
def test_only_safe_pages_are_opened(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, page: object, tmp_path: Path
) -> None:
    with serve(monkeypatch, certificate, said(html_url=page)):
        assert newest_release(CancelToken(), AT_ONCE).page == project.RELEASES
    known = {"looked_s": NOW, "version": "9.9.9", "page": page, "passed": ""}
    (tmp_path / FILE).write_text(json.dumps(known))
    assert read_known(tmp_path) == Known(NOW, "9.9.9", project.RELEASES, "")


def test_a_server_whose_certificate_is_unknown_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    with serve(monkeypatch, certificate, said()):
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(FetchError) as caught:
            newest_release(CancelToken(), AT_ONCE)
    assert caught.value.code is ErrorCode.DOWNLOAD_UNTRUSTED


@pytest.mark.parametrize("reply", [said(), Reply(status=404)])
def test_a_version_that_is_passed_over_while_it_is_asked_stays_so(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, tmp_path: Path, reply: Reply
) -> None:
    (tmp_path / FILE).write_text(json.dumps(known_values("9.9.9")))

    def ask_meanwhile(*arguments: Any) -> Any:
        pass_over(tmp_path, "9.9.9")
        return read_page(*arguments)

    monkeypatch.setattr(releases, "read_page", ask_meanwhile)
    with serve(monkeypatch, certificate, reply), contextlib.suppress(FetchError):
        look(tmp_path, NOW + EVERY_S)
    known = read_known(tmp_path)
    assert known.newer_than("0.1.0") is None and known.looked_s == NOW + EVERY_S


def test_it_is_asked_over_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with Web(said()) as web:
        monkeypatch.setenv(VARIABLE, web.url("/releases/latest"))
        with pytest.raises(FetchError):
            newest_release(CancelToken(), AT_ONCE)
    assert web.requests == []


def test_it_can_be_cancelled(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, tmp_path: Path
) -> None:
    token = CancelToken()
    with serve(monkeypatch, certificate, Reply(silent=True)) as web:
        canceller = cancel_when(web.stalled, token)
        with pytest.raises(Cancelled):
            look_for_release(tmp_path, NOW, token)
        canceller.join()


def test_a_version_can_be_passed_over_until_the_next_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps(known_values("9.9.9")))
    pass_over(tmp_path, "9.9.9")
    known = read_known(tmp_path)
    assert known.newer_than("0.1.0") is None and known.looked_s == NOW
    (tmp_path / FILE).write_text(json.dumps(known_values("9.9.10", passed="9.9.9")))
    assert read_known(tmp_path).newer_than("0.1.0") == Release("9.9.10", PAGE)


def known_values(version: str, passed: str = "") -> dict[str, Any]:
    return {"looked_s": NOW, "version": version, "page": PAGE, "passed": passed}


@pytest.mark.parametrize("text", ["", "[]", "7", '{"looked_s": "x"}', "[" * 100_000, "\0"])
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert read_known(tmp_path) == Known()
    pass_over(tmp_path, "1.0")
    assert read_known(tmp_path) == Known(passed="1.0")


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    pass_over(tmp_path / "file" / "data", "1.0")
    assert read_known(tmp_path / "file" / "data") == Known()
