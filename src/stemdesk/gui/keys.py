"""The plain keys: they act wherever the focus is, unless it is where someone types.

Digits are told by the physical key, since AZERTY keyboards need Shift for digits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from shiboken6 import isValid

from stemdesk.gui.fader import FADER_KEYS, Fader

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
_NONE = Qt.KeyboardModifier.NoModifier
_KNOWN = _SHIFT | _ALT | Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier

_REPEATED = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus,
    Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight, Qt.Key.Key_Comma, Qt.Key.Key_Period,
)  # fmt: skip
"""A key that is held acts once, but for these."""

# The keys 1 to 6 and 0 of the main block, by the system's own numbers.
if sys.platform == "win32":
    _PHYSICAL = {code: code - 1 for code in range(2, 8)} | {11: 0}
elif sys.platform == "darwin":
    _PHYSICAL = {18: 1, 19: 2, 20: 3, 21: 4, 23: 5, 22: 6, 29: 0}
else:  # evdev + 8, the same under X11 and Wayland
    _PHYSICAL = {code: code - 9 for code in range(10, 16)} | {19: 0}

Digit = Callable[[int], object]
Plain = Callable[[], object]


def digit_of(event: QKeyEvent) -> int | None:
    """1 to 6 or 0, None for all else: by the physical key, else by what it says (keypads, screen
    keyboards)."""
    code = event.nativeVirtualKey() if sys.platform == "darwin" else event.nativeScanCode()
    if code and code in _PHYSICAL:
        return _PHYSICAL[code]
    number = event.key() - Qt.Key.Key_0.value
    return number if 0 <= number <= 6 else None


class PlainKeys(QObject):
    """Sees each key before the focused widget of `window` does."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._plain: dict[tuple[Qt.Key, Qt.KeyboardModifier], Plain] = {}
        self._digits: dict[Qt.KeyboardModifier, Digit] = {}
        self._watched: QWidget | None = None
        window.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)

    def on_key(self, key: Qt.Key, act: Plain, modifiers: Qt.KeyboardModifier = _NONE) -> None:
        self._plain[key, modifiers] = act

    def on_digit(self, act: Digit, modifiers: Qt.KeyboardModifier = _NONE) -> None:
        """`act` gets 1 to 6."""
        self._digits[modifiers] = act

    def _follow(self, _: QWidget | None, now: QWidget | None) -> None:
        """Watch the widget that has the focus: all others get no keys."""
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        inside = now is not None and now is not self._window and now.window() is self._window
        self._watched = now if inside else None
        if self._watched is not None:
            self._watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return False
        focus = QApplication.focusWidget() or self._window
        if not (
            isinstance(event, QKeyEvent)
            and isinstance(watched, QWidget)
            and watched in (focus, self._window)
            and watched.window() is self._window
            and QApplication.activePopupWidget() is None
            and QApplication.activeModalWidget() is None
        ):
            return False
        act = self._act_for(event, focus)
        if act is None:
            return False
        held = event.isAutoRepeat() and event.key() not in _REPEATED
        if kind is QEvent.Type.KeyPress and not held:
            act()
        event.accept()
        return True

    def _act_for(self, event: QKeyEvent, focus: QWidget) -> Plain | None:
        modifiers = event.modifiers() & _KNOWN
        if _types(focus):
            return None
        digit = digit_of(event)
        if digit and modifiers in self._digits and not isinstance(focus, QComboBox):
            act = self._digits[modifiers]
            return lambda: act(digit)
        key = Qt.Key.Key_0 if digit == 0 else Qt.Key(event.key())
        if _operates(focus, key):
            return None
        return self._plain.get((key, modifiers))


def _types(widget: QWidget) -> bool:
    """Whether someone types there."""
    if isinstance(widget, QLineEdit | QPlainTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QAbstractSpinBox)


def _operates(widget: QWidget, key: Qt.Key) -> bool:
    """Whether the key has a meaning of its own on the focused control."""
    if key is Qt.Key.Key_Space:
        return isinstance(widget, QAbstractButton | QComboBox)
    if isinstance(widget, QComboBox):
        return True
    if isinstance(widget, Fader):
        return key in FADER_KEYS
    return isinstance(widget, QAbstractItemView) and key is Qt.Key.Key_Home
