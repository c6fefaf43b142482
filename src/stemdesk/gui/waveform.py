"""A lane's waveform: what is in sight of a stem, and of the original where it is not finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from stemdesk.gui import theme
from stemdesk.gui.time_hand import TimeHand
from stemdesk.gui.time_slider import TimeSlider
from stemdesk.gui.time_view import TimeView

if TYPE_CHECKING:
    from stemdesk.audio.peaks import Pyramid
    from stemdesk.gui.wave_picture import Picture, Pixels, Samples

_MARGIN_PX = 5

Ranges = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Layer:
    """What is drawn in one colour; its values times `scale` fill the height at ±1."""

    colour: str
    pyramid: Pyramid
    scale: float = 1.0


class DrawnWave(TimeSlider):
    """A slider over a picture of waveforms; its heirs say what is in the picture."""

    def __init__(
        self,
        name: str,
        tip: str,
        focusable: bool,
        view: TimeView,
        parent: QWidget | None = None,
        whole: bool = False,
    ) -> None:
        self._picture: Picture | None = None
        self._zoom: tuple[float, int] = (0.0, 0)  # seconds and columns of the picture
        super().__init__(name, tip, focusable, view, parent, whole)
        theme.watch().changed.connect(self.redraw)

    def redraw(self) -> None:
        """The shapes or the colours are others now."""
        self._picture = None
        self.update()

    def fill(self, first: int, pixels: Pixels) -> None:
        """Draw the columns from number `first` on into uint8 [rows, columns], all 0."""
        raise NotImplementedError  # Qt's classes allow no ABC; lanes and overview each draw theirs

    def colours(self) -> list[str]:
        """Of the layers, in the order of their numbers in the picture."""
        raise NotImplementedError  # likewise

    def paint_over(self, painter: QPainter) -> None:
        """What lies above the waveform and below the playhead."""

    @property
    def column_s(self) -> float:
        """Seconds that a column shows."""
        seconds, columns = self._zoom
        return seconds / columns

    def peaks(self, pyramid: Pyramid, first: int, columns: int, scale: float) -> Samples:
        """float32 [columns, 2] of these columns, times `scale`; NaN where nothing is known."""
        frames = self.column_s * pyramid.samplerate
        return pyramid.view(first * frames, (first + columns) * frames, columns) * scale

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_box(painter)
        if self.view.length_s:
            self._paint_wave(painter)
        else:
            area = self.axis.area()
            middle = area.center().y()
            painter.setPen(QPen(QColor(theme.colours().border), 2))
            painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        self.paint_loop(painter)
        self.paint_over(painter)
        self.paint_hover(painter)
        self.paint_playhead(painter)

    def _paint_wave(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        area = self.axis.area().adjusted(0, _MARGIN_PX, 0, -_MARGIN_PX)
        left = round(area.left() * ratio) / ratio  # whole device pixels: sharp
        top = round(area.top() * ratio) / ratio
        size = (int(area.width() * ratio), int(area.height() * ratio), ratio)
        if size[0] < 1 or size[1] < 1:
            return
        played, unplayed = self._pictures(size)
        x = self.axis.x_of(self.view.playhead_s)
        for pixmap, begin, end in ((played, 0.0, x), (unplayed, x, float(self.width()))):
            if begin < end:
                painter.setClipRect(QRectF(begin, 0, end - begin, self.height()))
                painter.drawPixmap(QPointF(left, top), pixmap)
        painter.setClipping(False)

    def _pictures(self, size: tuple[int, int, float]) -> tuple[QPixmap, QPixmap]:
        """The waveform as played and as not played yet."""
        from stemdesk.gui.wave_picture import UNPLAYED, Picture, colour_table

        zoom = (self.axis.span_s, size[0])
        if self._picture is None or self._picture.size != size or self._zoom != zoom:
            self._picture, self._zoom = Picture(*size), zoom
        self._picture.show(round(self.axis.first_s / self.column_s), self.fill)
        colours = self.colours()
        return self._picture.pixmaps(colour_table(colours, 1.0), colour_table(colours, UNPLAYED))


class Waveform(DrawnWave):
    """A lane: finished parts in the stem's colour, the original hatched where they are not.

    Click: seek; drag: loop; wheel: scroll, with Ctrl zoom; middle button: pan.
    """

    def __init__(
        self, name: str, tip: str, focusable: bool, view: TimeView, parent: QWidget | None = None
    ) -> None:
        self._layers: tuple[Layer, ...] = ()
        self._finished: tuple[tuple[float, float], ...] | None = None
        self._under: Pyramid | None = None
        super().__init__(name, tip, focusable, view, parent)
        self._hand = TimeHand(self.axis)

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self._layers

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """What to draw, the lowest layer first. To be told again when a pyramid grew."""
        self._layers = tuple(layers)
        self.redraw()

    def set_finished(self, ranges_s: Ranges | None, under: Pyramid | None) -> None:
        """The parts whose stems are there, ordered, in seconds (None: all), and the original,
        which is drawn hatched elsewhere."""
        finished = None if ranges_s is None else tuple(ranges_s)
        if (finished, under) != (self._finished, self._under) or finished is not None:
            self._finished, self._under = finished, under
            self.redraw()

    # The picture

    def colours(self) -> list[str]:
        return [layer.colour for layer in self._layers]

    def fill(self, first: int, pixels: Pixels) -> None:
        from stemdesk.gui import wave_picture as wave

        columns = pixels.shape[1]
        layers = [self.peaks(it.pyramid, first, columns, it.scale) for it in self._layers]
        finished = None
        if self._finished is not None:
            finished = wave.finished(first, columns, self.column_s, self._finished)
            finished &= wave.known(layers, columns)  # until it is read, it is as if it were not
        for number, peaks in enumerate(layers):
            wave.draw_shape(pixels, peaks, wave.LAYERS + number, finished)
        if finished is not None:
            if self._under is not None:
                peaks = self.peaks(self._under, first, columns, self._under_scale())
                wave.draw_shape(pixels, peaks, wave.BETWEEN, ~finished)
            wave.hatch(pixels, first, ~finished, self.devicePixelRatioF())

    def _under_scale(self) -> float:
        """The layers' scale, as far as the original does not grow out of the lane."""
        from stemdesk.gui.shapes import common_scale

        fits = common_scale([self._under] if self._under is not None else [])
        return min([fits, *(layer.scale for layer in self._layers)])

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hand.move(event)
        self.hover(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.wheel(event)
