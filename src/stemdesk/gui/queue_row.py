"""How a song's row is painted, and where its buttons are."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.gui import messages, theme
from stemdesk.gui.covers import paint_cover
from stemdesk.gui.icons import painted
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.row_actions import ICONS, RowAction
from stemdesk.gui.row_paint import paint_ground, paint_line
from stemdesk.gui.tokens import Colours

_PAD_PX = 10
_ICON_PX = 20
_BUTTON_PX = 26
_GAP_PX = 10
_COVER_PAD_PX = 14

LIST_ICON = ("list", "accent")  # a link leads to several songs, and a person has to choose
_STATE_ICONS = {
    JobState.QUEUED: ("queued", "muted"),
    JobState.WAITING: ("waiting", "warning"),
    JobState.DOWNLOADING: ("drop", "accent"),
    JobState.PAUSED: ("paused", "muted"),
    JobState.DONE: ("done", "success"),
    JobState.FAILED: ("failed", "danger"),
    JobState.CANCELLED: ("cancelled", "muted"),
    JobState.INTERRUPTED: ("interrupted", "warning"),
}


def state_icon(state: JobState) -> tuple[str, str]:
    """Icon and colour of a state; running ones show a ring of progress instead."""
    return _STATE_ICONS.get(state, ("split", "accent"))


class QueueRow(QStyledItemDelegate):
    """Icon, title, state in words; buttons on the row that is hovered or current."""

    def __init__(self, model: QueueModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.pressed: tuple[str, RowAction] | None = None

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        height = QFontMetrics(_title_font(option.font)).height()
        height += QFontMetrics(_state_font(option.font)).height()
        return QSize(0, height + 2 * _PAD_PX + 2)

    def button_areas(self, row: QRect, job: Job) -> list[tuple[RowAction, QRect]]:
        """Where the buttons of a row lie, the last one at its right edge."""
        actions = self._model.buttons(job)
        top = row.center().y() - _BUTTON_PX // 2
        right = row.right() - _PAD_PX + 2
        areas = []
        for number, action in enumerate(reversed(actions), start=1):
            left = right - number * (_BUTTON_PX + 2)
            areas.append((action, QRect(left, top, _BUTTON_PX, _BUTTON_PX)))
        return areas[::-1]

    def button_at(self, row: QRect, job: Job, point: QPoint) -> RowAction | None:
        for action, area in self.button_areas(row, job):
            if area.contains(point):
                return action
        return None

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        job = self._model.job_at(index.row())
        colours, rect = theme.colours(), QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, colours, 4)
        left = rect.left() + _PAD_PX + 4
        spot = QRectF(left, rect.center().y() - _ICON_PX / 2, _ICON_PX, _ICON_PX)
        self._paint_state(painter, job, spot, colours)
        right = rect.right() - _PAD_PX
        if _wants_buttons(option):
            areas = self.button_areas(rect, job)
            for action, area in areas:
                painted(painter, ICONS[action], colours.text, QRectF(area).adjusted(4, 4, -4, -4))
            right = min([right, *(area.left() - 4 for _, area in areas)])
        else:
            right = self._paint_cover(painter, job, rect, right)
        text = QRect(0, rect.top(), 0, rect.height())
        text.setLeft(int(spot.right()) + _GAP_PX)
        text.setRight(right)
        self._paint_texts(painter, option.font, job, text, colours)
        painter.restore()

    def _paint_cover(self, painter: QPainter, job: Job, row: QRect, right: int) -> int:
        """The picture of a song from a link, if there is one; where the texts end."""
        cover = self._model.cover(job)
        if cover is None:
            return right
        side = row.height() - _COVER_PAD_PX
        area = QRectF(right - side + 2, row.top() + _COVER_PAD_PX / 2, side, side)
        paint_cover(painter, cover, area)
        return int(area.left()) - _GAP_PX

    def _paint_state(self, painter: QPainter, job: Job, spot: QRectF, colours: Colours) -> None:
        if job.state not in ACTIVE:
            if self._model.is_list(job):
                name, role = LIST_ICON
            elif self._model.is_missing(job):
                name, role = "locate", "warning"
            else:
                name, role = state_icon(job.state)
            painted(painter, name, getattr(colours, role), spot)
            return
        ring = spot.adjusted(2, 2, -2, -2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.mixed(colours.outline, colours.surface, 0.5)), 3))
        painter.drawEllipse(ring)
        pen = QPen(QColor(colours.accent), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(ring, 90 * 16, -round(self._model.fraction(job) * 360 * 16))

    def _paint_texts(
        self, painter: QPainter, font: QFont, job: Job, area: QRect, colours: Colours
    ) -> None:
        title, state = _title_font(font), _state_font(font)
        metrics, below = QFontMetrics(title), QFontMetrics(state)
        top = area.center().y() - (metrics.height() + below.height() + 2) // 2 + 1
        painter.setFont(title)
        painter.setPen(QColor(colours.text))
        line = QRect(area.left(), top, area.width(), metrics.height())
        paint_line(painter, line, messages.song_title(job))
        painter.setFont(state)
        failed = job.state is JobState.FAILED
        painter.setPen(QColor(colours.danger if failed else colours.muted))
        line = QRect(area.left(), line.bottom() + 2, area.width(), below.height())
        paint_line(painter, line, self.state_line(job, below, area.width()))

    def state_line(self, job: Job, metrics: QFontMetrics, width: int) -> str:
        """The state in words that fit; a song at work says rather less than half a number."""
        text = self._model.state_text(job)
        if metrics.horizontalAdvance(text) > width:
            text = self._model.short_state_text(job)
        while job.state in ACTIVE and ", " in text and metrics.horizontalAdvance(text) > width:
            text = text.rpartition(", ")[0]
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def _wants_buttons(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus))


def _title_font(font: QFont) -> QFont:
    result = QFont(font)
    result.setWeight(QFont.Weight.DemiBold)
    return result


def _state_font(font: QFont) -> QFont:
    result = QFont(font)
    if font.pointSizeF() > 0:
        result.setPointSizeF(font.pointSizeF() * 0.92)
    return result
