"""Where links may not lead, whatever a page, a redirect, a resolver or a configuration says."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode
from support.asking import Asking
from support.link_site import LinkSite, audio_page, feed
from support.names import PUBLIC, PUBLIC_6, resolve_as

SONG = b"ID3\x04" + bytes(4000)
NAME = "songs.example"


@pytest.fixture
def strict(asking: Asking) -> Asking:
    """As people have it: no links into the local network."""
    asking.rules = dataclasses.replace(asking.rules, allow_local=False)
    return asking


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"]
)
def test_a_link_to_this_computer_is_refused(site: LinkSite, strict: Asking, host: str) -> None:
    error = strict.fails(f"http://{host}:{site.port}/song.mp3")
    assert error.code is ErrorCode.LINK_ADDRESS_REFUSED
    assert error.facts["address"]
    assert not site.requests


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[fe80::1]", "nas.local", "nas"])
def test_a_link_into_the_network_is_refused(strict: Asking, host: str) -> None:
    assert strict.fails(f"http://{host}/x.mp3").code is ErrorCode.LINK_ADDRESS_REFUSED


def public(site: LinkSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *later: str) -> str:
    """A public name for the site, whose address is `later` from the second look-up on."""
    answers = [[PUBLIC], *([one] for one in later)]
    resolve_as({NAME: answers}, site.port, tmp_path / "names", monkeypatch)
    return f"http://{NAME}:{site.port}"


def test_a_public_name_is_fine(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = public(site, tmp_path, monkeypatch)
    site.song("/song.mp3", SONG)
    assert strict.get(f"{base}/song.mp3").file.read_bytes() == SONG


@pytest.mark.parametrize("later", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "64:ff9b::7f00:1"])
def test_a_name_that_leads_elsewhere_the_second_time(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    base = public(site, tmp_path, monkeypatch, later)
    site.song("/song.mp3", SONG)
    assert strict.song(f"{base}/song.mp3").title == "song"  # the first look-up
    count = len(site.requests)
    error = strict.fails_to_get(f"{base}/song.mp3")  # its second look-up is for the bytes
    assert error.code is ErrorCode.LINK_ADDRESS_REFUSED
    assert len(site.requests) == count + 1
    assert not any(".part" in name for name in strict.names)


@pytest.mark.parametrize("address", ["127.0.0.1", "192.168.0.1", "::1", "fe80::1"])
def test_a_name_of_this_network_is_refused(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve_as({NAME: [[address]]}, 0, tmp_path / "names", monkeypatch)
    error = strict.fails(f"http://{NAME}:{site.port}/song.mp3")
    assert error.code is ErrorCode.LINK_ADDRESS_REFUSED
    assert error.facts["address"] == address
    assert not site.requests


def test_one_address_of_several_suffices_to_be_refused(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_as({NAME: [["127.0.0.1", PUBLIC_6]]}, site.port, tmp_path / "names", monkeypatch)
    error = strict.fails(f"http://{NAME}:{site.port}/song.mp3")
    assert error.code is ErrorCode.LINK_ADDRESS_REFUSED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_this_computer_is_refused(
    site: LinkSite,
    strict: Asking,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    base = public(site, tmp_path, monkeypatch)
    site.song("/song.mp3", SONG)
    site.redirect("/away", site.url("/song.mp3"), status)
    assert strict.fails(f"{base}/away").code is ErrorCode.LINK_ADDRESS_REFUSED
    assert not site.asked("/song.mp3")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/y"])
def test_a_redirect_to_what_is_no_web_is_refused(
    site: LinkSite, asking: Asking, target: str
) -> None:
    site.redirect("/away", target)
    asking.fails(site.url("/away"))
    asking.fails_to_get(site.url("/away"))
    assert asking.names == []


def test_redirects_in_a_circle_end(site: LinkSite, asking: Asking) -> None:
    site.redirect("/round", "/round")
    assert asking.fails(site.url("/round")).code is ErrorCode.LINK_REFUSED
    assert len(site.requests) < 40


def test_a_redirect_takes_no_password_elsewhere(site: LinkSite, asking: Asking) -> None:
    site.song("/song.mp3", SONG)
    site.redirect("/here", "/song.mp3")
    site.redirect("/away", site.url("/song.mp3", host="localhost"))
    for path in ("/here", "/away"):
        asking.song(f"http://me:secret@127.0.0.1:{site.port}{path}")
    told = {one.headers["host"].partition(":")[0] for one in site.asked("/song.mp3")
            if "authorization" in one.headers}  # fmt: skip
    assert told == {"127.0.0.1"}
    assert any(one.headers["host"].startswith("localhost") for one in site.requests)


@pytest.mark.parametrize("source", ["http://127.0.0.1:{port}/song.mp3", "file:///etc/passwd",
                                    "http://localhost:{port}/song.mp3"])  # fmt: skip
def test_a_page_cannot_lead_to_this_computer(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    base = public(site, tmp_path, monkeypatch)
    site.song("/song.mp3", SONG)
    page = audio_page(source.format(port=site.port))
    site.page("/page", page)
    strict.fails_to_get(f"{base}/page")
    assert not site.asked("/song.mp3")
    assert not any(".part" in name for name in strict.names)


def test_nor_can_its_picture(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = public(site, tmp_path, monkeypatch)
    site.song("/song.mp3", SONG)
    head = f'<meta property="og:image" content="{site.url("/secret.png")}">'
    site.page("/page", audio_page(f"{base}/song.mp3", extra=head))
    got = strict.get(f"{base}/page")
    assert got.cover is None
    assert not site.asked("/secret.png")


def test_nor_a_feed(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = public(site, tmp_path, monkeypatch)
    items = [("a", site.url("/song.mp3"), "1:00"), ("b", site.url("/song.mp3"), "1:00")]
    site.put("/rss", feed("Feed", items).encode(), "application/rss+xml")
    found = strict.songs(f"{base}/rss")
    for entry in found.entries:
        assert strict.fails(entry.url).code is ErrorCode.LINK_ADDRESS_REFUSED


def test_nor_a_list_of_pieces(
    site: LinkSite, strict: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = public(site, tmp_path, monkeypatch)
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:10", "#EXTINF:10,", site.url("/secret.aac")]
    lines += ["#EXTINF:10,", "file:///etc/passwd", "#EXT-X-ENDLIST"]
    site.put("/song.m3u8", "\n".join(lines).encode(), "application/vnd.apple.mpegurl")
    error = strict.fails_to_get(f"{base}/song.m3u8")
    assert error.code is ErrorCode.LINK_ADDRESS_REFUSED
    assert not site.asked("/secret.aac")


def test_the_users_own_yt_dlp_has_no_say(
    site: LinkSite, asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its configuration nor its plug-ins, nor files that lie about."""
    marker = tmp_path / "marker"
    home = tmp_path / "home"
    for place in (home / ".config/yt-dlp/config", home / ".yt-dlp/config", home / "yt-dlp.conf"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"--exec 'touch {marker}'\n-o {marker}\n--write-info-json\n")
    touch = f"open({str(marker)!r}, 'w').close()\n"
    for root in (home / ".config/yt-dlp/plugins/mine", tmp_path / "path"):
        plugin = root / "yt_dlp_plugins/extractor/mine.py"
        plugin.parent.mkdir(parents=True)
        plugin.write_text(touch)
    here = tmp_path / "here"
    here.mkdir()
    (here / "yt_dlp.py").write_text(touch)
    (here / "json.py").write_text(touch)
    (home / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    asking.get(site.song("/song.mp3", SONG))
    assert not marker.exists()
    assert asking.names == ["media.mp3"]
    assert not any("authorization" in one.headers for one in site.requests)
    left = [path for path in home.rglob("*") if path.is_file() and path.stat().st_mtime_ns]
    assert len(left) == 5


def test_nothing_is_left_in_the_temporary_folder(
    site: LinkSite, asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    asking.song(site.song("/song.mp3", SONG))
    asking.fails(site.url("/nothing.mp3"))
    assert os.listdir(place) == []  # noqa: PTH208 - names
