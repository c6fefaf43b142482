"""The whole song in one strip: the original's shape, coloured by the stems that are in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from stemdesk.gui import theme
from stemdesk.gui.shapes import common_scale, shares, stacked, summed
from stemdesk.gui.time_hand import DRAG_PX, TimeHand
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.waveform import DrawnWave, Layer, Ranges

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from stemdesk.audio.peaks import Pyramid
    from stemdesk.gui.wave_picture import Pixels, Samples

_FRAME_PX = 5


class Overview(DrawnWave):
    """Finished parts show the stems' shares in their colours, others the original, hatched.

    The part of the song that the lanes show is framed; the frame can be dragged, and follows a
    drag from elsewhere. A click seeks. Where nothing is zoomed, dragging seeks along.
    """

    def __init__(self, name: str, tip: str, view: TimeView, parent: QWidget | None = None) -> None:
        self._original: Pyramid | None = None
        self._layers: tuple[Layer, ...] = ()
        self._finished: tuple[tuple[float, float], ...] | None = None
        self._pressed_x: float | None = None
        self._grip_s = 0.0  # from the frame's left edge to the mouse
        self._dragging = False
        super().__init__(name, tip, True, view, parent, whole=True)
        self._hand = TimeHand(self.axis)

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self._layers

    def set_original(self, pyramid: Pyramid | None) -> None:
        """The undivided song, its shape; None: the stems' sum is drawn. To be told again when it
        grew."""
        self._original = pyramid
        self.redraw()

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """All stems in the lanes' order, in their colours or the grey of silence; their scales do
        not matter."""
        self._layers = tuple(layers)
        self.redraw()

    def set_finished(self, ranges_s: Ranges | None) -> None:
        """The parts whose stems are there, ordered, in seconds; None: all."""
        finished = None if ranges_s is None else tuple(ranges_s)
        if finished != self._finished:
            self._finished = finished
            self.redraw()

    # The picture

    def colours(self) -> list[str]:
        return [layer.colour for layer in self._layers]

    def fill(self, first: int, pixels: Pixels) -> None:
        from stemdesk.gui import wave_picture as wave

        columns = pixels.shape[1]
        finished = None
        if self._finished is not None:
            finished = wave.finished(first, columns, self.column_s, self._finished)
        shape = self._shape(first, columns)
        if shape is not None:
            kind = wave.PLAIN if finished is None else wave.BETWEEN
            wave.draw_shape(pixels, shape, kind, None)
        self._fill_stems(first, pixels, shape, finished)
        if finished is not None:
            wave.hatch(pixels, first, ~finished, self.devicePixelRatioF())

    def _shape(self, first: int, columns: int) -> Samples | None:
        if self._original is None:
            return None
        return self.peaks(self._original, first, columns, common_scale([self._original]))

    def _fill_stems(
        self,
        first: int,
        pixels: Pixels,
        shape: Samples | None,
        finished: NDArray[np.bool_] | None,
    ) -> None:
        from stemdesk.gui import wave_picture as wave

        if not self._layers:
            return
        columns = pixels.shape[1]
        heights = stacked([self.peaks(it.pyramid, first, columns, 1.0) for it in self._layers])
        if shape is None:
            shape = summed(heights)
        parts = shares(heights)
        for number in reversed(range(len(self._layers))):
            part = shape * parts[number][:, None]
            wave.draw_shape(pixels, part, wave.LAYERS + number, finished)

    # The frame around what the lanes show

    def paint_over(self, painter: QPainter) -> None:
        view = self.view
        if not view.zoomed:
            return
        colours = theme.colours()
        left, right = self.axis.x_of(view.first_s), self.axis.x_of(view.last_s)
        veil = QColor(colours.well)
        veil.setAlphaF(0.6)
        area = self.axis.area()
        for begin, end in ((area.left(), left), (right, area.right())):
            painter.fillRect(QRectF(begin, 2, end - begin, self.height() - 4), veil)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.accent), 2))
        frame = QRectF(left, 2, max(_FRAME_PX, right - left), self.height() - 4)
        painter.drawRoundedRect(frame, 3, 3)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed_x, self._dragging = event.position().x(), False
            seconds, view = self.axis.seconds_at(self._pressed_x), self.view
            within = view.first_s <= seconds <= view.last_s
            self._grip_s = seconds - view.first_s if within else view.span_s / 2
            if not view.zoomed:
                view.seek(seconds)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._pressed_x is not None:
            self._dragging = self._dragging or abs(x - self._pressed_x) > DRAG_PX
            if not self.view.zoomed:
                self.view.seek(self.axis.seconds_at(x))
            elif self._dragging:
                self.view.show_from(self.axis.seconds_at(x) - self._grip_s)
        self.hover(x)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._pressed_x is not None:
            if self.view.zoomed and not self._dragging:
                self.view.seek(self.axis.seconds_at(event.position().x()))
            self._pressed_x = None
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.wheel(event)
