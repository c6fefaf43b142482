"""The left side: the list of songs under its heading; a drawer where the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from stemdesk.core.job import ENDED
from stemdesk.gui import labels
from stemdesk.gui.later import Later
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.queue_view import QueueView
from stemdesk.gui.row_actions import RowCommands
from stemdesk.gui.widgets import icon_button

WIDTH_PX = 260


class Library(QFrame):
    """`forget_wanted`: take ended songs off the list."""

    forget_wanted = Signal()

    def __init__(
        self, model: QueueModel, commands: RowCommands, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "library")
        self.setFixedWidth(self.wanted_width())
        self.view = QueueView(model, commands)
        self._model = model
        heading = QLabel(labels.LIBRARY)
        font = QFont(heading.font())
        font.setWeight(QFont.Weight.DemiBold)
        heading.setFont(font)
        heading.setBuddy(self.view)
        self.forget = icon_button("clear-list", labels.FORGET, labels.FORGET_TIP)
        self.forget.clicked.connect(self.forget_wanted)
        top = QHBoxLayout()
        top.setContentsMargins(16, 10, 8, 2)
        top.addWidget(heading, 1)
        top.addWidget(self.forget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        self._later = Later(self._update, self)
        for signal in (model.modelReset, model.rowsInserted):
            signal.connect(self._update)
        for signal in (model.dataChanged, model.rowsRemoved):  # there may be thousands
            signal.connect(self._changed)
        self._update()

    def wanted_width(self) -> int:
        """260 px, more with larger fonts."""
        return max(WIDTH_PX, self.fontMetrics().averageCharWidth() * 34)

    def _changed(self) -> None:
        self._later.ask()

    def _update(self) -> None:
        rows = range(self._model.rowCount())
        self.forget.setEnabled(any(self._model.job_at(row).state in ENDED for row in rows))
