from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from stemdesk.gui.given import Given
from stemdesk.gui.path_edit import PathEdit

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

SONG = "https://music.example/song"
OTHER = "https://music.example/other"
PASTE = (Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


class Field:
    """A field with its button and note, and what it has given."""

    def __init__(self, qtbot: QtBot) -> None:
        self.edit = PathEdit("hint", "name", "tip")
        self.button = QPushButton("Split")
        self.edit.bind(self.button)
        self.given: list[Given] = []
        self.edit.given.connect(self.given.append)
        for widget in (self.edit, self.button, self.edit.note):
            qtbot.addWidget(widget)
        self.edit.show()

    @property
    def note(self) -> str:
        """What is said below it."""
        note = self.edit.note
        assert note.isHidden() == (not note.text())
        return note.text()


@pytest.fixture
def field(qtbot: QtBot) -> Field:
    return Field(qtbot)


def test_what_is_no_link_is_said_while_it_is_typed(field: Field) -> None:
    said = []
    for letter in "ftp://a":
        QTest.keyClicks(field.edit, letter)
        said.append(bool(field.note))
    assert said == [False] * 5 + [True] * 2
    assert field.note == "“ftp://a” is no link. A link begins with http:// or https://."
    assert field.edit.note.property("kind") == "danger"
    assert field.edit.accessibleDescription() == field.note
    assert not field.button.isEnabled()
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.given == []
    assert field.edit.text() == "ftp://a"


def test_a_link_that_is_begun_is_no_mistake_yet(field: Field) -> None:
    for letter in "https://":
        QTest.keyClicks(field.edit, letter)
        assert field.note == ""
    assert not field.button.isEnabled()
    QTest.keyClicks(field.edit, "a.example/b")
    assert field.note == ""
    assert field.button.isEnabled()
    field.button.click()
    assert field.given == [Given(links=("https://a.example/b",))]
    assert field.edit.text() == ""
    assert not field.button.isEnabled()


def test_several_links_may_stand_in_the_field(field: Field) -> None:
    field.edit.setText(f"{SONG} {OTHER}")
    assert field.note == "2 links"
    assert field.edit.note.property("kind") == "muted"
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.given == [Given(links=(SONG, OTHER))]


def test_one_pasted_link_is_shown_first(field: Field) -> None:
    QApplication.clipboard().setText(f"{SONG}\n")
    QTest.keyClick(field.edit, *PASTE)
    assert field.given == []
    assert field.edit.text().strip() == SONG
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.given == [Given(links=(SONG,))]


def test_a_pasted_link_without_text_becomes_text(field: Field) -> None:
    data = QMimeData()
    data.setUrls([QUrl(SONG)])
    QApplication.clipboard().setMimeData(data)
    QTest.keyClick(field.edit, *PASTE)
    assert field.edit.text() == SONG


def test_pasted_lines_are_taken_at_once(field: Field) -> None:
    QApplication.clipboard().setText(f"{SONG}\nwords\n{OTHER}")
    QTest.keyClick(field.edit, *PASTE)
    assert field.given == [Given(links=(SONG, OTHER), others=("words",))]
    assert field.edit.text() == ""


def test_lines_from_the_context_menu_are_understood(field: Field) -> None:
    QApplication.clipboard().setText(f"{SONG}\n{OTHER}")
    field.edit.paste()
    assert field.note == "2 links"
    field.button.click()
    assert field.given == [Given(links=(SONG, OTHER))]


def test_an_address_without_its_beginning_gets_a_hint(field: Field) -> None:
    field.edit.setText("music.example/song")
    assert "begin with https://" in field.note
    assert field.button.isEnabled()  # a relative path may look like this


def test_markup_is_shown_as_it_is(field: Field) -> None:
    field.edit.setText("ftp://<b>\u202eevil</b>")
    assert "<b>�evil</b>" in field.note
    assert field.edit.note.textFormat() is Qt.TextFormat.PlainText


def test_a_path_is_still_a_path(field: Field) -> None:
    field.edit.setText("/music/1 song.mp3")
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.given == [Given((Path("/music/1 song.mp3"),))]
