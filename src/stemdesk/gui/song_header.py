"""The song's name and facts, and what is to be known about its stems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from stemdesk.core.job import Job
from stemdesk.core.sentences import say_notice
from stemdesk.gui import messages, model_words
from stemdesk.gui.covers import Covers, paint_cover
from stemdesk.gui.model_offers import DraftLine
from stemdesk.gui.widgets import ElidedLabel, muted, plain_tip, push_button

_COVER_PX = 44


class Cover(QWidget):
    """A song's picture; hidden while there is none."""

    def __init__(self, covers: Covers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._covers = covers
        self._path: Path | None = None
        self.setFixedSize(_COVER_PX, _COVER_PX)
        covers.arrived.connect(self._show)
        self._show()

    def show_picture(self, path: Path | None) -> None:
        self._path = path
        self._show()

    def _show(self) -> None:
        self.setVisible(self._covers.get(self._path) is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        cover = self._covers.get(self._path)
        if cover is not None:
            paint_cover(QPainter(self), cover, QRectF(self.rect()))


class SongHeader(QWidget):
    def __init__(self, covers: Covers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cover = Cover(covers)
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
        self.draft = QWidget()
        self.draft_text = muted()
        self.draft_text.setProperty("kind", "warning")
        self.draft_text.setWordWrap(True)
        self.better = push_button(model_words.DOWNLOAD)
        self.better.clicked.connect(self._get_better)
        self._better: Callable[[], object] | None = None
        below = QHBoxLayout(self.draft)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(12)
        below.addWidget(self.draft_text, 1)
        below.addWidget(self.better)
        self.draft.hide()
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.cover)
        line.addWidget(self.title, 1)
        line.addWidget(self.facts, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(line)
        layout.addWidget(self.draft)
        layout.addWidget(self.notices)

    def show_job(self, job: Job) -> None:
        self.cover.show_picture(None if job.link is None else job.link.cover)
        self.title.setText(messages.song_title(job))
        self.facts.setText("   ·   ".join(messages.song_facts(job)))
        self.facts.setToolTip(plain_tip(messages.song_facts_tip(job)))
        self.notices.setText("\n".join(say_notice(notice) for notice in job.notices))
        self.notices.setVisible(bool(job.notices))

    def show_draft(self, line: DraftLine | None) -> None:
        """That a song is a draft, and what can be done about it; None for any other song."""
        self.draft.setVisible(line is not None)
        self._better = line.act if line is not None else None
        if line is None:
            return
        self.draft_text.setText(line.text)
        self.better.setVisible(bool(line.button))
        if line.button and self.better.text() != line.button:
            self.better.setText(line.button)
            self.better.setAccessibleName(line.button)
            self.better.setToolTip(line.button)

    def _get_better(self) -> None:
        if self._better is not None:
            self._better()
