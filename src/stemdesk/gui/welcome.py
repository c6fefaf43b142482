"""The card of the first start: what to do, in a few lines. It goes once a song was added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from stemdesk.gui import model_words, offer_words
from stemdesk.gui.icons import set_icon
from stemdesk.gui.widgets import FlowLayout, push_button
from stemdesk.models.library import DEFAULT

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_ICONS = ("note", "split", "drop", "device", "folder")
_WIDTH_PX = 620


class WelcomeCard(QFrame):
    """The line about the better model says how far its download is, the last one where stems go."""

    models_wanted = Signal()
    place_wanted = Signal()  # to choose where stems go

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._desk = controller.models
        self.setProperty("kind", "card")
        self.setAccessibleName(offer_words.WELCOME_TITLE)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setMaximumWidth(_WIDTH_PX)
        title = QLabel(offer_words.WELCOME_TITLE)
        font = QFont(title.font())
        font.setWeight(QFont.Weight.DemiBold)
        title.setFont(font)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        self.lines = []
        for row, (icon, text) in enumerate(zip(_ICONS, offer_words.WELCOME_LINES, strict=True)):
            mark, line = QLabel(), QLabel(text)
            set_icon(mark, icon, "accent")
            line.setTextFormat(Qt.TextFormat.PlainText)
            line.setWordWrap(True)
            grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(line, row, 1)
            self.lines.append(line)
        self.get = push_button(model_words.DOWNLOAD, icon="drop")
        self.get.clicked.connect(lambda: self._desk.download(DEFAULT))
        self.page = push_button(model_words.PAGE_BUTTON, model_words.PAGE_TIP)
        self.page.clicked.connect(self.models_wanted)
        self.place = push_button(offer_words.CHANGE_PLACE, offer_words.CHANGE_PLACE_TIP)
        self.place.clicked.connect(self.place_wanted)
        buttons = QWidget()
        flow = FlowLayout(8, buttons)
        flow.addWidget(self.get)
        flow.addWidget(self.page)
        flow.addWidget(self.place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addWidget(buttons)
        self._desk.changed.connect(self._follow)
        self._desk.known.connect(self._show)
        self._show()
        self.show_place()

    def show_place(self) -> None:
        """Say where stems go by the settings as they are now."""
        self.lines[-1].setText(offer_words.welcome_place(self._controller.folders.output))

    def _follow(self, name: str) -> None:
        if name == DEFAULT:
            self._show()

    def _show(self) -> None:
        choice, download = self._desk.choice(DEFAULT), self._desk.downloads.get(DEFAULT)
        running = download is not None and download.running
        there = choice is not None and choice.usable()
        size = choice.missing_bytes() if choice is not None and choice.choosable else 0
        text = offer_words.WELCOME_LINES[2]
        if there:
            text = offer_words.WELCOME_THERE
        elif download is not None and model_words.errand_text(download):
            text = f"{DEFAULT}: {model_words.errand_text(download)}"
        self.lines[2].setText(text)
        self.get.setVisible(bool(size) and not running)
        self.get.setText(f" {model_words.get_text(DEFAULT, size)}")
        self.get.setAccessibleName(model_words.get_text(DEFAULT, size))
        self.get.setToolTip(model_words.download_name(DEFAULT, size))
