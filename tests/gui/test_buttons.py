from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.gui import theme
from stemdesk.gui.widgets import push_button


def test_buttons_with_and_without_an_icon_are_equally_high(
    qtbot: QtBot, qapp: QApplication
) -> None:
    theme.install(qapp)
    buttons = [push_button("Models…"), push_button("Get", icon="folder")]
    for button in buttons:
        qtbot.addWidget(button)
        button.ensurePolished()
    heights = {b.sizeHint().height() for b in buttons}
    heights |= {b.minimumSizeHint().height() for b in buttons}
    assert len(heights) == 1
