"""Folders that exports go to: full, read-only, gone; and what killed exports leave there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode, StemDeskError, free_bytes
from stemdesk.core.export_order import ALL_STEMS, ExportOrder, Extra, Part, PartKind
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.sentences import say
from stemdesk.jobs.exports.landing import HIDDEN, Landing, remove_left_behind
from stemdesk.jobs.exports.values import ExportProgress
from support.exports import Desk, floats
from support.tmpfs import tiny_volume

FORMATS = (
    FileFormat(FileKind.WAV, 24),
    FileFormat(FileKind.FLAC, 16),
    FileFormat(FileKind.ALAC, 16),
    FileFormat(FileKind.AIFF, 16),
    FileFormat(FileKind.MP3, kbps=320),
    FileFormat(FileKind.AAC),
    FileFormat(FileKind.VORBIS),
    FileFormat(FileKind.OPUS),
)
ORDER = ExportOrder(formats=FORMATS, template="{title}/{stem}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def told(error: StemDeskError | None) -> str:
    """What people read, without a word of hidden files."""
    assert error is not None
    happened, remedy = say(error.code, error.path, error.facts, error.detail)
    assert HIDDEN not in happened + remedy
    return happened


def test_a_disk_without_room_is_seen_before(desk: Desk) -> None:
    with tiny_volume(desk.root / "tiny", "512k") as tiny:
        (done,) = desk.export(desk.song(), ORDER, folder=tiny / "out").songs
        assert done.error is not None and done.error.code is ErrorCode.DISK_FULL
        assert "The disk is full" in told(done.error)
        assert int(done.error.facts["needed_bytes"]) > 1_000_000
        assert not list(tiny.iterdir())


def test_a_disk_that_fills_up_at_any_write_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.jobs.exports.song.check_room", lambda *_: None)
    song = desk.song(seconds=0.6)
    order = replace(ORDER, extras=frozenset(Extra) - {Extra.VIDEO})
    with tiny_volume(desk.root / "tiny", "8m") as tiny:
        (whole,) = desk.export(song, order, folder=tiny).songs
        assert whole.error is None
        needed = sum(path.stat().st_size for path in whole.files)
        shutil.rmtree(tiny / "song")
        spare = tiny / "spare"
        failed = 0
        for percent in (2, 12, 30, 50, 65, 80, 93):
            room = needed * percent // 100
            spare.write_bytes(bytes(free_bytes(tiny) - room))
            (done,) = desk.export(song, order, folder=tiny).songs
            assert done.error is not None and done.error.code is ErrorCode.DISK_FULL, percent
            assert told(done.error)
            failed += not done.files
            left = {path for path in tiny.rglob("*") if path.is_file()} - {spare}
            assert left == set(done.files), "whole files only"
            for path in left & {one for one in left if one.suffix == ".wav"}:
                assert floats(path).shape[1] == 26460
            shutil.rmtree(tiny / "song", ignore_errors=True)
            spare.unlink()
        assert failed >= 4
        (again,) = desk.export(song, order, folder=tiny).songs
        assert again.error is None and len(again.files) == len(whole.files)


def test_one_full_disk_and_one_with_room(desk: Desk) -> None:
    """Beside the songs' own files: one song fails, the other does not."""
    with tiny_volume(desk.root / "tiny", "1m") as tiny:
        songs = [desk.song("one"), desk.song("two")]
        moved = Path(shutil.copy(songs[0].source, tiny / "one.wav"))
        (tiny / "spare").write_bytes(bytes(free_bytes(tiny) - 20_000))
        songs[0] = replace(songs[0], source=moved)
        order = ExportOrder(template="{name} {stem}", beside_source=True)
        first, second = desk.export(songs, order).songs
        assert first.error is not None and first.error.code is ErrorCode.DISK_FULL
        assert len(second.files) == 4 and second.error is None


def test_a_folder_that_may_not_be_written_to(desk: Desk) -> None:
    song = desk.song()
    folder = desk.root / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("root may write anywhere")
        (done,) = desk.export(song, ORDER, folder=folder).songs
    finally:
        folder.chmod(0o700)
    assert done.error is not None and done.error.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert told(done.error) == f"{folder} cannot be written to."
    assert not list(folder.iterdir())


def test_a_volume_that_may_only_be_read(desk: Desk) -> None:
    song = desk.song()
    with tiny_volume(desk.root / "tiny", "16m") as tiny:
        remount = ["mount", "-o", "remount,ro", str(tiny)]
        if subprocess.run(remount, check=False, capture_output=True).returncode:
            pytest.skip("only root makes a volume read-only")
        (done,) = desk.export(song, ORDER, folder=tiny / "out").songs
        assert done.error is not None and done.error.code is ErrorCode.FOLDER_GONE
        (done,) = desk.export(song, ORDER, folder=tiny).songs
        assert done.error is not None and done.error.code is ErrorCode.FOLDER_NOT_WRITABLE
        assert told(done.error) == f"{tiny} cannot be written to."


