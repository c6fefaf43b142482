"""Tells that a remix is made into a file, and lets it be dragged once it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QProgressBar, QWidget

from stemdesk.gui import drag_words, labels
from stemdesk.gui.drag_out import DragOut
from stemdesk.gui.icons import set_icon
from stemdesk.gui.widgets import icon_button


class DragNote(QFrame):
    """A line that is hidden until a remix is dragged whose file is to be made first. When the file
    is there, the line itself can be dragged."""

    def __init__(self, drags: DragOut, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self._drags = drags
        self._ready = False
        self._pressed: QMouseEvent | None = None
        mark = QLabel()
        mark.setProperty("icon_px", 20)
        set_icon(mark, "note", "text")
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximum(100)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName(drag_words.REMIX_TIP)
        self.cross = icon_button("close", drag_words.CANCEL_NAME, drag_words.CANCEL)
        self.cross.clicked.connect(self._close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 12, 8)
        layout.setSpacing(10)
        layout.addWidget(mark)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.cross)
        drags.progressed.connect(self._show_progress)
        drags.ready.connect(self._show_ready)
        drags.dropped.connect(self.hide)
        self.hide()

    def _show_progress(self, name: str, fraction: float) -> None:
        self._ready = False
        self.unsetCursor()
        self.setToolTip("")
        self.bar.setValue(int(fraction * 100))
        self.bar.show()
        self._say(drag_words.rendering_text(name, fraction), drag_words.CANCEL_NAME)

    def _show_ready(self, name: str) -> None:
        self._ready = True
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(drag_words.DRAG_ME_TIP)
        self.bar.hide()
        text = f"{drag_words.rendered_text(name)} {drag_words.DRAG_ME}."
        self._say(text, labels.DISMISS)

    def _say(self, text: str, cross: str) -> None:
        self.label.setText(text)
        self.setAccessibleName(text)
        self.cross.setAccessibleName(cross)
        self.cross.setToolTip(cross)
        self.show()

    def _close(self) -> None:
        if not self._ready:
            self._drags.cancel()
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.clone() if event.button() is Qt.MouseButton.LeftButton else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or not self._ready:
            return
        moved = (event.position() - self._pressed.position()).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._pressed = None  # the drag takes the mouse; no release follows
            self._drags.drag_remix()
