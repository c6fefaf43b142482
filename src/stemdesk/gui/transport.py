"""Play, pause, stop, the time, and the way to the folder."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from stemdesk.gui import labels, messages
from stemdesk.gui.icons import set_icon
from stemdesk.gui.widgets import icon_button, push_button

_PLAY_PX = 44


class TransportBar(QFrame):
    toggle_wanted = Signal()
    stop_wanted = Signal()
    start_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.to_start = icon_button("to-start", labels.TO_START, labels.TO_START_TIP)
        self.play = icon_button("play", labels.PLAY, labels.PLAY_TIP, "on_accent")
        self.play.setProperty("kind", "play")
        self.play.setFixedSize(_PLAY_PX, _PLAY_PX)
        self.play.setIconSize(QSize(24, 24))
        self.stop = icon_button("stop", labels.STOP, labels.STOP_TIP)
        self.time = QLabel()
        self.time.setAccessibleName(labels.TIME_NAME)
        font = QFont(self.time.font())
        font.setPointSizeF(font.pointSizeF() * 1.1)
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width do not jump
        self.time.setFont(font)
        self.folder = push_button(labels.SHOW_FOLDER, labels.SHOW_FOLDER_TIP, "folder")
        self.to_start.clicked.connect(self.start_wanted)
        self.play.clicked.connect(self.toggle_wanted)
        self.stop.clicked.connect(self.stop_wanted)
        self.folder.clicked.connect(self.folder_wanted)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        for button in (self.to_start, self.play, self.stop):
            line.addWidget(button)
        line.addSpacing(8)
        line.addWidget(self.time)
        line.addStretch(1)
        line.addWidget(self.folder, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_time(0.0, 0.0)

    def show_time(self, position_s: float, length_s: float) -> None:
        self.time.setText(messages.time_text(position_s, length_s))

    def show_state(self, playing: bool, ready: bool) -> None:
        set_icon(self.play, "pause" if playing else "play", "on_accent")
        self.play.setAccessibleName(labels.PAUSE if playing else labels.PLAY)
        for button in (self.play, self.stop, self.to_start):
            button.setEnabled(ready)
