"""A disk that fills up in each stage, on a real small volume; then there is room and it goes on."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stemdesk.core.errors import Cancelled, DiskFullError, ErrorCode, ExportError
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.disk import check_disk
from stemdesk.jobs.scratch import clean, size_bytes
from support.place import Place
from support.tmpfs import tiny_volume

MIB = 1 << 20


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    with tiny_volume(tmp_path / "volume", "8m") as folder:
        yield folder


def test_a_folder_for_stems_that_has_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        check_disk(tmp_path, 1, tmp_path / "gone", 1)
    assert caught.value.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert caught.value.path == tmp_path / "gone"


class Ballast:
    """A file that leaves so many bytes free on the volume."""

    def __init__(self, volume: Path) -> None:
        self._path = volume / "ballast"
        self._volume = volume

    def leave(self, free: int) -> None:
        self.drop()
        status = os.statvfs(self._volume)
        self._path.write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - free)))

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)


def fails_then_goes_on(
    place: Place, volume: Path, free: int, scratch: Path, out: Path, **changes: Any
) -> DiskFullError:
    """Split a 2 s song with `free` bytes on the volume, which must fail; then with room.
    `changes` to the job."""
    job = place.job(place.song(seconds=2.0), root=out, **changes)
    ballast = Ballast(volume)
    ballast.leave(free)
    with pytest.raises(DiskFullError) as caught:
        place.run(job, scratch=scratch)
    assert not list(out.iterdir()), "nothing under any name"
    ballast.drop()
    result = place.run(job, scratch=scratch)
    assert len(list(result.folder.iterdir())) == 5
    return caught.value


def without_the_look_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check before each stage is off, so that the volume really fills on the way."""
    monkeypatch.setattr("stemdesk.jobs.disk.free_bytes", lambda _: 1 << 60)


def test_too_little_room_is_seen_before_decoding(place: Place, volume: Path) -> None:
    error = fails_then_goes_on(place, volume, MIB, volume / "scratch", place.out)
    assert int(error.facts["needed_bytes"]) >= 2 * 44100 * 8 * 5
    assert not error.detail, "found by looking, not by failing"


def test_it_fills_while_decoding(
    place: Place, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_look_before(monkeypatch)
    error = fails_then_goes_on(place, volume, MIB // 4, volume / "scratch", place.out)
    assert error.detail and int(error.facts["needed_bytes"]) > int(error.facts["free_bytes"])


def test_it_fills_while_separating_and_finished_passes_serve_again(
    place: Place, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_look_before(monkeypatch)
    song = place.song(seconds=2.0)
    job = place.job(song)
    ballast = Ballast(volume)
    ballast.leave(2 * MIB)
    with pytest.raises(DiskFullError):
        place.run(job, scratch=volume / "scratch")
    passes = volume / "scratch" / job.id / "passes"
    before = {path.name: path.stat().st_mtime_ns for path in passes.iterdir()}
    assert before, "the first passes fitted"
    ballast.drop()
    place.run(job, scratch=volume / "scratch")
    after = {path.name: path.stat().st_mtime_ns for path in passes.iterdir()}
    assert before.items() <= after.items() and len(after) > len(before)


def test_it_goes_on_with_room_for_what_is_missing(
    place: Place, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = place.song(seconds=2.0)
    job = place.job(song)
    ballast = Ballast(volume)
    with monkeypatch.context() as blind:
        without_the_look_before(blind)
        ballast.leave(3 * MIB)
        with pytest.raises(DiskFullError) as caught:
            place.run(job, scratch=volume / "scratch")
    passes = volume / "scratch" / job.id / "passes"
    done = sum(path.stat().st_size for path in passes.iterdir())
    needed = int(caught.value.facts["needed_bytes"])
    assert 0 < needed < 2 * 44100 * 8 * 4 * 2 - done
    ballast.leave(needed + 64 * 1024)
    place.run(job, scratch=volume / "scratch")


def test_too_little_room_for_the_stems_is_seen_before_decoding(place: Place, volume: Path) -> None:
    error = fails_then_goes_on(place, volume, 600_000, place.scratch, volume / "out")
    assert error.path == volume / "out" and not error.detail


def test_it_fills_while_saving(place: Place, volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_the_look_before(monkeypatch)
    error = fails_then_goes_on(place, volume, 600_000, place.scratch, volume / "out")
    assert error.facts["needed_bytes"] == 2 * 44100 * 2 * 3 * 4


@pytest.mark.parametrize("kind", AudioFormat)
def test_it_fills_while_saving_stems_that_sum_to_the_mix(
    place: Place, volume: Path, monkeypatch: pytest.MonkeyPatch, kind: AudioFormat
) -> None:
    without_the_look_before(monkeypatch)
    export = ExportOptions(kind, 24, exact_sum=True)
    error = fails_then_goes_on(place, volume, 600_000, place.scratch, volume / "out", export=export)
    assert error.facts["needed_bytes"] == 2 * 44100 * 2 * 3 * 4


def test_scratch_can_be_cleaned_away(
    place: Place, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_look_before(monkeypatch)
    job = place.job(place.song(seconds=2.0))
    Ballast(volume).leave(3 * MIB)
    with pytest.raises(DiskFullError):
        place.run(job, scratch=volume / "scratch")
    assert size_bytes(volume / "scratch") > 0
    assert clean(volume / "scratch", keep=lambda job_id: job_id == job.id) == 0
    assert clean(volume / "scratch", keep=lambda _: False) > 0
    assert size_bytes(volume / "scratch") == 0


def test_cancelling_leaves_no_partial_folder(place: Place) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        place.pipeline().run(place.job(place.song()), lambda _: None, token)
    assert not list(place.out.iterdir())
