"""A job that was asked to stop, or that hangs: the window says so at once, while it still runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.stall import StallWatch
from stemdesk.gui.row_actions import RowAction
from stemdesk.gui.stalls import Stalls
from stemdesk.gui.window import MainWindow
from support.desk import Desk
from support.fake_player import FakePlayer

HALF = Progress(Stage.SEPARATING, 0.43, 72.0, pass_s=2.0)


class Stubborn:
    """A job inside of a long pass: it hears of nothing until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def __call__(self, _: Job, report: Report, cancel: CancelToken) -> None:
        report(HALF)
        assert self.let_go.wait(30)
        report(Progress(Stage.SEPARATING, 0.44, 70.0, pass_s=2.0))
        while True:
            cancel.wait(0.01)


class Screen:
    """The real window before a desk's controller, with one song that runs."""

    def __init__(self, desk: Desk, qtbot: QtBot) -> None:
        self.desk = desk
        self.job = Stubborn()
        desk.script.behaviours["a.mp3"] = self.job
        self.controller = desk.open()
        self.window = MainWindow(self.controller, cast(Any, FakePlayer), lambda: "")
        qtbot.addWidget(self.window, before_close_func=lambda _: self.end())
        self.window.show()
        with qtbot.waitActive(self.window):
            self.window.activateWindow()
        (self.id,) = desk.add("a.mp3")
        desk.wait_until(lambda: self.controller.progress(self.id) == HALF)
        desk.wait_until(lambda: self.window.song.shows_stems)
        self.said: list[str] = []  # from here on
        self.window.announcer.announced.connect(self.said.append)

    def end(self) -> None:
        self.job.let_go.set()
        self.desk.close()
        self.controller.deleteLater()  # in this thread, and not by the garbage collector

    @property
    def row(self) -> str:
        job = self.controller.job(self.id)
        assert job is not None
        return self.window.library.view._model.state_text(job)

    @property
    def panel(self) -> tuple[str, str]:
        """What the song area says: above its lanes, or in their place."""
        song = self.window.song
        if song.shows_stems:
            assert song.strip.isVisible()
            return song.strip.text.text(), song.strip.more.text()
        return song.panel.headline.text(), song.panel.text.text()

    def press_space_on(self, text: str) -> None:
        buttons = self.window.song.strip.buttons
        button = next(item for item in buttons if item.text().strip() == text)
        button.setFocus()
        QTest.keyClick(button, Qt.Key.Key_Space)

    def click_in_row(self, action: RowAction) -> None:
        view, job = self.window.library.view, self.controller.job(self.id)
        assert job is not None
        areas = dict(view._row.button_areas(view.visualRect(view.currentIndex()), job))
        left = Qt.MouseButton.LeftButton
        QTest.mouseClick(view.viewport(), left, pos=areas[action].center())


@pytest.fixture
def screen(desk: Desk, qtbot: QtBot) -> Iterator[Screen]:
    made = Screen(desk, qtbot)
    yield made
    made.job.let_go.set()


def by_key(screen: Screen, action: RowAction) -> None:
    screen.press_space_on({RowAction.PAUSE: "Pause", RowAction.CANCEL: "Cancel"}[action])


def by_mouse(screen: Screen, action: RowAction) -> None:
    screen.click_in_row(action)


def by_menu(screen: Screen, action: RowAction) -> None:
    menu = screen.window.commands.menu([screen.id], screen.window)
    next(item for item in menu.actions() if item.objectName() == action.value).trigger()


WAYS = pytest.mark.parametrize("way", [by_key, by_mouse, by_menu])
Way = Callable[[Screen, RowAction], None]


@WAYS
def test_a_job_that_is_to_pause_says_so_at_once(screen: Screen, way: Way) -> None:
    assert screen.row == "Separating 43 %, 1:12 left"
    way(screen, RowAction.PAUSE)
    assert screen.row == "Pausing…"
    assert screen.panel == ("Pausing…", "What is finished is kept.")
    assert screen.said == ["a: Pausing…"]
    screen.job.let_go.set()
    screen.desk.wait_for(JobState.PAUSED, screen.id)
    assert screen.row == "Paused"
    assert screen.panel[0] == "Paused"


