"""The entries of a list as rows with checkboxes: painted, so that thousands are no burden."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from stemdesk.core.sentences import printable
from stemdesk.gui import link_words, theme
from stemdesk.gui.entry_model import EntryModel
from stemdesk.gui.icons import painted
from stemdesk.gui.row_paint import paint_ground, paint_line
from stemdesk.gui.tokens import Colours

_PAD_PX = 8
_BOX_PX = 18
_GAP_PX = 10
_TICK = ((-4.0, 0.2), (-1.2, 3.2), (4.2, -3.2))


class EntryRow(QStyledItemDelegate):
    """Checkbox, number, title, duration; below it the artist, or what is to be said."""

    def __init__(self, model: EntryModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        height = QFontMetrics(option.font).height()
        return QSize(0, 2 * height + 2 * _PAD_PX + 2)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        colours, row = theme.colours(), index.row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, colours, 2)
        area = QRect(option.rect).adjusted(_PAD_PX + 4, 0, -_PAD_PX - 4, 0)
        box = QRectF(area.left(), area.center().y() - _BOX_PX / 2 + 1, _BOX_PX, _BOX_PX)
        if self._model.can(row):
            _paint_box(painter, box, self._model.is_chosen(row), colours)
        else:
            painted(painter, "cancelled", colours.muted, box)
        area.setLeft(area.left() + _BOX_PX + _GAP_PX)
        self._paint_texts(painter, option.font, row, area, colours)
        painter.restore()

    def _paint_texts(
        self, painter: QPainter, font: QFont, row: int, area: QRect, colours: Colours
    ) -> None:
        entry, metrics, note = self._model.entries[row], QFontMetrics(font), self._model.note(row)
        second = printable(note or entry.artist)
        top = area.top() + (_PAD_PX if second else (area.height() - metrics.height()) // 2)
        line = QRect(area.left(), top, area.width(), metrics.height())
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setFont(font)
        painter.setPen(QColor(colours.muted))
        numbers = metrics.horizontalAdvance(str(len(self._model.entries)))
        painter.drawText(QRect(line.topLeft(), QSize(numbers, line.height())), right, f"{row + 1}")
        length = link_words.duration_text(entry.duration_s)
        painter.drawText(line, right, length)
        line.setLeft(line.left() + numbers + _GAP_PX)
        below = line.translated(0, metrics.height() + 2)
        line.setRight(line.right() - metrics.horizontalAdvance(length) - (_GAP_PX if length else 0))
        painter.setPen(QColor(colours.text if self._model.can(row) else colours.muted))
        paint_line(painter, line, link_words.entry_title(entry.title))
        known = colours.warning if note else colours.muted
        painter.setPen(QColor(colours.danger if entry.trouble else known))
        paint_line(painter, below, second)


class EntryView(QListView):
    """A click or Space chooses an entry or leaves it out; with Shift, several."""

    def __init__(self, model: EntryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._pressed = -1
        self._last = 0  # what was clicked last
        self.setModel(model)
        self.setItemDelegate(EntryRow(model, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName(link_words.LIST_NAME)
        self.setAccessibleDescription(link_words.LIST_KEYS)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.setCurrentIndex(model.index(0))
        theme.watch().changed.connect(self.viewport().update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._toggle(self._selected() or [self.currentIndex().row()])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        left = event.button() is Qt.MouseButton.LeftButton
        self._pressed = self.indexAt(event.position().toPoint()).row() if left else -1

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        row, pressed = self.indexAt(event.position().toPoint()).row(), self._pressed
        self._pressed = -1
        if row < 0 or row != pressed:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            rows = range(min(row, self._last), max(row, self._last) + 1)
            self._model.choose(rows, self._model.is_chosen(self._last))
        else:
            self._last = row
            self._toggle([row])

    def _selected(self) -> list[int]:
        return sorted(index.row() for index in self.selectionModel().selectedIndexes())

    def _toggle(self, rows: list[int]) -> None:
        """Choose all of them, unless they all are."""
        able = [row for row in rows if row >= 0 and self._model.can(row)]
        if able:
            self._model.choose(able, not all(self._model.is_chosen(row) for row in able))


def _paint_box(painter: QPainter, box: QRectF, chosen: bool, colours: Colours) -> None:
    """As `widgets.CheckBox` looks."""
    painter.setPen(QPen(QColor(colours.accent if chosen else colours.outline), 1))
    painter.setBrush(QColor(colours.accent if chosen else colours.surface))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    if chosen:
        ink = QPen(QColor(colours.on_accent), 2)
        ink.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(ink)
        painter.drawPolyline([box.center() + QPointF(x, y) for x, y in _TICK])
