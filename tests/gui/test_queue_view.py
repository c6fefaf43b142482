from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from stemdesk.core.job import Job, JobState
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.queue_row import QueueRow
from stemdesk.gui.queue_view import QueueView
from stemdesk.gui.row_actions import RowAction
from support.jobs import a_job
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

NONE = Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


@pytest.fixture
def view(stage: Stage) -> QueueView:
    return stage.window.library.view


def button_centre(view: QueueView, job: Job, action: RowAction) -> QPoint:
    delegate = view.itemDelegate()
    assert isinstance(delegate, QueueRow)
    row = view._model.row_of(job.id)
    assert row is not None
    areas = dict(delegate.button_areas(view.visualRect(view._model.index(row)), job))
    return areas[action].center()


def press(stage: Stage, view: QueueView, job: Job, action: RowAction) -> None:
    point = button_centre(view, job, action)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)


@pytest.mark.parametrize(
    ("state", "action", "call"),
    [
        (JobState.SEPARATING, RowAction.PAUSE, "pause"),
        (JobState.SEPARATING, RowAction.CANCEL, "cancel"),
        (JobState.PAUSED, RowAction.RESUME, "resume"),
        (JobState.FAILED, RowAction.RETRY, "retry"),
    ],
)
def test_row_buttons_are_pressed(
    stage: Stage, view: QueueView, state: JobState, action: RowAction, call: str
) -> None:
    stage.controller.add("first.mp3")
    job = stage.controller.add("second.mp3", state=state)
    press(stage, view, job, action)
    assert stage.controller.asked(call) == [(job.id,)]
    assert stage.window.song.job_id != job.id  # pressing a button selects nothing


def test_a_press_that_slides_off_does_nothing(stage: Stage, view: QueueView) -> None:
    job = stage.controller.add(state=JobState.PAUSED)
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(view.viewport(), left, pos=button_centre(view, job, RowAction.CANCEL))
    QTest.mouseRelease(view.viewport(), left, pos=QPoint(30, 20))
    assert [name for name, *_ in stage.controller.calls] == ["change_settings"]  # welcomed


def test_a_click_shows_the_song(stage: Stage, view: QueueView) -> None:
    stage.controller.add("one.mp3")
    two = stage.controller.add("two.mp3")
    point = view.visualRect(view._model.index(1)).center() - QPoint(40, 0)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert stage.window.song.job_id == two.id


def test_arrows_go_through_the_songs(stage: Stage, view: QueueView) -> None:
    jobs = [stage.controller.add(f"{n}.mp3") for n in range(3)]
    view.setFocus()
    stage.key(Qt.Key.Key_Down)
    assert stage.window.song.job_id == jobs[1].id
    stage.key(Qt.Key.Key_End)
    assert stage.window.song.job_id == jobs[2].id
    stage.key(Qt.Key.Key_Home)
    assert stage.window.song.job_id == jobs[0].id


def test_delete_removes_the_selected_songs(stage: Stage, view: QueueView) -> None:
    jobs = [stage.controller.add(f"{n}.mp3") for n in range(4)]
    view.setFocus()
    stage.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    stage.key(Qt.Key.Key_Delete)
    assert stage.controller.asked("remove") == [([jobs[0].id, jobs[1].id],)]
    assert stage.window.song.job_id == jobs[2].id  # the next one is shown


