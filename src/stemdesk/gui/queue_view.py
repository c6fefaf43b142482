"""The list of songs: select, drag to another place, buttons, keys, context menu."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QToolTip, QWidget

from stemdesk.gui import labels, theme
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.queue_row import QueueRow
from stemdesk.gui.row_actions import LABELS, RowAction, RowCommands


class QueueView(QListView):
    """`current_changed` carries the id of the song to show, or ""."""

    current_changed = Signal(str)

    def __init__(
        self, model: QueueModel, commands: RowCommands, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._commands = commands
        self._row = QueueRow(model, self)
        self._shown = ""
        self.setModel(model)
        self.setItemDelegate(self._row)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName(labels.LIBRARY_NAME)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.selectionModel().currentChanged.connect(self._tell)
        model.rowsRemoved.connect(self._after_removal)
        # Qt lays the rows out anew first, by a timer. On a busy computer a row would say for a
        # while what was before, beside a song that is further.
        model.dataChanged.connect(self._repaint)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)
        self._kept: list[str] = []
        self._kept_scroll = 0
        theme.watch().changed.connect(self.viewport().update)

    def current_id(self) -> str:
        """The id of the current song, or ""."""
        index = self.currentIndex()
        return self._model.job_at(index.row()).id if index.isValid() else ""

    def selected_ids(self) -> list[str]:
        """The ids of the selected songs, in the order of the list."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self._model.job_at(row).id for row in rows]

    def select(self, job_id: str) -> None:
        """Make a song the current and only selected one, and show its row."""
        row = self._model.row_of(job_id)
        if row is not None:
            self._make_current(row)
            self.scrollTo(self._model.index(row))

    def _make_current(self, row: int) -> None:
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self._model.index(row), flag)

    def remove_selected(self) -> None:
        self._commands.run(RowAction.REMOVE, self.selected_ids())

    def _tell(self) -> None:
        current = self.current_id()
        if current != self._shown:
            self._shown = current
            self.current_changed.emit(current)

    def _after_removal(self) -> None:
        """The next song is current then, but Qt selects it only sometimes."""
        if self.currentIndex().isValid() and not self.selectionModel().hasSelection():
            self._make_current(self.currentIndex().row())
        self._tell()

    def _repaint(self) -> None:
        self.viewport().update()

    def _keep(self) -> None:
        self._kept = [self.current_id(), *self.selected_ids()]
        self._kept_scroll = self.verticalScrollBar().value()

    def _restore(self) -> None:
        """After a reset: the same songs are selected and seen. Told only when that is done, so
        that what plays goes on."""
        row = self._model.row_of(self._kept[0])
        if row is not None:
            self.setAutoScroll(False)  # it would show the current row
            self._make_current(row)
            self.setAutoScroll(True)
            self._select_more(self._kept[1:])
        self.doItemsLayout()
        self.verticalScrollBar().setValue(self._kept_scroll)
        self._tell()

    def _select_more(self, ids: Iterable[str]) -> None:
        for job_id in ids:
            row = self._model.row_of(job_id)
            if row is not None:
                flag = QItemSelectionModel.SelectionFlag.Select
                self.selectionModel().select(self._model.index(row), flag)

    # Buttons in rows

    def _button_at(self, point: QPoint) -> tuple[str, RowAction] | None:
        index = self.indexAt(point)
        if not index.isValid():
            return None
        job = self._model.job_at(index.row())
        action = self._row.button_at(self.visualRect(index), job, point)
        return None if action is None else (job.id, action)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() is Qt.MouseButton.LeftButton
        self._row.pressed = self._button_at(event.position().toPoint()) if left else None
        if self._row.pressed is None:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._row.pressed = self._row.pressed, None
        if pressed is None:
            super().mouseReleaseEvent(event)
        elif pressed == self._button_at(event.position().toPoint()):
            self._commands.run(pressed[1], [pressed[0]])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._row.pressed is None:
            super().mouseMoveEvent(event)
        over = self._button_at(event.position().toPoint()) is not None
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            button = self._button_at(event.pos())
            if button is not None:
                QToolTip.showText(event.globalPos(), LABELS[button[1]], self)
                return True
        return super().viewportEvent(event)

    # Keys and the context menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            if not event.isAutoRepeat():  # a key that is held would empty the list
                self.remove_selected()
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in _MOVES:
            self._commands.run(_MOVES[Qt.Key(event.key())], self.selected_ids()[:1])
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Digits mute and solo stems; only letters look for a title."""
        if search.strip() and not search[0].isdigit():
            super().keyboardSearch(search)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        ids = self.selected_ids()
        if not ids:
            return
        point = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            point = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        menu = self._commands.menu(ids, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if menu.actions():
            menu.popup(point)

    def rowsInserted(
        self, parent: QModelIndex | QPersistentModelIndex, start: int, end: int
    ) -> None:
        super().rowsInserted(parent, start, end)
        if not self.currentIndex().isValid():
            self.select(self._model.job_at(start).id)


_MOVES = {
    Qt.Key.Key_Up: RowAction.MOVE_UP,
    Qt.Key.Key_Down: RowAction.MOVE_DOWN,
    Qt.Key.Key_Home: RowAction.MOVE_TOP,
}
