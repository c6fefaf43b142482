"""Waveforms: a slider over the song that is drawn from overviews. Click or drag to seek."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSlider, QWidget

from stemdesk.gui import theme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RADIUS_PX = 8
_UNPLAYED = 0.42
_MARGIN_PX = 5


@dataclass(frozen=True, slots=True)
class Layer:
    """A filled shape: float32 [buckets, 2] of lowest and highest values within ±1."""

    colour: str
    peaks: Samples


class Waveform(QSlider):
    """`sought`: seconds the person wants to hear. The slider's value is in whole seconds, which
    is what a screen reader says; the playhead is drawn at the exact time."""

    sought = Signal(float)

    def __init__(self, name: str, tip: str, focusable: bool, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setMinimumHeight(36)
        self.setMouseTracking(True)
        policy = Qt.FocusPolicy.StrongFocus if focusable else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)
        self.setSingleStep(5)
        self.setPageStep(15)
        self._layers: tuple[Layer, ...] = ()
        self._drawn: tuple[QPixmap, QPixmap] | None = None
        self._length_s = 0.0
        self._position_s = 0.0
        self._hover_x: float | None = None
        self._following = False
        self.valueChanged.connect(self._operated)
        theme.watch().changed.connect(self.redraw)

    def sizeHint(self) -> QSize:
        return QSize(400, 72)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 36)

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self._layers

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """What to draw, the lowest layer first."""
        self._layers = tuple(layers)
        self.redraw()

    def set_length(self, seconds: float) -> None:
        self._length_s = seconds
        self._follow(lambda: self.setRange(0, max(0, int(seconds))))
        self.update()

    def set_position(self, seconds: float) -> None:
        """Move the playhead; only what changes is painted again."""
        old, self._position_s = self._x_of(self._position_s), seconds
        self._follow(lambda: self.setValue(int(seconds)))
        new = self._x_of(seconds)
        if abs(new - old) >= 0.25:
            left, right = sorted((old, new))
            self.update(int(left) - 8, 0, int(right - left) + 17, self.height())

    def redraw(self) -> None:
        """The shapes or the colours are others now."""
        self._drawn = None
        self.update()

    def _follow(self, change: Any) -> None:
        self._following = True
        change()
        self._following = False

    def _operated(self, value: int) -> None:
        """The slider was moved by a key or by a screen reader."""
        if not self._following:
            self.sought.emit(float(value))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.sought.emit(self._seconds_at(event.position().x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover_x = event.position().x()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self._seconds_at(event.position().x()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover_x = None
        self.update()

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(6, 0, -6, 0)

    def _x_of(self, seconds: float) -> float:
        share = seconds / self._length_s if self._length_s else 0.0
        return self._area().left() + min(1.0, share) * self._area().width()

    def _seconds_at(self, x: float) -> float:
        area = self._area()
        share = (x - area.left()) / area.width() if area.width() > 0 else 0.0
        return min(1.0, max(0.0, share)) * self._length_s

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drawn = None

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge = colours.accent if self.hasFocus() else colours.border
        painter.setPen(QPen(QColor(edge), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(colours.well))
        painter.drawRoundedRect(box, RADIUS_PX, RADIUS_PX)
        x = self._x_of(self._position_s)
        played, unplayed = self._pictures()
        for picture, left, right in ((played, 0.0, x), (unplayed, x, float(self.width()))):
            painter.setClipRect(QRectF(left, 0, max(0.0, right - left), self.height()))
            painter.drawPixmap(0, 0, picture)
        painter.setClipping(False)
        if self._hover_x is not None and self._length_s:
            painter.setPen(QPen(QColor(colours.outline), 1))
            painter.drawLine(QPointF(self._hover_x, 4), QPointF(self._hover_x, self.height() - 4))
        if self._length_s:
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))

    def _pictures(self) -> tuple[QPixmap, QPixmap]:
        """The waveform as played and as not played yet, drawn once for each size and screen."""
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn[0].devicePixelRatio() != ratio:
            self._drawn = (self._picture(1.0), self._picture(_UNPLAYED))
        return self._drawn

    def _picture(self, share: float) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, area = theme.colours().well, self._area().adjusted(0, _MARGIN_PX, 0, -_MARGIN_PX)
        if not self._layers:
            painter.setPen(QPen(QColor(theme.colours().border), 2))
            middle = area.center().y()
            painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        for layer in self._layers:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.mixed(layer.colour, ground, share)))
            painter.drawPath(outline(layer.peaks, area, ratio))
        painter.end()
        return picture


def outline(peaks: Samples, area: QRectF, ratio: float = 1.0) -> QPainterPath:
    """The closed shape of float32 [buckets, 2] in `area`: a column a device pixel, at least
    one pixel high, so that silence is a line."""
    import numpy as np

    columns = max(2, min(len(peaks), int(area.width() * ratio)))
    starts = np.arange(columns) * len(peaks) // columns
    low = np.clip(np.minimum.reduceat(peaks[:, 0], starts), -1.0, 1.0)
    high = np.clip(np.maximum.reduceat(peaks[:, 1], starts), -1.0, 1.0)
    middle, half = area.center().y(), area.height() / 2
    x = area.left() + (np.arange(columns) + 0.5) * area.width() / columns
    top = np.minimum(middle - high * half, middle - 0.6)
    bottom = np.maximum(middle - low * half, middle + 0.6)
    points = [QPointF(a, b) for a, b in zip(x.tolist(), top.tolist(), strict=True)]
    points += [QPointF(a, b) for a, b in zip(x[::-1].tolist(), bottom[::-1].tolist(), strict=True)]
    path = QPainterPath()
    path.addPolygon(QPolygonF(points))
    path.closeSubpath()
    return path
