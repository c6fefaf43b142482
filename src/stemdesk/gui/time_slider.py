"""What the lanes' waveforms and the overview are made of: a slider over the song's time.

As a slider it has a role and a value for screen readers and keys; what it looks like, and the
mouse, are its heirs' own.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSlider, QWidget

from stemdesk.gui import theme
from stemdesk.gui.time_axis import TimeAxis
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.wave_words import time_text

RADIUS_PX = 8
_TAG_PX = 4


class TimeSlider(QSlider):
    """The slider's value is in whole seconds, which is what a screen reader says; the playhead is
    drawn at the exact time. `whole`: it shows the whole song, however the view is zoomed."""

    def __init__(
        self,
        name: str,
        tip: str,
        focusable: bool,
        view: TimeView,
        parent: QWidget | None = None,
        whole: bool = False,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.view = view
        self.axis = TimeAxis(view, self, whole)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setMinimumHeight(36)
        self.setMouseTracking(True)
        policy = Qt.FocusPolicy.StrongFocus if focusable else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)
        self.setSingleStep(5)
        self.setPageStep(15)
        self._told = False  # the value is being set by the view
        self._playhead_x = 0.0
        self.hover_x: float | None = None
        self.valueChanged.connect(self._operated)
        view.changed.connect(self._look)
        view.moved.connect(self._move)
        self._look()

    def sizeHint(self) -> QSize:
        return QSize(400, 72)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 36)

    # The view, keys and screen readers

    def _look(self) -> None:
        self._told = True
        self.setRange(0, max(0, int(self.view.length_s)))
        self._told = False
        self._move(self.view.playhead_s)
        self.update()

    def _move(self, seconds: float) -> None:
        """The playhead; only what changes is painted again."""
        self._told = True
        self.setValue(int(seconds))
        self._told = False
        old, new = self._playhead_x, self.axis.x_of(seconds)
        if abs(new - old) < 0.25:
            return
        self._playhead_x = new
        left, right = sorted((old, new))
        left, right = max(left, -4.0), min(right, self.width() + 4.0)
        if left <= right:
            self.update(int(left) - 4, 0, int(right - left) + 9, self.height())

    def _operated(self, value: int) -> None:
        """The slider was moved by a key or by a screen reader."""
        if not self._told:
            self.view.seek(float(value))

    # Painting

    def hover(self, x: float | None) -> None:
        """Where the mouse is."""
        self.hover_x = x
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hover(None)

    def paint_box(self, painter: QPainter) -> None:
        colours = theme.colours()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge = colours.accent if self.hasFocus() else colours.border
        painter.setPen(QPen(QColor(edge), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(colours.well))
        painter.drawRoundedRect(box, RADIUS_PX, RADIUS_PX)

    def paint_loop(self, painter: QPainter) -> None:
        """The loop's part shaded, and its ends."""
        loop = self.view.loop
        if loop is None:
            return
        area = self.axis.area()
        left, right = (min(max(self.axis.x_of(s), area.left()), area.right()) for s in loop)
        shade = QColor(theme.colours().accent)
        painter.setPen(QPen(shade, 1))
        for seconds in loop:
            x = self.axis.x_of(seconds)
            if area.left() <= x <= area.right():
                painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
        shade.setAlphaF(0.16)
        painter.fillRect(QRectF(left, 1, right - left, self.height() - 2), shade)

    def paint_hover(self, painter: QPainter) -> None:
        """A line under the mouse, and which time it is."""
        if self.hover_x is None or not self.view.length_s:
            return
        colours = theme.colours()
        area, x = self.axis.area(), self.hover_x
        painter.setPen(QPen(QColor(colours.outline), 1))
        painter.drawLine(QPointF(x, 4), QPointF(x, self.height() - 4))
        step = self.axis.s_per_px
        text = time_text(
            self.axis.seconds_at(x), 1.0 if step > 0.1 else 0.1 if step > 0.01 else 0.01
        )
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(text) + 2 * _TAG_PX
        left = x + 5 if x + 5 + width < area.right() else x - 5 - width
        tag = QRectF(left, 4, width, metrics.height() + 2)
        ground = QColor(colours.surface)
        ground.setAlphaF(0.92)
        painter.setBrush(ground)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawRoundedRect(tag, 4, 4)
        painter.setPen(QColor(colours.text))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)

    def paint_playhead(self, painter: QPainter) -> None:
        x, area = self.axis.x_of(self.view.playhead_s), self.axis.area()
        if self.view.length_s and area.left() - 1 <= x <= area.right() + 1:
            painter.setPen(QPen(QColor(theme.colours().text), 2))
            painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
