"""Buttons that are on or off: icons, pills with a text, and two sides of which one is on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from stemdesk.gui import desk_words
from stemdesk.gui.labels import native_keys
from stemdesk.gui.widgets import icon_button


def icon_toggle(icon: str, name: str, tip: str) -> QToolButton:
    button = icon_button(icon, name, tip)
    button.setCheckable(True)
    return button


def text_toggle(kind: str, text: str, tip: str) -> QToolButton:
    """`kind`: what the style sheet knows it by."""
    button = QToolButton()
    button.setProperty("kind", kind)
    button.setText(text)
    button.setCheckable(True)
    button.setAccessibleName(text)
    button.setToolTip(native_keys(tip))
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


class SideSwitch(QWidget):
    """Original or stems; the one that was chosen is filled. `chosen`: whether the original."""

    chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(desk_words.SIDE_NAME)
        self.original = text_toggle("left", desk_words.ORIGINAL, desk_words.ORIGINAL_TIP)
        self.stems = text_toggle("right", desk_words.STEMS, desk_words.STEMS_TIP)
        self.original.clicked.connect(lambda: self._choose(True))
        self.stems.clicked.connect(lambda: self._choose(False))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.original)
        line.addWidget(self.stems)
        self.show_side(False)

    def show_side(self, original: bool, there: bool = True) -> None:
        """What was chosen, and whether the original is there at all."""
        self.original.setEnabled(there or original)
        tip = desk_words.ORIGINAL_TIP if there else desk_words.NO_ORIGINAL_TIP
        self.original.setToolTip(native_keys(tip))
        self.original.setChecked(original)
        self.stems.setChecked(not original)

    def _choose(self, original: bool) -> None:
        self.show_side(original)  # the button that was clicked has toggled itself
        self.chosen.emit(original)
