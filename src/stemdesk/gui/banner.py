"""A line across the window that tells something and offers what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from stemdesk.gui import labels
from stemdesk.gui.announcer import announce
from stemdesk.gui.icons import set_icon
from stemdesk.gui.widgets import chain, icon_button, push_button

Action = tuple[str, Callable[[], object]]


class PassingLine(QFrame):
    """When it hides, nothing has the focus: Qt would give it to whatever button comes next, which
    Space, pressed once more, would press."""

    def setVisible(self, visible: bool) -> None:
        focused = None if visible else QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            focused.clearFocus()
        super().setVisible(visible)


class Banner(PassingLine):
    """Hidden until it has something to say; the cross (or Esc) hides it again."""

    def __init__(self, icon: str, role: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self._mark = QLabel()
        self._mark.setProperty("icon_px", 20)
        self.set_mark(icon, role)
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cross = icon_button("close", labels.DISMISS, labels.DISMISS_TIP)
        self.cross.clicked.connect(self.hide)
        self.buttons: list[QPushButton] = []
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(16, 8, 12, 8)
        self._layout.setSpacing(10)
        self._layout.addWidget(self._mark)
        self._layout.addWidget(self.label, 1)
        self._layout.addWidget(self.cross)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def set_mark(self, icon: str, role: str) -> None:
        set_icon(self._mark, icon, role)

    def say(self, text: str, actions: tuple[Action, ...] = (), seconds: float = 0.0) -> None:
        """Show `text` and a button for each action; for `seconds`, or until it is closed."""
        self.label.setText(text)
        for button in self.buttons:
            button.hide()
            button.deleteLater()
        self.buttons = []
        for number, (name, act) in enumerate(actions):
            button = push_button(name)
            button.clicked.connect(lambda _=False, do=act: do())
            self._layout.insertWidget(2 + number, button)
            self.buttons.append(button)
        chain(self.cross, *self.buttons, self.cross)
        self.setAccessibleName(text)
        self.show()
        announce(self, text)  # it does not take the focus
        self._timer.stop()
        if seconds:
            self._timer.start(round(seconds * 1000))