def test_a_row_is_painted_with_whatever_else_has_changed(
    stage: Stage, view: QueueView, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stage.controller.add("song.mp3")
    paint_now = partial(QApplication.sendEvent, stage.window, QEvent(QEvent.Type.UpdateRequest))
    QApplication.processEvents()  # all is laid out
    paint_now()
    painted: list[JobState] = []
    monkeypatch.setattr(
        QueueRow, "_paint_texts", lambda _self, _painter, _font, job, *_: painted.append(job.state)
    )
    stage.controller.change(job, state=JobState.DECODING)
    paint_now()  # before any timer
    assert set(painted) == {JobState.DECODING}


def test_delete_again_removes_the_next_song(stage: Stage, view: QueueView) -> None:
    jobs = [stage.controller.add(f"{n}.mp3") for n in range(4)]
    view.setFocus()
    stage.key(Qt.Key.Key_End)
    for job in reversed(jobs):
        assert view.selected_ids() == [view.current_id()] == [job.id]
        stage.key(Qt.Key.Key_Delete)
    assert stage.controller.jobs == ()


def test_alt_and_arrows_move_a_song(stage: Stage, view: QueueView) -> None:
    for name in "abc":
        stage.controller.add(f"{name}.mp3")
    view.setFocus()
    stage.key(Qt.Key.Key_Down, ALT)
    assert "".join(job.source.stem for job in stage.controller.jobs) == "bac"
    stage.key(Qt.Key.Key_Up, ALT)
    assert "".join(job.source.stem for job in stage.controller.jobs) == "abc"


def test_the_selection_survives_moves_and_resets(stage: Stage, view: QueueView) -> None:
    jobs = [stage.controller.add(f"{n}.mp3") for n in range(3)]
    view.select(jobs[1].id)
    stage.controller.move(jobs[1].id, None)
    assert view.current_id() == jobs[1].id
    stage.controller.jobs_reset.emit()
    assert view.current_id() == jobs[1].id
    assert view.selected_ids() == [jobs[1].id]


def test_a_reset_leaves_what_plays_alone(stage: Stage, view: QueueView) -> None:
    job = stage.play_song()
    others = [stage.controller.add(f"{n}.mp3") for n in range(60)]
    stage.window.playback.play()
    before = list(stage.player.calls)
    view.verticalScrollBar().setValue(500)
    stage.controller.jobs_reset.emit()
    stage.controller.remove([other.id for other in others[:51]])  # so many are a reset, too
    assert stage.player.calls == before
    assert stage.window.song.job_id == job.id
    assert stage.window.song.shows_stems


def test_a_reset_does_not_scroll(stage: Stage, view: QueueView) -> None:
    for n in range(60):
        stage.controller.add(f"{n}.mp3")
    view.grab()  # lays the rows out
    bar = view.verticalScrollBar()
    bar.setValue(500)
    assert bar.value() == 500
    stage.controller.jobs_reset.emit()
    view.grab()
    assert bar.value() == 500


def test_a_selected_song_that_a_reset_takes_away_is_left(stage: Stage, view: QueueView) -> None:
    stage.play_song()
    other = stage.controller.add("other.mp3")
    stage.controller._jobs = [other]
    stage.controller.jobs_reset.emit()
    assert stage.window.song.job_id == other.id
    assert stage.player.names()[-1] == "unload"


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_a_held_key_removes_nothing_more(stage: Stage, view: QueueView, key: Qt.Key) -> None:
    stage.controller.add()
    view.setFocus()
    held = QKeyEvent(QEvent.Type.KeyPress, key, NONE, "", autorep=True)
    QApplication.sendEvent(view, held)
    assert stage.controller.asked("remove") == []
    stage.key(key)
    assert len(stage.controller.asked("remove")) == 1


def context_menu(view: QueueView, reason: QContextMenuEvent.Reason) -> QMenu:
    point = view.visualRect(view.currentIndex()).center()
    event = QContextMenuEvent(reason, point, view.viewport().mapToGlobal(point))
    QApplication.sendEvent(view.viewport(), event)
    menus = [menu for menu in view.findChildren(QMenu) if menu.isVisible()]
    assert len(menus) == 1
    return menus[0]


@pytest.mark.parametrize(
    "reason", [QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard]
)
def test_the_context_menu_opens(
    stage: Stage, view: QueueView, reason: QContextMenuEvent.Reason
) -> None:
    job = stage.controller.add(state=JobState.FAILED)
    menu = context_menu(view, reason)
    names = [item.objectName() for item in menu.actions() if item.objectName()]
    assert names == ["retry", "details", "remove"]
    menu.actions()[0].trigger()
    assert stage.controller.asked("retry") == [(job.id,)]
    menu.close()


def test_a_row_elsewhere_has_no_menu(stage: Stage, view: QueueView) -> None:
    job = stage.controller.add(state=JobState.SEPARATING)
    stage.controller.elsewhere.add(job.id)
    point = view.visualRect(view.currentIndex()).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, point)
    QApplication.sendEvent(view.viewport(), event)
    assert not [menu for menu in view.findChildren(QMenu) if menu.isVisible()]


def test_every_state_is_painted(stage: Stage, view: QueueView) -> None:
    for state in JobState:
        stage.controller.add(f"{state.value}.mp3", state=state)
    stage.controller.add("🎵 " * 200 + ".mp3")
    stage.controller.add("أغنية طويلة جدا" * 20 + ".mp3")
    shown = view.grab().toImage()
    assert shown.width() == view.width()


def test_10000_rows_are_no_burden(
    stage: Stage, view: QueueView, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.controller.put(*(a_job(Path(f"/music/{n}.mp3")) for n in range(10_000)))
    last = stage.controller.jobs[-1]
    view.select(last.id)
    assert stage.window.song.job_id == last.id
    asked: list[str] = []
    read = QueueModel.state_text

    def counting(model: QueueModel, job: Job) -> str:
        asked.append(job.id)
        return read(model, job)

    monkeypatch.setattr(QueueModel, "state_text", counting)
    view.grab()
    assert 0 < len(asked) < 100  # only the rows that are seen


def test_finished_songs_are_cleared(stage: Stage) -> None:
    library = stage.window.library
    stage.controller.add("one.mp3")
    assert not library.forget.isEnabled()
    stage.controller.add("two.mp3", state=JobState.FAILED)
    assert library.forget.isEnabled()
    library.forget.click()
    assert stage.controller.asked("forget_ended") == [()]
    stage.qtbot.waitUntil(lambda: not library.forget.isEnabled())
