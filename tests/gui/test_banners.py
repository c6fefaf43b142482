from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.gui import banners
from stemdesk.gui.dialogs import TextDialog
from stemdesk.gui.values import BatchSummary, UserMessage
from support.fake_controller import FakeController
from support.stage import Stage
from support.told import record_told

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def test_interrupted_songs_are_offered(stage: Stage) -> None:
    banner = stage.window.banners.interrupted
    assert not banner.isVisible()
    job = stage.controller.add("one.mp3", state=JobState.INTERRUPTED)
    stage.controller.jobs_reset.emit()
    assert banner.isVisible()
    assert banner.label.text().startswith("1 song was interrupted")
    banner.buttons[0].click()
    assert stage.controller.asked("go_on") == [([job.id],)]
    stage.qtbot.waitUntil(lambda: not banner.isVisible())


def test_interrupted_songs_can_be_removed(stage: Stage) -> None:
    jobs = [stage.controller.add(f"{n}.mp3", state=JobState.INTERRUPTED) for n in range(2)]
    stage.controller.jobs_reset.emit()
    banner = stage.window.banners.interrupted
    assert banner.label.text().startswith("2 songs were interrupted")
    banner.buttons[1].click()
    assert stage.controller.asked("remove") == [([job.id for job in jobs],)]
    stage.qtbot.waitUntil(lambda: not banner.isVisible())


def test_a_batch_is_summed_up(stage: Stage) -> None:
    stage.controller.add("good.mp3", state=JobState.DONE)
    bad = stage.controller.add("bad.mp3", state=JobState.FAILED)
    stage.controller.batch_finished.emit(BatchSummary(497, 3, 0))
    banner = stage.window.banners.batch
    assert banner.label.text() == "497 done, 3 failed"
    banner.buttons[0].click()
    assert stage.window.song.job_id == bad.id
    banner.buttons[1].click()
    assert stage.controller.asked("retry_failed") == [()]
    assert not banner.isVisible()


def test_failures_that_are_no_more_are_not_told_of(stage: Stage) -> None:
    bad = [stage.controller.add(f"{n}.mp3", state=JobState.FAILED) for n in range(2)]
    stage.controller.batch_finished.emit(BatchSummary(0, 2, 0))
    banner, later = stage.window.banners.batch, stage.window.banners._later
    stage.controller.change(bad[0], state=JobState.QUEUED)  # retried by its own button
    stage.qtbot.waitUntil(lambda: not later.isActive())
    assert banner.isVisible()
    stage.controller.remove([bad[1].id])
    stage.qtbot.waitUntil(lambda: not banner.isVisible())
    stage.controller.batch_finished.emit(BatchSummary(2, 0, 0))
    stage.controller.change(bad[0], state=JobState.DONE)
    stage.qtbot.waitUntil(lambda: not later.isActive())
    assert banner.isVisible()  # that all went well


def test_show_goes_from_one_failed_song_to_the_next(stage: Stage) -> None:
    bad = [stage.controller.add(f"{n}.mp3", state=JobState.FAILED) for n in range(2)]
    stage.controller.batch_finished.emit(BatchSummary(1, 2, 0))
    show = stage.window.banners.batch.buttons[0]
    shown = []
    for _ in range(3):
        show.click()
        shown.append(stage.window.song.job_id)
    assert shown == [bad[0].id, bad[1].id, bad[0].id]


def test_the_banner_is_about_the_songs_that_are_interrupted_now(stage: Stage) -> None:
    one, two = (stage.controller.add(f"{n}.mp3", state=JobState.INTERRUPTED) for n in range(2))
    stage.controller.change(two, state=JobState.PAUSED)
    stage.controller.jobs_reset.emit()
    stage.controller._jobs = [
        replace(one, state=JobState.PAUSED),
        replace(two, state=JobState.INTERRUPTED),
    ]
    stage.controller.jobs_reset.emit()  # another one, as many as before
    stage.window.banners.interrupted.buttons[0].click()
    assert stage.controller.asked("go_on") == [([two.id],)]


def test_one_song_is_no_batch(stage: Stage) -> None:
    stage.controller.batch_finished.emit(BatchSummary(1, 0, 0))
    assert not stage.window.banners.batch.isVisible()
    stage.controller.batch_finished.emit(BatchSummary(2, 0, 1))
    assert stage.window.banners.batch.label.text() == "2 done, 1 cancelled"


def test_messages_show_their_details(stage: Stage) -> None:
    stage.controller.message.emit(UserMessage("2 files were passed over.", "a.txt\nb.pdf"))
    banner = stage.window.banners.message
    assert banner.label.text() == "2 files were passed over."
    banner.buttons[0].click()
    dialog = stage.dialog()
    assert isinstance(dialog, TextDialog)
    assert dialog.details.toPlainText() == "a.txt\nb.pdf"


def test_messages_at_the_same_moment_are_all_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    say, banner = stage.controller.message.emit, stage.window.banners.message
    told = record_told(monkeypatch)
    for message in (UserMessage("One."), UserMessage("Two.", "two.mp3"), UserMessage("One.")):
        say(message)
    assert banner.label.text() == told[-1] == "One. Two."
    banner.buttons[0].click()
    dialog = stage.dialog()
    assert isinstance(dialog, TextDialog)
    assert dialog.details.toPlainText() == "One.\n\nTwo.\ntwo.mp3"
    stage.key(Qt.Key.Key_Escape, on=dialog)
    stage.qtbot.waitUntil(lambda: stage.window.findChildren(TextDialog) == [])
    banner.cross.click()
    say(UserMessage("Three."))  # what was closed is known
    assert banner.label.text() == "Three."
    monkeypatch.setattr(banners, "_UNREAD_MS", 0)
    say(UserMessage("Four."))  # what was there for long, too
    assert banner.label.text() == "Four."
    monkeypatch.undo()
    banner.cross.click()
    for number in range(5):
        say(UserMessage(f"{number}."))
    assert banner.label.text() == "0. 1. 2. And 2 more."
    banner.buttons[0].click()
    dialog = stage.dialog()
    assert isinstance(dialog, TextDialog)
    assert dialog.details.toPlainText().endswith("3.\n\n4.")


def test_escape_closes_a_banner(stage: Stage) -> None:
    stage.controller.message.emit(UserMessage("Something."))
    banner = stage.window.banners.message
    assert banner.isVisible()
    stage.key(Qt.Key.Key_Escape, on=stage.window)
    assert not banner.isVisible()


def test_a_banner_that_is_closed_hands_its_focus_to_no_other_button(stage: Stage) -> None:
    stage.controller.add("good.mp3", state=JobState.DONE)
    stage.controller.message.emit(UserMessage("Something"))
    cross = stage.window.banners.message.cross
    cross.setFocus()
    stage.key(Qt.Key.Key_Space, on=cross)
    assert not stage.window.banners.message.isVisible()
    assert QApplication.focusWidget() is None


def test_many_changes_are_counted_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    job = stage.controller.add("one.mp3", state=JobState.QUEUED)
    looks: list[int] = []

    def counted(controller: FakeController) -> object:
        looks.append(1)
        return tuple(controller._jobs)

    monkeypatch.setattr(FakeController, "jobs", property(counted))
    for state in [JobState.INTERRUPTED, JobState.QUEUED] * 50 + [JobState.INTERRUPTED]:
        stage.controller.change(job, state=state)
    stage.qtbot.waitUntil(stage.window.banners.interrupted.isVisible)
    assert len(looks) < 20
