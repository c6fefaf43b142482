from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from stemdesk.gui import app_words, labels
from stemdesk.gui.outside import PlaceDialog, show_folder, show_page
from support.opened import record_opened
from support.stage import Stage
from support.told import record_told

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

PAGE = "https://music.example/1"


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


def test_what_the_system_opens_needs_no_words(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = record_opened(monkeypatch)
    show_page(PAGE)
    show_folder(stage.root)
    assert opened == [QUrl(PAGE), QUrl.fromLocalFile(str(stage.root))]
    assert stage.window.findChildren(PlaceDialog) == []


def test_where_no_program_opens_it_its_place_can_be_copied(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_opened(monkeypatch, answer=False)
    told = record_told(monkeypatch)
    for show, refused, place in (
        (partial(show_page, PAGE), app_words.NO_BROWSER, PAGE),
        (partial(show_folder, stage.root), app_words.NO_FILE_MANAGER, str(stage.root)),
    ):
        show()
        dialog = stage.dialog()
        assert isinstance(dialog, PlaceDialog)
        assert dialog.headline.text() == refused
        assert Path(dialog.place.toPlainText()) == Path(place)
        stage.key(Qt.Key.Key_Return, on=dialog.copy)
        assert dialog.copy.text() == labels.COPIED
        assert told[-1] == labels.COPIED
        assert Path(QGuiApplication.clipboard().text()) == Path(place)
        stage.key(Qt.Key.Key_Escape, on=dialog)
        stage.qtbot.waitUntil(lambda: stage.window.findChildren(PlaceDialog) == [])
