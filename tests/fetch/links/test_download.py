"""Downloads through the real yt-dlp from a real site that breaks, stalls, lies and never ends."""

from __future__ import annotations

import dataclasses
import gzip
from pathlib import Path

import av
import pytest

from stemdesk.core.errors import DiskFullError, ErrorCode
from support.asking import Asking
from support.link_site import PICTURE, LinkSite, audio_page, noise_bytes, song_bytes
from support.tmpfs import tiny_volume
from support.web import Reply

DATA = noise_bytes(600_000)
MPEG = {"Content-Type": "audio/mpeg"}


@pytest.mark.parametrize(("kind", "ending"), [("mp3", "mp3"), ("m4a", "m4a"), ("opus", "webm"),
                                              ("ogg", "ogg"), ("wav-16", "wav")])  # fmt: skip
def test_songs_of_every_kind_arrive_whole(
    site: LinkSite, asking: Asking, tmp_path: Path, kind: str, ending: str
) -> None:
    body = song_bytes(tmp_path / "made", kind)
    got = asking.get(site.song(f"/song.{ending}", body))
    assert got.file == asking.folder / f"media.{ending}"
    assert asking.names == [got.file.name]
    assert got.file.read_bytes() == body
    with av.open(str(got.file)) as media:
        assert media.streams.audio
    last = asking.told.transfers[-1]
    assert (last.name, last.done_bytes, last.total_bytes) == ("song", len(body), len(body))


def test_a_page_song_comes_with_its_picture(site: LinkSite, asking: Asking) -> None:
    site.song("/song.mp3", DATA)
    site.put("/picture", PICTURE, "image/png")
    head = '<meta property="og:image" content="/picture">'
    got = asking.get(site.page("/page", audio_page("/song.mp3", extra=head)))
    assert got.file.read_bytes() == DATA
    assert got.cover == asking.folder / "cover.png"
    assert got.cover.read_bytes() == PICTURE


@pytest.mark.parametrize("picture", [b"<html>no picture</html>", b""])
def test_a_song_without_its_picture_is_a_song(
    site: LinkSite, asking: Asking, picture: bytes
) -> None:
    site.song("/song.mp3", DATA)
    site.put("/picture", picture, "image/png")
    head = '<meta property="og:image" content="/picture">'
    got = asking.get(site.page("/page", audio_page("/song.mp3", extra=head)))
    assert got.cover is None
    assert asking.names == ["media.mp3"]


def test_a_picture_that_stalls_does_not_hold_its_song_up(site: LinkSite, asking: Asking) -> None:
    limits = dataclasses.replace(asking.rules.limits, silent_s=1.0)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    site.song("/song.mp3", DATA)
    site.put("/picture", PICTURE, "image/png", stalls_after=10)
    head = '<meta property="og:image" content="/picture">'
    got = asking.get(site.page("/page", audio_page("/song.mp3", extra=head)))
    assert got.file.read_bytes() == DATA
    assert got.cover is None


@pytest.mark.parametrize(
    ("kind", "ending"), [("audio/mpeg", "mp3"), ("audio/x-odd", "unknown_video")]
)
def test_a_song_from_a_script(site: LinkSite, asking: Asking, kind: str, ending: str) -> None:
    """`get.php?id=5`, and names that a server gives."""
    headers = {"Content-Type": kind, "Content-Disposition": 'attachment; filename="../x.sh"'}
    site.pages["/get.php"] = Reply(DATA, headers=headers)
    got = asking.get(site.url("/get.php"))
    assert asking.names == [got.file.name] == [f"media.{ending}"]
    assert got.file.read_bytes() == DATA


def test_a_missing_length_is_no_obstacle(site: LinkSite, asking: Asking) -> None:
    got = asking.get(site.song("/song.mp3", DATA, said_length=-1))
    assert got.file.read_bytes() == DATA


def test_progress_grows_to_the_end(site: LinkSite, asking: Asking) -> None:
    asking.get(site.song("/song.mp3", DATA[:100_000], pause_s=0.02))
    told = [one.done_bytes for one in asking.told.transfers]
    assert told == sorted(told)
    assert told[-1] == 100_000
    assert len(told) > 3


