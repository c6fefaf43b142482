"""A stem's chip: a toggle in the stem's colour. Colour is not the only sign: it has a tick."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from stemdesk.core.stem_colours import stem_colour
from stemdesk.gui import labels, theme

_PAD_PX = 12
_TICK_PX = 14


class StemChip(QAbstractButton):
    """Checked: this stem is wanted."""

    def __init__(self, stem: str) -> None:
        super().__init__()
        self.stem = stem
        self.setText(labels.stem_label(stem))
        self.setCheckable(True)
        self.setChecked(True)
        self.setAccessibleName(labels.stem_label(stem))
        self.setToolTip(labels.chip_tip(stem))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self.text()) + _TICK_PX + 2 * _PAD_PX
        return QSize(width, metrics.height() + 12)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        radius = area.height() / 2
        on = self.isChecked()
        edge = stem_colour(self.stem) if on else colours.outline
        painter.setPen(QPen(QColor(edge), 1.4))
        painter.setBrush(QColor(stem_colour(self.stem) if on else colours.surface))
        painter.drawRoundedRect(area, radius, radius)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, radius, radius)
        ink = theme.ON_STEM if on else colours.muted
        self._paint_mark(painter, on, ink)
        painter.setPen(QColor(ink))
        text = self.rect().adjusted(_PAD_PX + _TICK_PX - 2, 0, 0, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self.text())

    def _paint_mark(self, painter: QPainter, on: bool, ink: str) -> None:
        left, middle = _PAD_PX - 2.0, self.height() / 2
        if on:
            painter.setPen(QPen(QColor(ink), 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QLineF(left, middle, left + 3, middle + 3))
            painter.drawLine(QLineF(left + 3, middle + 3, left + 8, middle - 4))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(stem_colour(self.stem)))
            painter.drawEllipse(QRectF(left, middle - 4, 8, 8))
