from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from stemdesk import crash
from stemdesk.core import project
from stemdesk.gui import app_words
from stemdesk.gui.banner import Banner
from stemdesk.gui.crash_notice import CrashNotice, report
from support.opened import record_opened
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

CRASH = "Fatal Python error: Segmentation fault\n\nCurrent thread (most recent call first):\n"


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def crashed(stage: Stage, text: str = CRASH) -> Path:
    logs = stage.controller.folders.logs
    logs.mkdir()
    (logs / "window.log").write_text(f"INFO split {stage.root}/song.mp3\n")
    path = crash.crash_path(logs, "window")
    path.write_text(text)
    return path


def notice(stage: Stage) -> Banner:
    """What is shown, once it was looked."""
    banner = stage.window.banners.crash
    made = CrashNotice(stage.controller.folders.logs, stage.controller.tasks, banner)
    made.look()
    stage.qtbot.waitUntil(lambda: not stage.controller.tasks._tasks)
    return banner


def test_after_a_crash_a_report_can_be_copied_that_names_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(stage.root))
    monkeypatch.setenv("USERPROFILE", str(stage.root))
    path = crashed(stage)
    banner = notice(stage)
    assert banner.label.text() == app_words.ENDED
    banner.buttons[0].click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("StemDesk ended unexpectedly") and "Segmentation fault" in text
    assert "INFO split ~/song.mp3" in text and str(stage.root) not in text
    assert "torch 2" in text
    assert banner.label.text() == app_words.CRASH_COPIED
    stage.qtbot.waitUntil(lambda: path.stat().st_size == 0)
    opened = record_opened(monkeypatch)
    banner.buttons[0].click()
    assert opened == [QUrl(project.ISSUES)]


@pytest.mark.parametrize("by", ["button", "cross"])
def test_it_can_be_dismissed(stage: Stage, by: str) -> None:
    path = crashed(stage)
    banner = notice(stage)
    assert banner.buttons[1].text() == app_words.DISMISS
    (banner.buttons[1] if by == "button" else banner.cross).click()
    assert not banner.isVisible()
    stage.qtbot.waitUntil(lambda: path.stat().st_size == 0)


def test_esc_puts_it_off(stage: Stage) -> None:
    path = crashed(stage)
    assert notice(stage).isVisible()
    assert stage.window.banners.dismiss()
    assert not stage.window.banners.crash.isVisible() and path.stat().st_size


def test_what_it_survived_is_told_of_as_that(stage: Stage) -> None:
    made = crash.CrashLog(crashed(stage, ""))
    made.note(ValueError, ValueError("a bug"), None)
    made.end()
    made.close()
    assert notice(stage).label.text() == app_words.WENT_WRONG


def test_without_a_crash_nothing_is_said(stage: Stage) -> None:
    path = crashed(stage, "")
    assert not notice(stage).isVisible()
    assert report(path) is None
