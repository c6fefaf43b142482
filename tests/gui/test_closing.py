from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QCloseEvent
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.core.settings import Settings
from stemdesk.gui import dialogs, messages
from stemdesk.gui.dialogs import CloseChoice
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def test_an_idle_window_closes_and_keeps_its_size(stage: Stage) -> None:
    stage.play_song()
    stage.window.resize(1111, 777)
    assert stage.window.close()
    assert stage.player.names()[-1] == "close"
    assert base64.b64decode(stage.controller.settings.window)


def test_saved_geometry_is_used_and_nonsense_is_not(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path)
    stage.window.resize(900, 650)  # the offscreen screen is 800 wide
    stage.window.close()
    saved = stage.controller.settings
    first_start = (900, 760)  # its screen is 800 high, and the frame takes some
    for settings, size in ((saved, (900, 650)), (replace(Settings(), window="%%"), first_start)):
        window = type(stage.window)(stage.controller, lambda: None, lambda: "")  # type: ignore[arg-type,return-value]
        qtbot.addWidget(window)
        stage.controller.settings = settings
        window._restore_geometry()
        assert window.size().toTuple() == size


def closing(stage: Stage, choice: CloseChoice) -> None:
    job = stage.controller.add("one.mp3")
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.5))
    assert not stage.window.close()
    assert stage.window.isVisible()
    stage.press(choice.value)


def test_who_takes_files_for_it_hears_when_it_begins_to_end(stage: Stage) -> None:
    told: list[bool] = []
    stage.window.ends.connect(lambda: told.append(stage.window.isEnabled()))
    closing(stage, CloseChoice.FINISH_FIRST)
    assert told == []  # it takes what comes until then
    stage.window._stay_open()
    assert not stage.window.close()
    stage.press(CloseChoice.STOP_NOW.value)
    assert told[0]  # before it stops


def test_closing_while_working_asks_only_once(stage: Stage) -> None:
    closing(stage, CloseChoice.STAY)
    assert stage.window.isVisible()
    assert stage.controller.asked("stop_now") == []
    stage.window.closeEvent(QCloseEvent())
    stage.window.closeEvent(QCloseEvent())
    assert len([d for d in stage.window.findChildren(dialogs.Dialog) if d.isVisible()]) == 1


def test_stopping_now_closes_when_the_job_has_stopped(stage: Stage) -> None:
    closing(stage, CloseChoice.STOP_NOW)
    assert stage.controller.asked("stop_now") == [()]
    assert stage.window.isVisible()
    stage.controller.stopped.emit()
    assert not stage.window.isVisible()


def test_the_default_is_to_stop_now(stage: Stage) -> None:
    stage.controller.busy = True
    stage.window.close()
    assert stage.button(CloseChoice.STOP_NOW.value).isDefault()


def test_songs_that_are_downloaded_are_behind_the_running_one(stage: Stage) -> None:
    jobs = [stage.controller.add(f"{name}.mp3") for name in ("queued", "downloading", "done")]
    stage.controller.change(jobs[1], state=JobState.DOWNLOADING)
    stage.controller.end(jobs[2], state=JobState.DONE)
    running = stage.controller.add("running.mp3")
    stage.controller.run(running, Progress(JobStage.SEPARATING, 0.5))
    assert not stage.window.close()
    (question,) = stage.window.findChildren(dialogs.Dialog)
    assert "2 songs behind it" in question.text.text()
    stage.press(CloseChoice.STAY.value)


def test_finishing_first_closes_after_the_song(stage: Stage) -> None:
    closing(stage, CloseChoice.FINISH_FIRST)
    assert stage.controller.asked("hold") == [()]
    assert stage.window.banners.closing.isVisible()
    job = stage.controller.jobs[0]
    stage.controller.end(job, state=JobState.DONE)
    assert not stage.window.isVisible()


def test_finishing_first_can_be_taken_back(stage: Stage) -> None:
    closing(stage, CloseChoice.FINISH_FIRST)
    stage.window.banners.closing.buttons[0].click()
    assert stage.controller.asked("release") == [()]
    stage.controller.end(stage.controller.jobs[0], state=JobState.CANCELLED)
    assert stage.window.isVisible()


def test_the_words_of_the_close_question() -> None:
    assert "3 songs behind it" in messages.close_text(3)
    assert "does the song behind it" in messages.close_text(1)
    assert "behind" not in messages.close_text(0)
