from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.job import Job, JobState
from stemdesk.gui.song_files import SongReader, find_stems
from stemdesk.gui.tasks import Tasks
from support.jobs import a_job
from support.stage import FOUR, song_folder


@pytest.fixture
def reader(qtbot: QtBot) -> Iterator[SongReader]:
    tasks = Tasks()
    made = SongReader(tasks, tasks)
    yield made
    assert tasks.close(5000)


def job_in(folder: Path | None) -> Job:
    return a_job(state=JobState.DONE, output=folder)


def test_stems_come_in_the_manifests_order(tmp_path: Path) -> None:
    song = find_stems("id", song_folder(tmp_path))
    assert song.stems == FOUR
    assert song.files["bass"] == tmp_path / "bass.wav"


@pytest.mark.parametrize("lost", ["stemdesk.json", "bass.wav", ""])
def test_what_is_not_there_is_missing(tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "song"
    if lost:
        (song_folder(folder) / lost).unlink()
    with pytest.raises(SourceError) as caught:
        find_stems("id", folder)
    assert caught.value.code is ErrorCode.STEMS_MISSING


def test_a_song_is_found(qtbot: QtBot, reader: SongReader, tmp_path: Path) -> None:
    job = job_in(song_folder(tmp_path))
    with qtbot.waitSignal(reader.found) as found:
        reader.read(job)
    assert (found.args[0].job_id, found.args[0].stems) == (job.id, FOUR)


def test_a_missing_folder_is_told(qtbot: QtBot, reader: SongReader, tmp_path: Path) -> None:
    for job in (job_in(tmp_path / "nowhere"), job_in(None)):
        with qtbot.waitSignal(reader.missing) as missing:
            reader.read(job)
        assert missing.args == [job.id]


def test_another_song_stops_the_first(qtbot: QtBot, reader: SongReader, tmp_path: Path) -> None:
    one, two = (job_in(song_folder(tmp_path / name)) for name in "ab")
    found: list[str] = []
    reader.found.connect(lambda song: found.append(song.job_id))
    reader.read(one)
    reader.read(two)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [two.id]


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    before = find_stems("id", song_folder(tmp_path)).changed_ns
    os.utime(tmp_path / "bass.wav", (1, 4_000_000_000))
    assert find_stems("id", tmp_path).changed_ns > before
