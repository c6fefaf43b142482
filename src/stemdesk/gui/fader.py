"""A slider for one value of the desk: volume, pan, speed or key. Double-click: as recorded."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSlider, QToolTip, QWidget

from stemdesk.gui import theme
from stemdesk.gui.scales import Scale

_GROOVE_PX = 4.0
_HANDLE_PX = 13.0
_EDGE_PX = 4.0
"""Room for the focus ring."""
MARGIN_PX = _EDGE_PX + _HANDLE_PX / 2
"""Left and right of the groove."""
_SNAP_PX = 3.0
"""So near to the neutral value, dragging means it."""
_NOTCH = 120.0
"""What Qt calls one notch of a wheel; touchpads send parts of it."""

_UP = (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Plus)
_DOWN = (Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Minus)
FADER_KEYS = frozenset(
    (
        *_UP, *_DOWN, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
        Qt.Key.Key_Backspace,
    )
)  # fmt: skip
"""What a focused fader takes for itself."""


class Fader(QSlider):
    """`chosen`: a value that the person wants. `amount` is exact; the slider's own value is in
    whole units, which is what a screen reader says."""

    chosen = Signal(float)

    def __init__(
        self, scale: Scale, name: str, tip: str, width_px: int, parent: QWidget | None = None
    ) -> None:
        """`tip` has a place for the `{value}`."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.scale = scale
        self._name, self._tip, self._width_px = name, tip, width_px
        self._amount = scale.neutral
        self._showing = False
        self._hovered = False
        self._turned = 0.0  # parts of a notch
        self._colour = ""
        self.setRange(round(scale.low), round(scale.high))
        self.setSingleStep(max(1, round(scale.step)))
        self.setPageStep(round(scale.page))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)
        self.valueChanged.connect(self._operated)
        theme.watch().changed.connect(self.update)
        self.show_amount(scale.neutral)

    @property
    def amount(self) -> float:
        return self._amount

    def show_amount(self, amount: float) -> None:
        """The value is this; nothing is asked for."""
        self._amount = self.scale.kept(amount)
        self._showing = True
        self.setValue(round(self._amount))
        self._showing = False
        words = self.scale.words(self._amount)
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            self.setToolTip(self._tip.format(value=words))
        self.update()

    def set_colour(self, colour: str) -> None:
        """Of the part that is on; "": the accent's."""
        self._colour = colour
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._width_px, max(22, self.fontMetrics().height() + 4))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _choose(self, amount: float) -> None:
        amount = self.scale.kept(amount)
        if amount != self._amount:
            self.show_amount(amount)
            self.chosen.emit(amount)

    def _operated(self, value: int) -> None:
        """Moved by a screen reader."""
        if not self._showing:
            self._choose(float(value))

    # Keys and wheel

    def keyPressEvent(self, event: QKeyEvent) -> None:
        scale, key = self.scale, event.key()
        if key in _UP or key in _DOWN:
            self._choose(self._amount + (scale.step if key in _UP else -scale.step))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._choose(self._amount + (scale.page if key == Qt.Key.Key_PageUp else -scale.page))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(scale.low if key == Qt.Key.Key_Home else scale.high)
        elif key == Qt.Key.Key_Backspace:
            self._choose(scale.neutral)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.isEnabled():
            event.ignore()
            return
        delta = event.angleDelta()
        self._turned += (delta.y() or delta.x()) / _NOTCH
        notches = int(self._turned)
        self._turned -= notches
        if notches:
            self._choose(self._amount + notches * self.scale.step)
        event.accept()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._drag(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._drag(event)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self.update()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self._choose(self.scale.neutral)
        event.accept()

    def _drag(self, event: QMouseEvent) -> None:
        groove = self._groove()
        x = event.position().x()
        share = min(1.0, max(0.0, (x - groove.left()) / groove.width()))
        near = abs(x - self._x_of(self.scale.neutral)) <= _SNAP_PX
        self._choose(self.scale.neutral if near else self.scale.value(share))
        QToolTip.showText(event.globalPosition().toPoint(), self.scale.words(self._amount), self)

    def enterEvent(self, event: QEvent) -> None:
        self._hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        self.update()

    # Painting

    def _groove(self) -> QRectF:
        return QRectF(MARGIN_PX, 0, max(1.0, self.width() - 2 * MARGIN_PX), self.height())

    def _x_of(self, amount: float) -> float:
        groove = self._groove()
        return groove.left() + self.scale.share(amount) * groove.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        groove, middle = self._groove(), self.height() / 2
        on = (self._colour or colours.accent) if self.isEnabled() else colours.outline
        x, neutral = self._x_of(self._amount), self._x_of(self.scale.neutral)
        start = neutral if self.scale.two_sided else groove.left()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        _bar(painter, groove.left(), groove.right(), middle)
        painter.setBrush(QColor(on))
        _bar(painter, min(x, start), max(x, start), middle)
        painter.setPen(QPen(QColor(colours.outline), 1.5))
        painter.drawLine(QPointF(neutral, middle - 7), QPointF(neutral, middle - 4))
        lively = self._hovered or self.isSliderDown()
        painter.setPen(QPen(QColor(on), 2.5 if lively else 2.0))
        painter.setBrush(QColor(colours.surface))
        side = _HANDLE_PX - 2
        painter.drawEllipse(QPointF(x, middle), side / 2, side / 2)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)


def _bar(painter: QPainter, left: float, right: float, middle: float) -> None:
    area = QRectF(left, middle - _GROOVE_PX / 2, max(0.0, right - left), _GROOVE_PX)
    painter.drawRoundedRect(area, _GROOVE_PX / 2, _GROOVE_PX / 2)
