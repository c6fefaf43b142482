"""A mouse that drags and turns its wheel, as a window system would."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

_Y = 20
_NO_BUTTON = Qt.MouseButton.NoButton


def mouse(widget: QWidget, kind: QEvent.Type, x: float, button: Qt.MouseButton) -> None:
    """One event at `x`; `button` is held, or goes down or up."""
    moving = kind is QEvent.Type.MouseMove
    event = QMouseEvent(
        kind,
        QPointF(x, _Y),
        widget.mapToGlobal(QPointF(x, _Y)),
        _NO_BUTTON if moving else button,
        _NO_BUTTON if kind is QEvent.Type.MouseButtonRelease else button,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, *xs: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    """Press at the first, move to the others, release."""
    mouse(widget, QEvent.Type.MouseButtonPress, xs[0], button)
    for x in xs[1:]:
        mouse(widget, QEvent.Type.MouseMove, x, button)
    mouse(widget, QEvent.Type.MouseButtonRelease, xs[-1], button)


def wheel(
    widget: QWidget,
    notches: float,
    x: float = 206.0,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    pixels: QPoint | None = None,
) -> bool:
    """Turn the wheel; whether the widget took it."""
    event = QWheelEvent(
        QPointF(x, _Y),
        widget.mapToGlobal(QPointF(x, _Y)),
        pixels or QPoint(),
        QPoint(0, round(120 * notches)),
        _NO_BUTTON,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    widget.wheelEvent(event)
    return event.isAccepted()
