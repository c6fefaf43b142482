"""The song's name and facts, and what is to be known about its stems."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from stemdesk.core.job import Job
from stemdesk.core.sentences import say_notice
from stemdesk.gui import messages
from stemdesk.gui.widgets import ElidedLabel, muted


class SongHeader(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel()
        font = QFont(self.title.font())
        font.setPointSizeF(font.pointSizeF() * 1.45)
        font.setWeight(QFont.Weight.DemiBold)
        self.title.setFont(font)
        self.facts = muted()
        self.facts.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.notices = muted()
        self.notices.setProperty("kind", "warning")
        self.notices.setWordWrap(True)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.title, 1)
        line.addWidget(self.facts, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.notices)

    def show_job(self, job: Job) -> None:
        self.title.setText(messages.song_title(job))
        self.facts.setText("   ·   ".join(messages.song_facts(job)))
        self.facts.setToolTip(messages.song_facts_tip(job))
        self.notices.setText("\n".join(say_notice(notice) for notice in job.notices))
        self.notices.setVisible(bool(job.notices))
