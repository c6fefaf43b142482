"""The strip above a song that is not finished and can be heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.gui import labels, offer_words
from stemdesk.gui.live_words import strip_words
from stemdesk.gui.song_view import SongView
from stemdesk.gui.state_strip import StateStrip
from support.jobs import a_job
from support.stage import Stage, song_folder

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


@pytest.fixture
def song(stage: Stage) -> SongView:
    return stage.window.song


def there(stage: Stage, **changes: Any) -> Job:
    """A job whose file is there."""
    path = stage.root / "song.wav"
    path.write_bytes(b"la la la")
    return stage.controller.put(a_job(path, **changes))[0]


def buttons(song: SongView) -> list[str]:
    return [button.text().strip() for button in song.strip.buttons]


@pytest.mark.parametrize(
    ("state", "text", "wanted"),
    [
        (JobState.QUEUED, "Queued", ["Pause", "Cancel"]),
        (JobState.DECODING, "Decoding", ["Pause", "Cancel"]),
        (JobState.SEPARATING, "Separating", ["Pause", "Cancel"]),
        (JobState.SAVING, "Saving", ["Cancel"]),
        (JobState.PAUSED, "Paused", ["Resume", "Cancel"]),
        (JobState.INTERRUPTED, "Interrupted", ["Go on", "Cancel"]),
    ],
)
def test_a_song_that_is_there_has_its_desk_below_the_strip(
    stage: Stage, song: SongView, state: JobState, text: str, wanted: list[str]
) -> None:
    job = there(stage, state=state)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    assert not song.shows_finished and song.strip.isVisible()
    assert song.strip.text.text() == text and buttons(song) == wanted
    assert stage.player.names()[0] == "load"
    source = stage.window.playback.song
    assert source is not None and source.live and source.folder is None
    assert source.job_id == job.id


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_a_song_that_ended_otherwise_has_the_panel(
    stage: Stage, song: SongView, state: JobState
) -> None:
    job = there(stage)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    stage.controller.change(job, state=state)
    assert not song.shows_stems
    assert stage.player.names()[-1] == "unload"


def test_a_song_that_waits_for_a_model_is_heard_and_says_what_it_needs(
    stage: Stage, song: SongView
) -> None:
    failure = Failure(ErrorCode.MODEL_MISSING, facts={"model": "small"})
    job = there(stage, state=JobState.WAITING, failure=failure)
    assert song.panel.headline.text()  # until its file was found
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    assert song.strip.text.text() == offer_words.waiting_headline(job.separation.model)
    assert song.strip.more.text() and labels.ACTIONS["cancel"] in buttons(song)
    assert stage.window.playback.ready
    stage.window.playback.play()
    stage.controller.change(job, state=JobState.QUEUED, failure=None)  # the model has come
    assert song.strip.text.text() == "Queued"
    stage.qtbot.waitUntil(lambda: stage.player.calls[-1][0] == "load")
    assert stage.player.calls[-1][2] is True  # it plays on
    assert "unload" not in stage.player.names() and stage.window.playback.playing


def test_many_words_stand_below_the_buttons_from_edge_to_edge(qtbot: QtBot) -> None:
    strip = StateStrip()
    qtbot.addWidget(strip)
    strip.set_compact(True)
    buttons = [(text, "drop", int) for text in ("Download (336 MB)", "Split a draft now")]
    many = "It is not installed, and its author says a good deal about its licence. " * 3
    strip.resize(876, 60)
    strip.show()

    def place(more: str, fraction: float | None = None) -> QRect:
        strip.show_state(("waiting", "accent"), "Waiting", more, fraction, buttons)
        layout = strip.layout()
        assert layout is not None
        layout.activate()
        return strip.more.geometry()

    two_lines = "It is not installed, and its author says much about it, as one may see. " * 2
    for few in ("What is finished is kept.", two_lines, ""):
        area = place(few)
        assert area.right() < strip.buttons[0].mapTo(strip, QPoint()).x()
    for fraction in (None, 0.5):
        strip.resize(876, 200)
        area = place(many, fraction)
        below = strip.buttons[0].mapTo(strip, strip.buttons[0].rect().bottomLeft()).y()
        assert area.top() > below
        assert area.width() > 800
        assert strip.more.heightForWidth(area.width()) <= area.height()
        assert area.bottom() < strip.height()
        area = place(two_lines)
        assert area.right() < strip.buttons[0].mapTo(strip, QPoint()).x()  # whatever was before
        assert area.height() > 1.5 * strip.more.fontMetrics().lineSpacing()


def test_progress_moves_the_strip_and_the_song_stays(stage: Stage, song: SongView) -> None:
    job = there(stage)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    assert not song.strip.progress.isVisible()
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.43, 72))
    assert song.strip.text.text() == "Separating 43 %, 1:12 left"
    assert not song.strip.more.isVisible()
    assert song.strip.progress.value() == 430
    pause = song.strip.buttons[0]
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.44, 70))
    assert song.strip.buttons[0] is pause  # it keeps the focus
    pause.click()
    assert stage.controller.asked("pause") == [(job.id,)]
    assert stage.player.names().count("load") == 1


def test_the_buttons_keep_the_focus_when_they_change(stage: Stage, song: SongView) -> None:
    there(stage, state=JobState.SEPARATING)
    stage.qtbot.waitUntil(lambda: song.shows_stems)

    def focused() -> str:
        widget = QApplication.focusWidget()
        return widget.text().strip() if isinstance(widget, QPushButton) else ""

    song.strip.buttons[0].setFocus()
    for before, after in (("Pause", "Resume"), ("Resume", "Pause")):
        assert focused() == before
        stage.key(Qt.Key.Key_Space)
        assert focused() == after
    song.strip.buttons[1].setFocus()
    stage.controller.pause(song.job_id)
    assert focused() == "Cancel"


def test_a_song_that_cannot_be_heard_while_it_is_split_is_said(
    stage: Stage, song: SongView
) -> None:
    job = there(stage, state=JobState.SEPARATING)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    stage.window.playback.play()
    stage.player.fail(SourceError(ErrorCode.SOURCE_UNREADABLE, path=job.source))
    stage.qtbot.waitUntil(stage.window.banners.message.isVisible)
    assert "song.wav" in stage.window.banners.message.label.text()
    assert song.shows_stems  # the job goes on


def test_a_song_that_becomes_done_goes_on_from_its_files(stage: Stage, song: SongView) -> None:
    job = there(stage)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    stage.window.playback.play()
    stage.controller.run(job, Progress(JobStage.SAVING, 1.0))
    folder = song_folder(stage.root / "out")
    stage.controller.end(job, state=JobState.DONE, output=folder)
    stage.qtbot.waitUntil(lambda: song.shows_finished)
    assert not song.strip.isVisible()
    loads = [call for call in stage.player.calls if call[0] == "load"]
    assert [call[2:] for call in loads] == [(), (True,)]  # keep
    assert "unload" not in stage.player.names() and stage.window.playback.playing
    source = stage.window.playback.song
    assert source is not None and source.folder == folder


def test_done_stems_that_are_gone_are_said(stage: Stage, song: SongView) -> None:
    job = there(stage)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    stage.controller.end(job, state=JobState.DONE, output=stage.root / "nowhere")
    stage.qtbot.waitUntil(lambda: not song.shows_stems)
    assert stage.player.names()[-1] == "unload"


def test_a_file_that_is_back_is_heard_when_the_window_is_used_again(
    stage: Stage, song: SongView
) -> None:
    job = stage.controller.put(a_job(stage.root / "late.wav"))[0]
    stage.qtbot.waitUntil(song.panel.isVisible)
    job.source.write_bytes(b"la la la")
    song.look_again(job.id)
    stage.qtbot.waitUntil(lambda: song.shows_stems)


def test_a_song_goes_on_when_the_window_is_used_again(stage: Stage, song: SongView) -> None:
    there(stage, state=JobState.SEPARATING)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    stage.window.playback.play()
    stage.window.playback.seek(40.0)
    QApplication.sendEvent(stage.window, QEvent(QEvent.Type.WindowActivate))
    assert song.shows_stems and stage.window.playback.playing
    assert stage.window.playback.position_s == 40.0
    assert stage.player.names() == ["load", "play", "seek"]


def test_finished_parts_are_told_at_the_rate_of_the_model(
    stage: Stage, song: SongView, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = there(stage, state=JobState.SEPARATING)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    assert song._source is not None
    song._source = replace(song._source, samplerate=48_000)
    live = stage.controller.hearing.live
    monkeypatch.setattr(live, "final", lambda _job: ((48_000, 96_000),))  # no model is there
    stage.controller.job_changed.emit(job.id)
    assert song.stems._finished == [(1.0, 2.0)]
    looks: list[None] = []
    monkeypatch.setattr(song._waves, "look", lambda: looks.append(None))
    stage.controller.job_changed.emit(job.id)
    assert looks == []  # nothing came
    monkeypatch.setattr(live, "final", lambda _job: ((48_000, 144_000),))
    stage.controller.job_changed.emit(job.id)
    assert len(looks) == 1


def test_a_song_that_another_stemdesk_runs_has_the_panel(stage: Stage, song: SongView) -> None:
    job = there(stage)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    stage.controller.elsewhere.add(job.id)
    stage.controller.job_changed.emit(job.id)
    assert not song.shows_stems
    assert stage.player.names()[-1] == "unload"


def test_a_stall_says_what_to_do() -> None:
    job = a_job(state=JobState.SEPARATING)
    stalled = Progress(JobStage.SEPARATING, 0.43, stalled_s=180)
    text, more = strip_words(job, stalled, "")
    assert text == "No progress for 3 min, at 43 %"
    assert more.startswith("The computer may only be busy")
    text, more = strip_words(job, stalled, "Cancelling…")
    assert text == "Cancelling… No progress for 3 min, at 43 %"
    assert more.startswith("The computer may only be busy")


def test_in_a_window_that_is_not_high_more_lanes_are_in_sight(stage: Stage, song: SongView) -> None:
    stage.window.resize(1280, 800)
    there(stage, state=JobState.SEPARATING)
    stage.qtbot.waitUntil(lambda: song.shows_stems)
    page = song.stems
    page.desk.show_stems(("drums", "bass", "other", "vocals"))

    def in_sight() -> float:
        QApplication.sendPostedEvents()
        lane = page.lanes[0]
        return page.desk._scroll.viewport().height() / lane.height()

    stage.qtbot.waitUntil(lambda: in_sight() >= 4.0)
    stage.window.resize(stage.window.minimumSize())
    stage.qtbot.waitUntil(lambda: in_sight() >= 3.5)
    assert page.lanes[0].height() < 46
    stage.window.resize(1280, 800)
    stage.qtbot.waitUntil(lambda: page.lanes[0].height() >= 46)
