from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import DiskFullError, ErrorCode
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.job import Failure, JobState
from stemdesk.core.settings import Settings
from stemdesk.gui import app_words
from stemdesk.gui.export_values import Batch, Ended
from stemdesk.gui.notifier import LONG_S, Notifier, in_front
from stemdesk.jobs.exports.values import Exported, ExportSong
from support.export_script import endless
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


class Told:
    """Notes what would be shown; `now_s` is the time."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str]] = []
        self.now_s = 1000.0
        self.front = False

    def tell(self, title: str, text: str) -> None:
        self.notes.append((title, text))


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


@pytest.fixture
def told(stage: Stage) -> Told:
    made = Told()
    Notifier(stage.controller, stage.window, made, lambda: made.front, lambda: made.now_s)  # type: ignore[arg-type] # a fake
    return made


def run(stage: Stage, told: Told, seconds: float, end: JobState = JobState.DONE) -> str:
    """A song that is split in so many seconds, and how it ends."""
    job = stage.controller.add("long.mp3")
    for state in (JobState.DECODING, JobState.SEPARATING, JobState.SAVING):
        stage.controller.change(job, state=state)
    told.now_s += seconds
    failure = Failure(ErrorCode.SOURCE_NO_AUDIO) if end is JobState.FAILED else None
    stage.controller.change(job, state=end, failure=failure)
    return job.id


def test_a_long_song_that_is_done_is_told(stage: Stage, told: Told) -> None:
    run(stage, told, LONG_S)
    assert told.notes == [(app_words.NOTE_DONE, "long")]


def test_a_long_song_that_failed_is_told_with_why(stage: Stage, told: Told) -> None:
    run(stage, told, LONG_S, JobState.FAILED)
    ((title, text),) = told.notes
    assert title == app_words.NOTE_FAILED and text.startswith("long\n") and len(text) > 10


@pytest.mark.parametrize(
    ("seconds", "end"),
    [
        (LONG_S - 1, JobState.DONE),
        (600.0, JobState.CANCELLED),
        (600.0, JobState.PAUSED),
        (600.0, JobState.INTERRUPTED),
    ],
)
def test_what_was_short_or_was_asked_for_is_not_told(
    stage: Stage, told: Told, seconds: float, end: JobState
) -> None:
    run(stage, told, seconds, end)
    assert told.notes == []


def test_nothing_is_told_to_who_looks_at_the_window(stage: Stage, told: Told) -> None:
    told.front = True
    run(stage, told, 600.0)
    assert told.notes == []
    assert in_front()  # the stage's window has the keyboard


def test_nothing_is_told_where_that_is_not_wanted(stage: Stage, told: Told) -> None:
    stage.controller.settings = replace(Settings(), notify=False)
    run(stage, told, 600.0)
    assert told.notes == []


def test_songs_that_go_or_run_elsewhere_are_not_told(stage: Stage, told: Told) -> None:
    job = stage.controller.add("gone.mp3")
    stage.controller.change(job, state=JobState.SEPARATING)
    told.now_s += 600
    stage.controller.remove([job.id])
    stage.controller.job_changed.emit(job.id)
    other = stage.controller.add("other.mp3")
    stage.controller.elsewhere.add(other.id)
    stage.controller.change(other, state=JobState.SEPARATING)
    told.now_s += 600
    stage.controller.change(other, state=JobState.DONE)
    assert told.notes == []


def test_a_pause_is_not_counted(stage: Stage, told: Told) -> None:
    job = stage.controller.add("long.mp3")
    for state, seconds in (
        (JobState.SEPARATING, 30.0),
        (JobState.PAUSED, 600.0),
        (JobState.QUEUED, 0.0),
        (JobState.SEPARATING, 30.0),
    ):
        stage.controller.change(job, state=state)
        told.now_s += seconds
    stage.controller.change(job, state=JobState.DONE)
    assert told.notes == []


def export(stage: Stage, told: Told, seconds: float) -> None:
    """An export of one song that takes so many seconds."""
    desk, over = stage.controller.exports, list[Ended]()
    desk.ended.connect(over.append)
    songs = (ExportSong(Path("/songs/one"), Path("/one.mp3"), "one"),)
    desk.put(Batch(songs, ExportOrder(), Path("/exports")))
    told.now_s += seconds
    stage.qtbot.waitUntil(lambda: bool(over), timeout=20_000)


def test_a_long_export_is_told(stage: Stage, told: Told) -> None:
    export(stage, told, LONG_S - 1)
    assert told.notes == []
    export(stage, told, LONG_S)
    assert told.notes == [(app_words.NOTE_EXPORTED, "1 file of “one” exported.")]


def test_a_long_export_that_failed_is_told(stage: Stage, told: Told) -> None:
    def full(*_: object) -> Exported:
        raise DiskFullError(Path("/exports"))

    stage.controller.export_script.behaviour = full
    export(stage, told, LONG_S)
    ((title, text),) = told.notes
    assert title == app_words.NOTE_NOT_EXPORTED and "“one” could not be exported" in text


def test_an_export_that_was_cancelled_is_not_told(stage: Stage, told: Told) -> None:
    stage.controller.export_script.behaviour = endless
    desk, over = stage.controller.exports, list[Ended]()
    desk.ended.connect(over.append)
    desk.progressed.connect(desk.cancel)
    songs = (ExportSong(Path("/songs/one"), Path("/one.mp3"), "one"),)
    desk.put(Batch(songs, ExportOrder(), Path("/exports")))
    told.now_s += 600
    stage.qtbot.waitUntil(lambda: bool(over), timeout=20_000)
    assert told.notes == []
