from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, JobState
from stemdesk.gui import dialogs, labels
from stemdesk.gui.dialogs import CloseChoice, Dialog, FailureDialog, KeysDialog, TextDialog
from support.jobs import a_job

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def parent(qtbot: QtBot) -> Iterator[QWidget]:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    yield made


def press(dialog: Dialog, name: str) -> None:
    found = dialog.findChild(QPushButton, name)
    assert found is not None
    found.click()


def button(dialog: Dialog, text: str) -> QPushButton:
    return next(item for item in dialog.findChildren(QPushButton) if item.text() == text)


def test_a_failure_is_explained(parent: QWidget) -> None:
    failure = Failure(ErrorCode.SOURCE_EMPTY, "size 0", Path("/music/bad.mp3"))
    dialog = FailureDialog(parent, a_job(state=JobState.FAILED, failure=failure))
    dialog.show_over()
    assert dialog.headline.text() == "bad.mp3 is empty (0 bytes)."
    assert dialog.text.text() == "Get the file again."
    assert "size 0" in dialog.details.toPlainText()
    dialog.copy.click()
    assert QApplication.clipboard().text() == dialog.details.toPlainText()
    assert dialog.copy.text() == "Copied"


def test_escape_closes_a_dialog(qtbot: QtBot, parent: QWidget) -> None:
    dialog = TextDialog(parent, "Title", "text")
    dialog.show_over()
    with qtbot.waitSignal(dialog.finished):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)


@pytest.mark.parametrize("choice", CloseChoice)
def test_the_close_question_tells_what_was_chosen(parent: QWidget, choice: CloseChoice) -> None:
    chosen: list[CloseChoice] = []
    dialog = dialogs.ask_close(parent, chosen.append, waiting=2)
    press(dialog, choice.value)
    assert chosen == [choice]


def test_enter_stops_now_and_escape_stays(qtbot: QtBot, parent: QWidget) -> None:
    chosen: list[CloseChoice] = []
    QTest.keyClick(dialogs.ask_close(parent, chosen.append, 0), Qt.Key.Key_Return)
    QTest.keyClick(dialogs.ask_close(parent, chosen.append, 0), Qt.Key.Key_Escape)
    assert chosen == [CloseChoice.STOP_NOW]


def test_trash_says_what_goes_where(qtbot: QtBot, parent: QWidget) -> None:
    done: list[bool] = []
    job = a_job(state=JobState.DONE, output=Path("/out/song"))
    dialog = dialogs.ask_trash(parent, job, lambda: done.append(True))
    assert "/out/song" in dialog.text.text()
    QTest.keyClick(dialog, Qt.Key.Key_Return)  # the default keeps them
    assert done == []
    button(dialogs.ask_trash(parent, job, lambda: done.append(True)), labels.TRASH).click()
    assert done == [True]


def test_the_keys_are_all_there(parent: QWidget) -> None:
    dialog = KeysDialog(parent)
    dialog.show_over()
    from PySide6.QtWidgets import QLabel

    texts = {label.text() for label in dialog.findChildren(QLabel)}
    for keys, meaning in labels.KEYS:
        assert {keys, meaning} <= texts


def test_files_are_chosen(qtbot: QtBot, parent: QWidget, tmp_path: Path) -> None:
    chosen: list[list[Path]] = []
    dialog = dialogs.choose_files(parent, chosen.append)
    assert dialog.fileMode() is QFileDialog.FileMode.ExistingFiles
    assert "*.mp3" in dialog.nameFilters()[0]
    dialog.filesSelected.emit([str(tmp_path / "a.mp3"), str(tmp_path / "b.mp3")])
    assert chosen == [[tmp_path / "a.mp3", tmp_path / "b.mp3"]]
    dialog.reject()


def test_a_folder_is_chosen(qtbot: QtBot, parent: QWidget, tmp_path: Path) -> None:
    chosen: list[list[Path]] = []
    dialog = dialogs.choose_folder(parent, "Where?", chosen.append)
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    dialog.filesSelected.emit([str(tmp_path)])
    assert chosen == [[tmp_path]]
    dialog.reject()