def test_a_file_where_the_folder_should_be(desk: Desk) -> None:
    song = desk.song()
    desk.out.write_text("a file")
    (done,) = desk.export(song, ORDER).songs
    assert done.error is not None and done.error.code is ErrorCode.FOLDER_NOT_WRITABLE
    assert desk.out.read_text() == "a file"
    desk.out.unlink()
    desk.out.mkdir()
    (desk.out / "song").write_text("a file")
    (done,) = desk.export(song, ORDER).songs
    assert done.error is not None and told(done.error) == f"{desk.out}/song cannot be written to."
    assert [path.name for path in desk.out.iterdir()] == ["song"]


@pytest.mark.parametrize("at", [0.2, 0.6, 0.9])
def test_a_folder_that_vanishes_meanwhile(desk: Desk, at: float) -> None:
    songs = [desk.song("one"), desk.song("two")]
    gone: list[Path] = []

    class Pull(list[ExportProgress]):
        def append(self, progress: ExportProgress) -> None:
            if progress.index == 0 and progress.fraction >= at / 2 and not gone:
                gone.append(desk.out)
                desk.out.rename(desk.root / "away")

    one, two = desk.export(songs, ORDER, seen=Pull()).songs
    assert one.error is not None and one.error.code is ErrorCode.FOLDER_GONE
    assert told(one.error).endswith(" is not there.")
    assert not one.files
    assert two.error is None and len(two.files) == 32, "it is made again"


def test_an_encoder_that_refuses_keeps_only_its_own_files_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.audio.writing.writer._AIFF_BYTES", 1000)
    formats = (FileFormat(FileKind.AIFF, 16), FileFormat(FileKind.WAV, 16))
    (done,) = desk.export(desk.song(), replace(ORDER, formats=formats)).songs
    assert done.error is not None and done.error.code is ErrorCode.FILE_TOO_LARGE
    assert told(done.error).startswith("drums.aiff would be larger than 4 GiB")
    assert {path.suffix for path in done.files} == {".wav"} and len(done.files) == 4
    assert {path for path in desk.out.rglob("*") if path.is_file()} == set(done.files)


_KILLED = """
    import os, signal, sys
    from datetime import date
    from pathlib import Path
    from stemdesk.core.export_order import ExportOrder
    from support.exports import Desk
    from stemdesk.jobs.exports.values import ExportProgress, ExportSong

    root = Path(sys.argv[1])
    song = ExportSong(root / "songs" / "song", root / "song.wav", "song")

    class Die(list):
        def append(self, progress):
            if progress.fraction > 0.8:
                os.kill(os.getpid(), signal.SIGKILL)

    Desk(root).export(song, ExportOrder(template="{title}/{stem}"), seen=Die())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills itself with SIGKILL")
def test_a_killed_export_leaves_nothing_under_a_final_name_and_its_rest_goes(desk: Desk) -> None:
    song = desk.song(seconds=2.0)
    code = textwrap.dedent(_KILLED)
    paths = os.pathsep.join(path for path in sys.path if path)
    ended = subprocess.run(
        [sys.executable, "-c", code, str(desk.root)],
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert ended.returncode == -signal.SIGKILL
    (left,) = desk.out.glob(f"{HIDDEN}*")
    assert len(list(left.glob("*.wav"))) == 4
    assert not list((desk.out / "song").iterdir())
    with Landing(desk.out) as other:  # another process's, at work
        at_work = other.temporary(desk.out / "x.wav")
        at_work.write_text("at work")
        assert not left.exists()
        (done,) = desk.export(song, replace(ORDER, formats=FORMATS[:1])).songs
        assert at_work.read_text() == "at work"
        remove_left_behind(desk.out)
        assert at_work.exists()
    assert len(done.files) == 4 and [path.name for path in desk.out.iterdir()] == ["song"]


def test_no_folder_stays_that_nothing_came_into(desk: Desk) -> None:
    song = desk.song()
    (song.folder / "bass.flac").write_bytes(bytes((song.folder / "bass.flac").stat().st_size))
    order = ExportOrder((ALL_STEMS, Part(PartKind.REMIX)), template="{title}/{date}/{stem}")
    (done,) = desk.export(song, order, folder=desk.root / "a" / "b").songs
    assert done.error is not None and done.error.code is ErrorCode.SOURCE_UNREADABLE
    assert not (desk.root / "a").exists()