def test_a_break_is_gone_on_with_in_the_same_download(site: LinkSite, asking: Asking) -> None:
    whole = Reply(DATA, headers=MPEG)
    broken = dataclasses.replace(whole, breaks_after=200_000, reset=True)
    site.pages["/song.mp3"] = [whole, broken, whole]
    got = asking.get(site.url("/song.mp3"))
    assert got.file.read_bytes() == DATA
    assert site.asked("/song.mp3")[-1].headers["range"].startswith("bytes=")


def test_a_truncated_download_is_kept_and_resumed(site: LinkSite, asking: Asking) -> None:
    url = site.song("/song.mp3", DATA, breaks_after=200_000, ranges=False)
    error = asking.fails_to_get(url)
    assert error.code is ErrorCode.LINK_BROKEN
    assert error.retryable
    assert "media.mp3.part" in asking.names
    kept = (asking.folder / "media.mp3.part").stat().st_size
    assert 0 < kept <= 200_000
    site.song("/song.mp3", DATA)
    got = asking.get(url)
    assert got.file.read_bytes() == DATA
    assert site.asked("/song.mp3")[-1].headers["range"] == f"bytes={kept}-"
    assert asking.told.transfers[-1].done_bytes == len(DATA)


def test_what_is_left_of_another_file_is_thrown_away(site: LinkSite, asking: Asking) -> None:
    url = site.song("/song.mp3", DATA, breaks_after=200_000, ranges=False)
    asking.fails_to_get(url)
    new = noise_bytes(700_000)[100_000:]
    site.song("/song.mp3", new)
    changed = {**MPEG, "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}
    site.pages["/song.mp3"] = Reply(new, headers=changed)
    assert asking.get(url).file.read_bytes() == new


@pytest.mark.parametrize("change", [{"ETag": '"2"'}, {"Last-Modified": "then"}, {}])
def test_the_rest_of_a_changed_file_is_not_put_behind_the_old_one(
    site: LinkSite, asking: Asking, change: dict[str, str]
) -> None:
    """A page says nothing of its song's file; only the file's own server does."""
    before = {**MPEG, "ETag": '"1"', "Last-Modified": "now"} if change else MPEG
    site.pages["/song.mp3"] = Reply(DATA, headers=before, breaks_after=200_000, ranges=False)
    url = site.page("/page", audio_page("/song.mp3"))
    asking.fails_to_get(url)
    new = noise_bytes(700_000)[100_000:] if change else noise_bytes(700_000)
    site.pages["/song.mp3"] = Reply(new, headers={**before, **change})
    assert asking.get(url).file.read_bytes() == new


def test_a_server_that_cannot_send_a_rest_starts_anew(site: LinkSite, asking: Asking) -> None:
    url = site.song("/song.mp3", DATA, breaks_after=200_000, ranges=False)
    asking.fails_to_get(url)
    site.song("/song.mp3", DATA, ranges=False)
    assert asking.get(url).file.read_bytes() == DATA


@pytest.mark.parametrize("size", [len(DATA), len(DATA) + 500])
def test_what_is_left_may_be_as_long_as_the_song(site: LinkSite, asking: Asking, size: int) -> None:
    """The app was killed before the file had its name."""
    url = site.song("/song.mp3", DATA, breaks_after=200_000, ranges=False)
    asking.fails_to_get(url)
    (asking.folder / "media.mp3.part").write_bytes(bytes(size))
    site.song("/song.mp3", DATA)
    assert asking.get(url).file.read_bytes() == DATA


def test_a_server_that_says_more_than_it_sends(site: LinkSite, asking: Asking) -> None:
    error = asking.fails_to_get(site.song("/song.mp3", DATA, said_length=len(DATA) + 1000))
    assert error.code is ErrorCode.LINK_BROKEN


def test_a_stalled_download_ends_and_is_resumed(site: LinkSite, asking: Asking) -> None:
    limits = dataclasses.replace(asking.rules.limits, silent_s=1.0)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    url = site.song("/song.mp3", DATA)
    whole = Reply(DATA, headers=MPEG)
    site.pages["/song.mp3"] = [whole, dataclasses.replace(whole, stalls_after=100_000)]
    error = asking.fails_to_get(url)
    assert error.code is ErrorCode.LINK_STALLED
    assert error.retryable
    site.song("/song.mp3", DATA)
    assert asking.get(url).file.read_bytes() == DATA
    first = int(site.asked("/song.mp3")[-1].headers["range"].removeprefix("bytes=").strip("-"))
    assert 0 < first <= 100_000


def test_a_silent_site_ends_the_look_up(site: LinkSite, asking: Asking) -> None:
    limits = dataclasses.replace(asking.rules.limits, connect_s=0.5)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    error = asking.fails(site.song("/song.mp3", DATA, silent=True))
    assert error.code is ErrorCode.LINK_STALLED


def test_a_page_that_trickles_ends_in_time(site: LinkSite, asking: Asking) -> None:
    limits = dataclasses.replace(asking.rules.limits, look_up_s=3.0)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    url = site.page("/page", audio_page("/song.mp3") + " " * 4_000_000, pause_s=0.05)
    assert asking.fails(url).code is ErrorCode.LINK_STALLED


def test_a_song_said_to_be_too_large_is_not_fetched(site: LinkSite, asking: Asking) -> None:
    asking.rules = dataclasses.replace(asking.rules, max_bytes=100_000)
    error = asking.fails_to_get(site.song("/song.mp3", DATA))
    assert error.code is ErrorCode.LINK_TOO_LARGE
    assert error.facts["limit_bytes"] == 100_000


@pytest.mark.parametrize("said", [-1, 50_000_000])
def test_an_endless_body_ends_at_the_limit(site: LinkSite, asking: Asking, said: int) -> None:
    asking.rules = dataclasses.replace(asking.rules, max_bytes=1_000_000)
    url = site.song("/song.mp3", DATA, endless=True, said_length=said)
    error = asking.fails_to_get(url)
    assert error.code is ErrorCode.LINK_TOO_LARGE
    sizes = [(asking.folder / name).stat().st_size for name in asking.names if ".part" in name]
    assert all(size < 6_000_000 for size in sizes)


def test_an_endless_page_is_no_song(site: LinkSite, asking: Asking) -> None:
    limits = dataclasses.replace(asking.rules.limits, page_bytes=1 << 20)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    page = audio_page("/song.mp3") + " " * 50_000
    url = site.page("/page", page, endless=True, said_length=-1)
    assert asking.fails(url).code is ErrorCode.LINK_UNSUPPORTED


def test_a_page_that_unpacks_without_end_is_no_song(site: LinkSite, asking: Asking) -> None:
    limits = dataclasses.replace(asking.rules.limits, page_bytes=1 << 20)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    site.pages["/page"] = Reply(gzip.compress(b"<html>" + bytes(200 << 20)), headers=headers)
    assert asking.fails(site.url("/page")).code is ErrorCode.LINK_UNSUPPORTED


@pytest.mark.parametrize("kind", ["text/plain", "application/pdf", "image/png"])
def test_what_is_no_sound_is_not_fetched(site: LinkSite, asking: Asking, kind: str) -> None:
    url = site.put("/thing.bin", DATA, kind)
    assert asking.fails(url).code is ErrorCode.LINK_UNSUPPORTED
    assert asking.fails_to_get(url).code is ErrorCode.LINK_UNSUPPORTED
    assert asking.names == []


def test_a_full_disk(site: LinkSite, asking: Asking, tmp_path: Path) -> None:
    with tiny_volume(tmp_path / "tiny") as volume:
        asking.folder = volume / "download"
        error = asking.fails_to_get(site.song("/song.mp3", DATA))
        assert isinstance(error, DiskFullError)
        assert 0 < int(error.facts["needed_bytes"]) <= len(DATA)


def test_a_disk_that_fills_up_meanwhile(site: LinkSite, asking: Asking, tmp_path: Path) -> None:
    with tiny_volume(tmp_path / "tiny") as volume:
        asking.folder = volume / "download"
        error = asking.fails_to_get(site.song("/song.mp3", DATA, said_length=-1))
        assert isinstance(error, DiskFullError)


def test_room_is_left_on_the_disk(site: LinkSite, asking: Asking) -> None:
    limits = dataclasses.replace(asking.rules.limits, spare_bytes=1 << 60)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    assert isinstance(asking.fails_to_get(site.song("/song.mp3", DATA)), DiskFullError)


def test_a_folder_that_cannot_be_made(site: LinkSite, asking: Asking, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    asking.folder = tmp_path / "file" / "download"
    with pytest.raises(Exception, match="folder_not_writable"):
        asking.get(site.song("/song.mp3", DATA))
