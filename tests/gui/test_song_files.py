from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken
from stemdesk.gui import song_files
from stemdesk.gui.song_files import BUCKETS, SongReader, find_stems
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


def test_a_song_is_found_and_drawn(qtbot: QtBot, reader: SongReader, tmp_path: Path) -> None:
    job = job_in(song_folder(tmp_path))
    drawn: dict[str, np.ndarray] = {}
    reader.drawn.connect(lambda _job, stem, peaks: drawn.update({stem: peaks}))
    with qtbot.waitSignal(reader.found) as found:
        reader.read(job)
    assert found.args[0].stems == FOUR
    qtbot.waitUntil(lambda: len(drawn) == 4)
    for number, stem in enumerate(FOUR, start=1):
        assert drawn[stem].shape == (BUCKETS, 2)
        assert drawn[stem].max() == pytest.approx(0.1 * number, abs=0.002)


def test_a_missing_folder_is_told(qtbot: QtBot, reader: SongReader, tmp_path: Path) -> None:
    for job in (job_in(tmp_path / "nowhere"), job_in(None)):
        with qtbot.waitSignal(reader.missing) as missing:
            reader.read(job)
        assert missing.args == [job.id]


def test_a_stem_that_is_no_sound_is_told(qtbot: QtBot, reader: SongReader, tmp_path: Path) -> None:
    job = job_in(song_folder(tmp_path))
    (tmp_path / "bass.wav").write_bytes(b"not sound")
    with qtbot.waitSignal(reader.damaged) as damaged, qtbot.assertNotEmitted(reader.missing):
        reader.read(job)
    assert damaged.args == [job.id, tmp_path / "bass.wav"]


def test_another_song_stops_the_first(qtbot: QtBot, reader: SongReader, tmp_path: Path) -> None:
    one, two = (job_in(song_folder(tmp_path / name)) for name in "ab")
    drawn: list[str] = []
    reader.drawn.connect(lambda job_id, *_: drawn.append(job_id))
    reader.read(one)
    reader.read(two)
    qtbot.waitUntil(lambda: len(drawn) == 4)
    assert set(drawn) == {two.id}


def test_overviews_are_kept_until_the_files_change(
    qtbot: QtBot, reader: SongReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    job = job_in(song_folder(tmp_path))
    drawn: list[str] = []
    reader.drawn.connect(lambda _job, stem, _peaks: drawn.append(stem))
    reader.read(job)
    qtbot.waitUntil(lambda: len(drawn) == 4)
    computed: list[Path] = []
    real = song_files._overview

    def counting(path: Path, cancel: CancelToken) -> Callable[[], np.ndarray]:
        computed.append(path)
        return real(path, cancel)

    monkeypatch.setattr(song_files, "_overview", counting)
    reader.read(job)
    qtbot.waitUntil(lambda: len(drawn) == 8)
    assert computed == []
    os.utime(tmp_path / "bass.wav", (1, 4_000_000_000))
    reader.read(job)
    qtbot.waitUntil(lambda: len(drawn) == 12)
    assert len(computed) == 4
