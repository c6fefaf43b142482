"""What wheel and mouse do to the time in sight, the same on every lane and on the ruler."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from stemdesk.gui.time_axis import TimeAxis

DRAG_PX = 6
"""A click may tremble; further than this it is a drag."""
_NOTCH = 120  # QWheelEvent's eighths of a degree
_ZOOM = 1.25  # for each notch
_PAGE = 0.1  # of what is in sight, for each notch


class TimeHand:
    """Click: seek. Drag: loop. Middle button: pan. Wheel: scroll, with Ctrl zoom."""

    def __init__(self, axis: TimeAxis) -> None:
        self._axis = axis
        self._view = axis.view
        self._pressed_x: float | None = None
        self._anchor_s = 0.0
        self._dragging = False
        self._pan_s: float | None = None  # the time that sticks to the mouse

    @property
    def busy(self) -> bool:
        """Whether a button is held."""
        return self._pressed_x is not None or self._pan_s is not None

    def press(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if event.button() is Qt.MouseButton.LeftButton:
            self.take(x, self._axis.seconds_at(x))
        elif event.button() is Qt.MouseButton.MiddleButton and self._view.zoomed:
            self._pan_s = self._axis.seconds_at(x)
        event.accept()

    def take(self, x: float, anchor_s: float, dragging: bool = False) -> None:
        """A press at `x`; the loop that may be drawn has one end at `anchor_s`. `dragging`: it is
        being drawn already (an end of it was taken)."""
        self._pressed_x, self._anchor_s, self._dragging = x, anchor_s, dragging

    def move(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._pan_s is not None:
            self._view.scroll(self._pan_s - self._axis.seconds_at(x))
        if self._pressed_x is None:
            return
        if abs(x - self._pressed_x) > DRAG_PX:
            self._dragging = True
        if self._dragging:
            self._view.drag_loop(self._anchor_s, self._axis.seconds_at(self._reach(x)))

    def _reach(self, x: float) -> float:
        """Scroll as far as the mouse is past an edge of what is in sight, so that the end that
        is dragged is always seen; where it is then."""
        area = self._axis.area()
        inside = min(max(x, area.left()), area.right())
        if x != inside:
            self._view.scroll((x - inside) * self._axis.s_per_px)
        return inside

    def release(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton:
            self._pan_s = None
        if event.button() is Qt.MouseButton.LeftButton and self._pressed_x is not None:
            x, self._pressed_x = self._pressed_x, None
            if self._dragging:
                self._view.drop_loop()
            else:
                self._view.seek(self._axis.seconds_at(x))
        event.accept()

    def wheel(self, event: QWheelEvent) -> None:
        """Not accepted where there is nothing to scroll: what lies around scrolls then."""
        turned, pixels = event.angleDelta(), event.pixelDelta()
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control:
            # Alt swaps the axes on some systems, Shift on others: the larger one is meant
            notches = _larger(turned.x(), turned.y()) / _NOTCH
            self._view.zoom(_ZOOM**notches, self._axis.seconds_at(event.position().x()))
        elif not self._view.zoomed:
            event.ignore()
            return
        elif not pixels.isNull():  # a touchpad
            self._view.scroll(-_larger(pixels.x(), pixels.y()) * self._axis.s_per_px)
        else:
            notches = _larger(turned.x(), turned.y()) / _NOTCH
            self._view.scroll(-notches * _PAGE * self._view.span_s)
        event.accept()


def _larger(one: int, other: int) -> int:
    return one if abs(one) > abs(other) else other
