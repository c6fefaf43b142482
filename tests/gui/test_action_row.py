from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from stemdesk.gui.action_row import ActionRow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


def test_the_focus_of_a_button_that_goes_moves_to_no_other_button(qtbot: QtBot) -> None:
    window, row = QWidget(), ActionRow()
    elsewhere = QPushButton("Library")
    layout = QVBoxLayout(window)
    layout.addWidget(elsewhere)
    layout.addWidget(row)
    qtbot.addWidget(window)
    row.show_buttons([("Split a draft now", "split", lambda: None)])
    window.show()
    window.activateWindow()
    row.buttons[0].setFocus()
    qtbot.waitUntil(row.buttons[0].hasFocus)
    row.show_buttons([("Cancel", "close", lambda: None)])
    qtbot.waitUntil(window.hasFocus)
    row.buttons[0].setFocus()
    row.show_buttons([])
    qtbot.waitUntil(window.hasFocus)
    assert not elsewhere.hasFocus()
