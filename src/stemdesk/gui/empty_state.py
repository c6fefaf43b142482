"""What an empty window shows: one large drop target, a link field, a way to try it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from stemdesk.gui import labels, link_words, theme
from stemdesk.gui.icons import app_pixmap, transparent
from stemdesk.gui.path_edit import PathEdit
from stemdesk.gui.welcome import WelcomeCard
from stemdesk.gui.widgets import FlowLayout, muted, push_button

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_ICON_PX = 88
_WIDTH_PX = 620  # of the link field, as of the card
_ROOM_LINES = 32  # of text: so high is everything together, with the card


class EmptyState(QWidget):
    open_files_wanted = Signal()
    open_folder_wanted = Signal()
    demo_wanted = Signal()
    given = Signal(object)  # Given

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(labels.EMPTY_NAME)
        self._picture = QLabel()
        self._picture.setPixmap(app_pixmap(_ICON_PX, self.devicePixelRatioF()))
        self._picture.setAccessibleName(labels.APP_NAME)
        self.headline = QLabel(labels.DROP_HEADLINE)
        font = QFont(self.headline.font())
        font.setPointSizeF(font.pointSizeF() * 1.9)
        font.setWeight(QFont.Weight.DemiBold)
        self.headline.setFont(font)
        self._text = muted(labels.DROP_TEXT)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setWordWrap(True)
        self.link = PathEdit(link_words.LINK_HINT, link_words.LINK_NAME, link_words.LINK_TIP)
        self.link.given.connect(self.given)
        self.split = push_button(labels.SPLIT, link_words.LINK_SPLIT_NAME)
        self.split.setAccessibleName(link_words.LINK_SPLIT_NAME)
        self.link.bind(self.split)
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
        self.welcome = WelcomeCard(controller)
        self.welcome.hide()
        self._lay_out(buttons)

    def _lay_out(self, buttons: QWidget) -> None:
        """It scrolls where a small window and large fonts leave too little room."""
        centre = Qt.AlignmentFlag.AlignHCenter
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self._picture, 0, centre)
        layout.addSpacing(4)
        layout.addWidget(self.headline, 0, centre)
        layout.addWidget(self._text)
        layout.addSpacing(8)
        layout.addLayout(_centred(self._make_link_field()))
        layout.addWidget(buttons, 0, centre)
        layout.addLayout(_centred(self.welcome))
        layout.addWidget(self.notice)
        layout.addStretch(3)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        around = QVBoxLayout(self)
        around.setContentsMargins(24, 24, 24, 24)
        around.addWidget(scroll)

    def _make_link_field(self) -> QWidget:
        holder = QWidget()
        holder.setMaximumWidth(_WIDTH_PX)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.link, 1)
        line.addWidget(self.split)
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(line)
        layout.addWidget(self.link.note)
        return holder

    def show_welcome(self, wanted: bool) -> None:
        """Whether the card of the first start is there; it says what the text says, and more."""
        self.welcome.setVisible(wanted)
        self._text.setVisible(not wanted)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The picture only where there is room for everything."""
        needed = _ROOM_LINES * self.fontMetrics().height() if not self.welcome.isHidden() else 0
        self._picture.setVisible(self.height() >= needed)

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


def _centred(widget: QWidget) -> QHBoxLayout:
    """A widget in the middle. (Not aligned: that would take its height from its narrowest
    form.)"""
    line = QHBoxLayout()
    line.addStretch(1)
    line.addWidget(widget, 1000)
    line.addStretch(1)
    return line
