"""What painted rows have in common."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from stemdesk.gui.tokens import Colours


def paint_ground(
    painter: QPainter, option: QStyleOptionViewItem, colours: Colours, margin_px: int
) -> None:
    """How a row shows that it is selected, under the pointer, or has the focus. `margin_px`: what
    stays free at its left and right."""
    area, state = QRectF(option.rect).adjusted(margin_px, 1, -margin_px, -1), option.state
    painter.setPen(Qt.PenStyle.NoPen)
    if state & QStyle.StateFlag.State_Selected:
        painter.setBrush(QColor(colours.selected))
        painter.drawRoundedRect(area, 8, 8)
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(area, 8, 8)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.accent), 2))
        painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 7, 7)


def paint_line(painter: QPainter, area: QRect, text: str) -> None:
    """One line in the painter's font and colour, shortened with `…` where it does not fit. Letters
    that come from another font (Japanese, Arabic) may be higher than the area: none are cut."""
    flags = Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value
    metrics = painter.fontMetrics()
    cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, flags, cut)
