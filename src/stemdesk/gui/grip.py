"""The handle by which a stem, or the remix, is dragged out of the window."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from stemdesk.gui.icons import set_icon


class Grip(QLabel):
    """`drag_wanted`: the mouse went down on it and moved away. No tab stop: the same can be had
    by keys through “Show in folder”."""

    drag_wanted = Signal()

    def __init__(
        self, icon: str, name: str, tip: str, icon_px: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._pressed_at: QPointF | None = None
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setProperty("icon_px", icon_px)
        set_icon(self, icon, "muted")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed_at = event.position()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        way = (event.position() - self._pressed_at).manhattanLength()
        if way >= QApplication.startDragDistance():
            self._pressed_at = None  # the drag takes the mouse; no release follows
            self.drag_wanted.emit()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = None
        event.accept()
