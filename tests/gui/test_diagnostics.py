from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.audio.output import OutputInfo, OutputKind
from stemdesk.core.job import JobState
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.gui import labels
from stemdesk.gui.diagnostics import DiagnosticsPage
from stemdesk.gui.run_notes import RunNotes
from stemdesk.gui.values import NoDevice
from stemdesk.jobs.runs import Totals
from stemdesk.jobs.sound_note import SoundNote, read_sound_note
from stemdesk.jobs.store import JobStore
from support.desk import Desk, failing
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def opened(stage: Stage) -> DiagnosticsPage:
    page = stage.dialog()
    assert isinstance(page, DiagnosticsPage)
    stage.qtbot.waitUntil(page.copy.isEnabled)
    return page


def test_f12_tells_how_things_are(stage: Stage) -> None:
    stage.controller.device_known.emit(NoDevice("cpu", "CPU", "no GPU found"))
    log = stage.controller.folders.logs / "window.log"
    log.parent.mkdir()
    log.write_text("INFO something happened\n")
    stage.key(Qt.Key.Key_F12, on=stage.window)
    text = opened(stage).report.toPlainText()
    for part in (
        "Device: CPU (no GPU found)",
        "Sound: nothing was played yet; no breaks so far",
        "Songs: 0 done, 0 failed, 0 cancelled",
        "Memory: ",
        f"Exports: {stage.controller.folders.exports}",
        f"Cache: {stage.controller.folders.cache}",
        "torch 2",
        "INFO something happened",
    ):
        assert part in text


def test_what_is_copied_names_nobody(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(stage.root))
    monkeypatch.setenv("USERPROFILE", str(stage.root))
    log = stage.controller.folders.logs / "window.log"
    log.parent.mkdir()
    log.write_text("fetched https://example.org/song?token=abc\n")
    stage.window.status.diagnostics.click()
    page = opened(stage)
    assert str(stage.root) in page.report.toPlainText()
    QTest.keyClick(page, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | _SHIFT)
    copied = QGuiApplication.clipboard().text()
    assert str(stage.root) not in copied and "Cache: ~" in copied
    assert "https://example.org/song?…" in copied and "token" not in copied
    assert page.copy.text() == labels.COPIED


_SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_it_can_be_asked_anew_and_closed_meanwhile(stage: Stage) -> None:
    stage.window.pages.show_diagnostics()
    page = opened(stage)
    JobStore(stage.controller.folders.database).close()
    QTest.keyClick(page, Qt.Key.Key_F5)
    stage.qtbot.waitUntil(page.copy.isEnabled)
    page.again.click()
    page.reject()
    ended: list[bool] = []
    stage.controller.tasks.io(lambda: True, lambda _: ended.append(True))
    stage.qtbot.waitUntil(lambda: bool(ended))


def test_space_once_more_does_not_close_it(stage: Stage) -> None:
    stage.window.pages.show_diagnostics()
    page = opened(stage)
    page.again.setFocus()
    for _ in range(2):
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Space)
    stage.qtbot.waitUntil(page.again.isEnabled)
    assert page.isVisible() and page.again.hasFocus()


def test_it_fits_into_the_smallest_window(stage: Stage) -> None:
    stage.window.resize(900, 600)
    stage.window.pages.show_diagnostics()
    page = opened(stage)
    assert page.width() <= 900 and page.height() <= 600


def test_the_status_lines_tooltip_tells_of_the_sound(stage: Stage) -> None:
    stage.play_song()
    stage.player.be(underruns=3)
    stage.window.playback.play()
    status = stage.window.status
    QApplication.sendEvent(status, QHelpEvent(QEvent.Type.ToolTip, QPoint(), QPoint()))
    assert "it broke off 3 times" in status.toolTip()


def test_how_the_sound_does_is_noted_for_doctor(stage: Stage) -> None:
    data = stage.controller.folders.data
    stage.play_song()
    stage.player.be(output=OutputInfo(OutputKind.NULL, "by hand"), underruns=3)
    stage.window.playback.play()
    stage.qtbot.waitUntil(lambda: read_sound_note(data) == SoundNote("by hand", 3))
    stage.player.be(underruns=4)
    stage.window.playback.pause()
    stage.qtbot.waitUntil(lambda: read_sound_note(data) == SoundNote("by hand", 4))


def test_how_jobs_went_is_noted(desk: Desk) -> None:
    controller = desk.open()
    RunNotes(controller)
    desk.script.behaviours["bad.mp3"] = failing(ValueError("a bug"))

    def separates(_job: object, report: object, _cancel: object) -> None:
        report(Progress(JobStage.SEPARATING, 0.0))  # type: ignore[operator] # a Report

    desk.script.behaviours["good.mp3"] = separates
    good, bad = desk.add("good.mp3", "bad.mp3")
    desk.wait_for(JobState.DONE, good)
    desk.wait_for(JobState.FAILED, bad)
    store = JobStore(desk.folders.database)
    desk.wait_until(lambda: store.totals() != Totals() and store.totals().failed == 1)
    totals = store.totals()
    assert (totals.done, totals.failed, totals.cancelled) == (1, 1, 0)
    store.close()
