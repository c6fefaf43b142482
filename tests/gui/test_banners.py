from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.gui.dialogs import TextDialog
from stemdesk.gui.values import BatchSummary, UserMessage
from support.stage import Stage

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
    assert not banner.isVisible()


def test_interrupted_songs_can_be_removed(stage: Stage) -> None:
    jobs = [stage.controller.add(f"{n}.mp3", state=JobState.INTERRUPTED) for n in range(2)]
    stage.controller.jobs_reset.emit()
    banner = stage.window.banners.interrupted
    assert banner.label.text().startswith("2 songs were interrupted")
    banner.buttons[1].click()
    assert stage.controller.asked("remove") == [([job.id for job in jobs],)]
    assert not banner.isVisible()


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


def test_escape_closes_a_banner(stage: Stage) -> None:
    stage.controller.message.emit(UserMessage("Something."))
    banner = stage.window.banners.message
    assert banner.isVisible()
    stage.key(Qt.Key.Key_Escape, on=stage.window)
    assert not banner.isVisible()
