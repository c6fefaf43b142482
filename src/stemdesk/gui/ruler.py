"""Times above the lanes, and the loop with its two ends."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from stemdesk.gui import theme
from stemdesk.gui.time_axis import TimeAxis
from stemdesk.gui.time_hand import TimeHand
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.wave_words import RULER_NAME, RULER_TIP, time_text

_STEPS_S = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
)
_IN_THREE = (15, 30, 900, 1800)
_IN_FOUR = (0.02, 0.2, 2, 60, 120, 3600)
_FLAG_PX = 9  # the side of a flag at a loop's end
_GRIP_PX = 7
_GAP_PX = 26  # between two times


class Ruler(QWidget):
    """Stands in the same column as the lanes' waveforms, as wide as they are.

    Click: seek. Drag: a loop; an end that is dragged moves alone. Double click: no loop.
    """

    def __init__(self, view: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.axis = TimeAxis(view, self)
        self._hand = TimeHand(self.axis)
        self._playhead_x = 0.0  # where it was painted last
        self.setAccessibleName(RULER_NAME)
        self.setToolTip(RULER_TIP)
        self.setMouseTracking(True)
        view.changed.connect(self.update)
        view.moved.connect(self._move)
        theme.watch().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(400, self.fontMetrics().height() + 10)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def _move(self, seconds: float) -> None:
        for x in (self._playhead_x, self.axis.x_of(seconds)):
            if -8 < x < self.width() + 8:
                self.update(int(x) - 7, 0, 15, self.height())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.view.length_s:
            self._paint_loop(painter)
            self._paint_ticks(painter)
            self._paint_playhead(painter)

    def _paint_ticks(self, painter: QPainter) -> None:
        colours, height, metrics = theme.colours(), self.height(), self.fontMetrics()
        first, scale = self.axis.first_s, self.axis.s_per_px
        left, last = self.axis.area().left(), min(first + self.axis.span_s, self.view.length_s)
        step = tick_step(scale, metrics.horizontalAdvance("0:00:00"))
        parts = _parts(step)
        small: list[QLineF] = []
        large: list[QLineF] = []
        painter.setPen(QColor(colours.muted))
        for number in range(ceil(first / step * parts - 1e-6), int(last / step * parts + 1e-6) + 1):
            seconds = number * step / parts
            x = left + (seconds - first) / scale
            if number % parts:
                small.append(QLineF(x, height - 4, x, height - 1))
                continue
            large.append(QLineF(x, height - 8, x, height - 1))
            text = time_text(seconds, step)
            at, width = x + 4, metrics.horizontalAdvance(text)
            at = self._beside_flags(at, width)
            if at + width <= self.width():
                painter.drawText(QPointF(at, metrics.ascent() + 2), text)
        for lines, colour in ((small, colours.border), (large, colours.outline)):
            painter.setPen(QPen(QColor(colour), 1))
            painter.drawLines(lines)

    def _beside_flags(self, at: float, width: float) -> float:
        """Where a time that is to stand at `at` stands: not under a flag of the loop."""
        for begin, end in self._flags():
            if begin < at + width and at < end:
                at = end + 2
        return at

    def _flags(self) -> list[tuple[float, float]]:
        """From where to where the flags of the loop's ends are, in pixels."""
        if self.view.loop is None:
            return []
        left, right = (self.axis.x_of(seconds) for seconds in self.view.loop)
        return [(left, left + _FLAG_PX), (right - _FLAG_PX, right)]

    def _paint_loop(self, painter: QPainter) -> None:
        loop = self.view.loop
        if loop is None:
            return
        area, height = self.axis.area(), self.height()
        left, right = (self.axis.x_of(s) for s in loop)
        accent = QColor(theme.colours().accent)
        shade = QColor(accent)
        shade.setAlphaF(0.22)
        begin, end = max(left, area.left()), min(right, area.right())
        if begin < end:
            painter.fillRect(QRectF(begin, 0, end - begin, height), shade)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        for x, inwards in ((left, 1), (right, -1)):
            if area.left() - 1 <= x <= area.right() + 1:
                painter.drawRect(QRectF(min(x, x + 2 * inwards), 0, 2, height))
                corner = QPointF(x, 0)
                flag = [corner, QPointF(x + _FLAG_PX * inwards, 0), QPointF(x, _FLAG_PX)]
                painter.drawPolygon(QPolygonF(flag))

    def _paint_playhead(self, painter: QPainter) -> None:
        x, area, height = self.axis.x_of(self.view.playhead_s), self.axis.area(), self.height()
        self._playhead_x = x
        if area.left() - 1 <= x <= area.right() + 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.colours().text))
            tip = [QPointF(x - 5, height - 8), QPointF(x + 5, height - 8), QPointF(x, height)]
            painter.drawPolygon(QPolygonF(tip))

    # Mouse

    def _end_at(self, x: float) -> int | None:
        """Which of the loop's ends is there: 0, 1 or None."""
        loop = self.view.loop
        if loop is None:
            return None
        distances = [abs(self.axis.x_of(seconds) - x) for seconds in loop]
        nearest = distances.index(min(distances))
        return nearest if distances[nearest] <= _GRIP_PX else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        end, loop = self._end_at(x), self.view.loop
        if end is not None and loop is not None and event.button() is Qt.MouseButton.LeftButton:
            self._hand.take(x, loop[1 - end], dragging=True)
        else:
            self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hand.move(event)
        near = not self._hand.busy and self._end_at(event.position().x()) is not None
        self.setCursor(Qt.CursorShape.SizeHorCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        loop = self.view.loop
        inside = (
            loop is not None and loop[0] <= self.axis.seconds_at(event.position().x()) <= loop[1]
        )
        if inside or self._end_at(event.position().x()) is not None:
            self.view.remove_loop()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.unsetCursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.wheel(event)


def tick_step(s_per_px: float, text_px: float) -> float:
    """Seconds between two times that stand beside each other legibly."""
    fits = (step for step in _STEPS_S if step >= s_per_px * (text_px + _GAP_PX))
    return float(next(fits, _STEPS_S[-1]))


def _parts(step_s: float) -> int:
    """Into how many parts small ticks divide a step."""
    return 3 if step_s in _IN_THREE else 4 if step_s in _IN_FOUR else 5