@WAYS
def test_a_job_that_is_to_end_says_so_at_once(screen: Screen, way: Way) -> None:
    way(screen, RowAction.CANCEL)
    assert screen.row == "Cancelling…"
    assert screen.panel == ("Cancelling…", "Nothing will be saved.")
    screen.job.let_go.set()
    screen.desk.wait_for(JobState.CANCELLED, screen.id)
    assert screen.row == "Cancelled"
    assert screen.said == ["a: Cancelling…", "a: Cancelled"]


def test_a_job_that_pauses_can_still_be_cancelled(screen: Screen) -> None:
    by_key(screen, RowAction.PAUSE)
    by_key(screen, RowAction.PAUSE)  # again: the button is still there, and keeps the focus
    assert screen.row == "Pausing…"
    by_key(screen, RowAction.CANCEL)
    assert screen.row == "Cancelling…"
    by_key(screen, RowAction.PAUSE)  # too late
    assert screen.row == "Cancelling…"
    screen.job.let_go.set()
    screen.desk.wait_for(JobState.CANCELLED, screen.id)
    assert screen.said == ["a: Pausing…", "a: Cancelling…", "a: Cancelled"]


def test_del_takes_the_running_song_off_the_list_at_once(screen: Screen) -> None:
    screen.window.library.view.setFocus()
    QTest.keyClick(screen.window.library.view, Qt.Key.Key_Delete)
    assert screen.controller.jobs == ()
    assert screen.controller.busy, "it ends behind the scenes"
    screen.job.let_go.set()
    screen.desk.wait_until(lambda: not screen.controller.busy)


class Clock:
    """Stands still until it is told to what second it goes; each look brings it on by ten."""

    def __init__(self) -> None:
        self.now = self.end = 0.0

    def __call__(self) -> float:
        self.now = min(self.end, self.now + 10.0)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    quick = partial(Stalls, watch=StallWatch(made), every_ms=1)
    monkeypatch.setattr("stemdesk.gui.runner.Stalls", quick)
    return made


def test_a_pass_that_does_not_end_is_said_until_it_does(
    clock: Clock,
    desk: Desk,
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("stemdesk"), "propagate", True)
    screen = Screen(desk, qtbot)
    assert screen.row == "Separating 43 %, 1:12 left"
    clock.end = 190.0
    desk.wait_until(lambda: screen.row == "No progress for 3 min, at 43 %")
    headline, text = screen.panel
    assert headline == "No progress for 3 min, at 43 %"
    assert text.startswith("The computer may only be busy") and "goes on from here" in text
    assert screen.window.windowTitle() == "43 % — StemDesk"
    assert screen.said == ["a: No progress for 1 min, at 43 %"], "once"
    warnings = [record.message for record in caplog.records if "no progress" in record.message]
    assert warnings == [
        f"job {screen.id}: no progress for 60 s, separating at 43 %, a pass usually takes 2.0 s"
    ]
    by_key(screen, RowAction.PAUSE)
    assert screen.row.startswith("Pausing… No progress for 3 min")
    by_key(screen, RowAction.CANCEL)
    assert screen.row.startswith("Cancelling… No progress for 3 min")
    assert "close StemDesk: that ends it" in screen.panel[1]
    screen.job.let_go.set()
    desk.wait_for(JobState.CANCELLED, screen.id)
    assert screen.row == "Cancelled"


def test_the_next_pass_ends_the_stall(clock: Clock, desk: Desk, qtbot: QtBot) -> None:
    screen = Screen(desk, qtbot)
    clock.end = 60.0
    desk.wait_until(lambda: screen.row == "No progress for 1 min, at 43 %")
    screen.job.let_go.set()
    desk.wait_until(lambda: screen.row == "Separating 44 %, 1:10 left")


def test_nobody_looks_while_nothing_runs_or_the_app_ends(desk: Desk, screen: Screen) -> None:
    timer = screen.controller._runner._stalls._timer
    looks = [timer.isActive()]
    screen.controller.cancel(screen.id)
    screen.job.let_go.set()
    desk.wait_for(JobState.CANCELLED, screen.id)
    looks.append(timer.isActive())
    screen.job.let_go.clear()
    screen.controller.retry(screen.id)
    desk.wait_until(lambda: screen.controller.progress(screen.id) == HALF)
    looks.append(timer.isActive())
    screen.controller.stop_now()
    looks.append(timer.isActive())
    assert looks == [True, False, True, False]
