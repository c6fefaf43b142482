"""What most people do not need at first sight: a line that opens and shuts what is below it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from stemdesk.gui import theme
from stemdesk.gui.icons import pixmap

_ICON_PX = 16
_GAP_PX = 6
_EDGE_PX = 2


class _Head(QToolButton):
    """An arrow that points to the right or down, and the title."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("kind", "fold")
        self.setText(title)
        self.setCheckable(True)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self.text()) + _ICON_PX + _GAP_PX + 3 * _EDGE_PX
        return QSize(width, metrics.height() + 10)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(colours.accent))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        picture = pixmap("chevron-down", colours.text, _ICON_PX, self.devicePixelRatioF())
        if not self.isChecked():
            picture = picture.transformed(QTransform().rotate(-90))
        painter.drawPixmap(_EDGE_PX, (self.height() - _ICON_PX) // 2, picture)
        painter.setPen(QColor(colours.text))
        area = self.rect().adjusted(_EDGE_PX + _ICON_PX + _GAP_PX, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.text())


class Fold(QWidget):
    """`body`: a layout for what is hidden until the head is pressed."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = _Head(title)
        self._inside = QWidget()
        self.body = QVBoxLayout(self._inside)
        self.body.setContentsMargins(_EDGE_PX + _ICON_PX + _GAP_PX, 2, 4, 6)
        self.body.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.head)
        layout.addWidget(self._inside)
        self._inside.hide()
        self.head.toggled.connect(self._inside.setVisible)

    @property
    def open(self) -> bool:
        return self.head.isChecked()

    def set_open(self, wanted: bool) -> None:
        self.head.setChecked(wanted)
