"""Disks: full, read-only, in the way."""

import os
from pathlib import Path

import pytest

from stemdesk.core.errors import Cancelled, DiskFullError, ErrorCode, ExportError
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import say
from stemdesk.fetch import download as module
from stemdesk.fetch.part import Part, hash_of
from support.fetching import DATA, Fetching
from support.tmpfs import tiny_volume
from support.web import Reply, Web


def test_no_room_is_said_before_anything_is_asked_for(fetching: Fetching, tmp_path: Path) -> None:
    with tiny_volume(tmp_path / "volume", "256k") as volume, Web(Reply(DATA)) as web:
        fetching.folder = volume
        with pytest.raises(DiskFullError) as caught:
            fetching.get(web.url())
        assert web.requests == [] and list(volume.iterdir()) == []
    assert caught.value.facts["needed_bytes"] == len(DATA)
    assert "300 kB are needed" in say(caught.value.code, caught.value.path, caught.value.facts)[0]


def test_a_disk_that_fills_on_the_way_keeps_what_fits(
    fetching: Fetching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tiny_volume(tmp_path / "volume", "1m") as volume, Web(Reply(DATA)) as web:
        fetching.folder = volume / "models"
        fetching.folder.mkdir()
        ballast = volume / "ballast"
        status = os.statvfs(volume)
        ballast.write_bytes(bytes(status.f_bavail * status.f_frsize - 128 * 1024))
        monkeypatch.setattr(module, "free_bytes", lambda _: 1 << 40)
        with pytest.raises(DiskFullError) as caught:
            fetching.get(web.url())
        kept = fetching.kept
        assert 0 < kept <= 128 * 1024 and not fetching.target.exists()
        assert caught.value.facts["needed_bytes"] == len(DATA) - kept
        ballast.unlink()
        fetching.get(web.url())
        assert web.ranges == [None, f"bytes={kept}-"] and fetching.is_done()


def test_a_folder_that_cannot_be_made(fetching: Fetching, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    fetching.folder = tmp_path / "file" / "models"
    with Web(Reply(DATA)) as web, pytest.raises(ExportError) as caught:
        fetching.get(web.url())
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE and web.requests == []


def test_a_right_file_needs_no_lock(fetching: Fetching) -> None:
    """It may lie in a folder that cannot be written."""
    fetching.folder.mkdir()
    fetching.target.write_bytes(DATA)
    fetching.target.with_name(f"{fetching.target.name}.lock").mkdir()  # taking it would fail
    with Web(Reply(DATA)) as web:
        fetching.get(web.url())
    assert web.requests == []


# CI runs as root; the test before this one refuses a folder for everybody.
@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden here")
def test_a_folder_that_must_not_be_written(fetching: Fetching) -> None:
    fetching.folder.mkdir(mode=0o500)
    with Web(Reply(DATA)) as web, pytest.raises(ExportError) as caught:
        fetching.get(web.url())
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE and web.requests == []


@pytest.mark.parametrize("name", ["target", "part"])
def test_a_folder_that_stands_in_the_way(fetching: Fetching, name: str) -> None:
    path: Path = getattr(fetching, name)
    path.mkdir(parents=True)
    (path / "theirs").write_bytes(b"kept")
    with Web(Reply(DATA)) as web, pytest.raises(ExportError) as caught:
        fetching.get(web.url())
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert (path / "theirs").read_bytes() == b"kept"


def test_a_part_grows_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "x.part"
    first = Part(path, 10, CancelToken())
    first.append(b"hello")
    assert path.read_bytes() == b"hello", "nothing is buffered"
    first.close()
    second = Part(path, 10, CancelToken())
    assert second.size == 5
    second.append(b"world")
    second.publish(tmp_path / "x")
    assert hash_of(tmp_path / "x", CancelToken()) == second.digest
    assert [item.name for item in tmp_path.iterdir()] == ["x"]
    second.close()


def test_an_empty_part_does_not_stay(tmp_path: Path) -> None:
    part = Part(tmp_path / "x.part", 10, CancelToken())
    part.append(b"hello")
    part.restart()
    assert part.size == 0
    part.close()
    assert list(tmp_path.iterdir()) == []


def test_looking_at_what_is_there_can_be_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "x.part"
    path.write_bytes(b"hello")
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        Part(path, 10, cancel)
    with pytest.raises(Cancelled):
        hash_of(path, cancel)
    assert path.read_bytes() == b"hello"
