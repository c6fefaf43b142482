"""What goes wrong on the way, met for real, in our codes and with all that the sentence needs."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode, LinkError, StemDeskError
from stemdesk.core.sentences import say
from stemdesk.fetch.links import client
from support.asking import Asking
from support.link_site import LinkSite
from support.web import Certificate, Reply

SONG = b"ID3\x04" + bytes(4000)


def is_said(error: StemDeskError) -> None:
    """Both sentences can be made: every fact is there."""
    assert isinstance(error, LinkError)
    assert "?" not in " ".join(say(error.code, error.path, error.facts, error.detail))
    assert error.facts["site"] not in ("", "?")
    assert error.detail


@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (401, ErrorCode.LINK_LOGIN, False),
        (403, ErrorCode.LINK_REFUSED, True),
        (404, ErrorCode.LINK_NOT_FOUND, False),
        (410, ErrorCode.LINK_NOT_FOUND, False),
        (429, ErrorCode.LINK_TOO_MANY, True),
        (451, ErrorCode.LINK_REGION, False),
        (500, ErrorCode.LINK_REFUSED, True),
        (503, ErrorCode.LINK_REFUSED, True),
    ],
)
def test_what_servers_answer(
    site: LinkSite, asking: Asking, status: int, code: ErrorCode, again: bool
) -> None:
    site.pages["/song.mp3"] = Reply(b"no", status=status)
    error = asking.fails(site.url("/song.mp3"))
    assert error.code is code
    assert error.retryable is again
    is_said(error)
    if code is ErrorCode.LINK_REFUSED:
        assert error.facts["status"] == status


@pytest.mark.parametrize(("status", "code"), [(403, ErrorCode.LINK_REFUSED),
                                              (404, ErrorCode.LINK_NOT_FOUND),
                                              (500, ErrorCode.LINK_REFUSED)])  # fmt: skip
def test_what_servers_answer_once_the_song_is_known(
    site: LinkSite, asking: Asking, status: int, code: ErrorCode
) -> None:
    known = Reply(SONG, headers={"Content-Type": "audio/mpeg"})
    site.pages["/song.mp3"] = [known, Reply(b"no", status=status)]
    error = asking.fails_to_get(site.url("/song.mp3"))
    assert error.code is code
    is_said(error)


def test_a_page_without_a_song(site: LinkSite, asking: Asking) -> None:
    error = asking.fails(site.page("/page", "<!DOCTYPE html><html><body>words</body></html>"))
    assert error.code is ErrorCode.LINK_UNSUPPORTED
    is_said(error)


def test_nobody_listens(asking: Asking) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    error = asking.fails(f"http://127.0.0.1:{port}/song.mp3")
    assert error.code is ErrorCode.LINK_OFFLINE
    assert error.retryable
    is_said(error)


def test_a_name_that_is_not_known(asking: Asking) -> None:
    error = asking.fails("http://songs.invalid/song.mp3")
    assert error.code is ErrorCode.LINK_OFFLINE
    is_said(error)


def test_a_server_that_hangs_up(site: LinkSite, asking: Asking) -> None:
    site.pages["/song.mp3"] = Reply(SONG, said_length=9000, breaks_after=0, reset=True)
    error = asking.fails(site.url("/song.mp3"))
    assert error.code is ErrorCode.LINK_BROKEN
    is_said(error)


def test_a_server_that_cannot_prove_who_it_is(asking: Asking, certificate: Certificate) -> None:
    site = LinkSite(certificate=certificate)
    with site:
        error = asking.fails(site.song("/song.mp3", SONG))
    assert error.code is ErrorCode.LINK_UNTRUSTED
    is_said(error)


def test_certificates_that_this_computer_trusts(
    asking: Asking, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    site = LinkSite(certificate=certificate)
    with site:
        assert asking.get(site.song("/song.mp3", SONG)).file.read_bytes() == SONG


def test_a_downloader_that_dies(
    site: LinkSite, asking: Asking, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tool = tmp_path_factory.mktemp("tool")
    (tool / "yt_dlp").mkdir()
    code = "import os\nprint('last words', flush=True)\nos.kill(os.getpid(), 9)\n"
    (tool / "yt_dlp" / "__init__.py").write_text(code)
    asking.rules = dataclasses.replace(asking.rules, tool=tool)
    error = asking.fails(site.song("/song.mp3", SONG))
    assert error.code is ErrorCode.LINK_TOOL_FAILED
    assert "last words" in error.detail
    is_said(error)


def test_the_downloader_has_a_version() -> None:
    from yt_dlp.version import __version__

    assert client.tool_version() == __version__


def test_no_room_for_passing_files(
    site: LinkSite, asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    error = asking.fails(site.song("/song.mp3", SONG))
    assert error.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert error.path == tmp_path / "gone"
