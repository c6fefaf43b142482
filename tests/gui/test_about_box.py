from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from stemdesk import __version__
from stemdesk.core import project
from stemdesk.core.declared import Section
from stemdesk.gui import app_words, labels
from stemdesk.gui.about_box import AboutBox
from stemdesk.gui.licences_dialog import LicencesDialog
from stemdesk.gui.settings_dialog import SettingsDialog
from support.opened import record_opened
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def about(stage: Stage) -> AboutBox:
    stage.window.pages.show_settings(Section.ABOUT)
    dialog = stage.dialog()
    assert isinstance(dialog, SettingsDialog)
    stage.qtbot.waitUntil(lambda: dialog.about.versions.text() != app_words.LOOKING)
    return dialog.about


def opened(stage: Stage, box: AboutBox) -> LicencesDialog:
    box.licences.click()
    (dialog,) = box.window().findChildren(LicencesDialog)
    stage.qtbot.waitUntil(lambda: len(dialog.text_box.toPlainText()) > 1000, timeout=60_000)
    return dialog


def test_it_tells_the_versions_of_what_matters(stage: Stage) -> None:
    text = about(stage).versions.text()
    assert f"Qt {qVersion()}" in text and f"PyTorch {metadata.version('torch')}" in text
    assert f"yt-dlp {metadata.version('yt-dlp')}" in text and "model starter" in text
    assert "FFmpeg 8" in text or "FFmpeg 7" in text
    assert __version__ not in ("", text)


def test_diagnostics_are_copied_and_name_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(stage.root))
    monkeypatch.setenv("USERPROFILE", str(stage.root))
    box = about(stage)
    box.copy.click()
    stage.qtbot.waitUntil(lambda: box.copy.text() == labels.COPIED)
    text = QGuiApplication.clipboard().text()
    assert text.startswith(f"StemDesk {__version__}, Python ") and "Cache: ~" in text
    assert str(stage.root) not in text


def test_space_once_more_does_not_open_the_browser(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = record_opened(monkeypatch)
    box = about(stage)
    box.copy.setFocus()
    for _ in range(2):
        QTest.keyClick(box.window().focusWidget(), Qt.Key.Key_Space)
    stage.qtbot.waitUntil(lambda: box.copy.text() == labels.COPIED)
    assert opened == [] and box.copy.hasFocus()


def test_its_links_lead_to_the_project(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = record_opened(monkeypatch)
    box = about(stage)
    for button, address in ((box.page, project.PAGE), (box.report, project.ISSUES)):
        assert address in button.toolTip()
        button.click()
    assert opened == [QUrl(project.PAGE), QUrl(project.ISSUES)]


def test_licences_can_be_read_and_searched(stage: Stage) -> None:
    dialog = opened(stage, about(stage))
    assert "torch 2" in dialog.text_box.toPlainText()
    dialog.search.setText("permission is hereby")
    place = dialog.text_box.textCursor().selectionStart()
    assert dialog.text_box.textCursor().selectedText() == "Permission is hereby"
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.text_box.textCursor().selectionStart() > place
    QTest.keyClick(dialog.search, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert dialog.text_box.textCursor().selectionStart() == place
    dialog.find_next(back=True)  # from the first one to the last one
    assert dialog.text_box.textCursor().selectionStart() > place
    dialog.find_next()
    assert dialog.text_box.textCursor().selectionStart() == place
    dialog.search.setText("permission is hereby zzz")
    assert dialog.found.isVisible()
    dialog.search.setText("")
    assert not dialog.found.isVisible()


def test_what_is_typed_before_the_text_is_there_is_found(stage: Stage) -> None:
    box = about(stage)
    box.licences.click()
    (dialog,) = box.window().findChildren(LicencesDialog)
    dialog.search.setText("permission is hereby")
    assert dialog.found.isVisible()
    stage.qtbot.waitUntil(lambda: dialog.text_box.textCursor().hasSelection(), timeout=60_000)
    assert not dialog.found.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert dialog.search.selectedText() == "permission is hereby"


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac's Enter is for the default button")
def test_enter_presses_the_button_that_has_the_focus(stage: Stage) -> None:
    box = about(stage)
    box.licences.setFocus()
    QTest.keyClick(box.licences, Qt.Key.Key_Return)
    (dialog,) = box.window().findChildren(LicencesDialog)
    dialog.close_it.setFocus()
    QTest.keyClick(dialog.close_it, Qt.Key.Key_Return)
    assert not dialog.isVisible() and box.window().isVisible()


def test_licences_fit_into_the_smallest_window(stage: Stage) -> None:
    stage.window.resize(900, 600)
    dialog = opened(stage, about(stage))
    assert dialog.width() <= 900 and dialog.height() <= 600


def test_answers_that_come_late_are_not_shown(stage: Stage) -> None:
    stage.window.pages.show_settings(Section.ABOUT)
    dialog = stage.dialog()
    assert isinstance(dialog, SettingsDialog)
    dialog.about.copy.click()
    dialog.about.licences.click()
    dialog.findChildren(LicencesDialog)[0].reject()
    dialog.reject()
    stage.qtbot.waitUntil(lambda: not stage.controller.tasks._tasks, timeout=60_000)
