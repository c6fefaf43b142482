"""What an empty window shows: one large drop target and a way to try it at once."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from stemdesk.gui import labels, theme
from stemdesk.gui.icons import app_pixmap, transparent
from stemdesk.gui.widgets import FlowLayout, muted, push_button

_ICON_PX = 88


class EmptyState(QWidget):
    open_files_wanted = Signal()
    open_folder_wanted = Signal()
    demo_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(labels.EMPTY_NAME)
        picture = QLabel()
        picture.setPixmap(app_pixmap(_ICON_PX, self.devicePixelRatioF()))
        picture.setAccessibleName(labels.APP_NAME)
        self.headline = QLabel(labels.DROP_HEADLINE)
        font = QFont(self.headline.font())
        font.setPointSizeF(font.pointSizeF() * 1.9)
        font.setWeight(QFont.Weight.DemiBold)
        self.headline.setFont(font)
        text = muted(labels.DROP_TEXT)
        text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        text.setWordWrap(True)
        self.open = push_button(labels.OPEN_FILES, labels.OPEN_TIP, "note", primary=True)
        self.folder = push_button(labels.OPEN_FOLDER, labels.OPEN_FOLDER_TIP, "folder")
        self.demo = push_button(labels.DEMO, labels.DEMO_TIP, "play")
        self.open.clicked.connect(self.open_files_wanted)
        self.folder.clicked.connect(self.open_folder_wanted)
        self.demo.clicked.connect(self.demo_wanted)
        buttons = QWidget()
        flow = FlowLayout(10, buttons)
        for button in (self.open, self.folder, self.demo):
            flow.addWidget(button)
        self.notice = muted()
        self.notice.setProperty("kind", "warning")
        self.notice.setWordWrap(True)
        self.notice.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.notice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.notice.hide()
        centre = Qt.AlignmentFlag.AlignHCenter
        layout = QVBoxLayout(self)
        layout.setContentsMargins(48, 40, 48, 40)
        layout.setSpacing(14)
        layout.addStretch(2)
        layout.addWidget(picture, 0, centre)
        layout.addSpacing(4)
        layout.addWidget(self.headline, 0, centre)
        layout.addWidget(text)
        layout.addSpacing(8)
        layout.addWidget(buttons, 0, centre)
        layout.addWidget(self.notice)
        layout.addStretch(3)

    def show_notice(self, text: str) -> None:
        """A line below the buttons, such as that no model is installed; "" hides it."""
        self.notice.setText(text)
        self.notice.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.outline), 2, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([4, 4])
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(transparent(colours.surface, 0.7))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(20, 20, -20, -20), 18, 18)
