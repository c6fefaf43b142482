"""Tells that a song was split, or files exported, when it took long and the window is not in front,
and that it failed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from stemdesk.core.job import ACTIVE, JobState
from stemdesk.gui import app_words, export_reports, messages
from stemdesk.gui.desktop_notes import Notes

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller
    from stemdesk.gui.export_values import Ended

LONG_S = 60.0


def in_front() -> bool:
    """Whether one of our windows has the keyboard."""
    return QGuiApplication.applicationState() is Qt.ApplicationState.ApplicationActive


class Notifier(QObject):
    """Follows the controller. `by`: who shows what is told."""

    def __init__(
        self,
        controller: Controller,
        window: QWidget,
        by: Notes,
        in_front: Callable[[], bool] = in_front,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._by = by
        self._in_front = in_front
        self._clock_s = clock_s
        self._begun: dict[str, float] = {}
        self._export_begun: float | None = None
        controller.job_changed.connect(self._changed)
        controller.exports.changed.connect(self._export_changed)
        controller.exports.ended.connect(self._export_ended)

    def tell(self, title: str, text: str, took_s: float) -> None:
        """Show it if it is wanted, `took_s` is long, and the window is not in front."""
        if took_s < LONG_S or self._in_front() or not self._controller.settings.notify:
            return
        QApplication.alert(self._window)  # in the task bar or the dock
        self._by.tell(title, text)

    def _changed(self, job_id: str) -> None:
        job = self._controller.job(job_id)
        if job is not None and job.state in ACTIVE:
            if not self._controller.is_elsewhere(job_id):
                self._begun.setdefault(job_id, self._clock_s())
            return
        begun = self._begun.pop(job_id, None)
        if begun is None or job is None:
            return
        took_s = self._clock_s() - begun
        if job.state is JobState.DONE:
            self.tell(app_words.NOTE_DONE, messages.song_title(job), took_s)
        elif job.state is JobState.FAILED:
            text = f"{messages.song_title(job)}\n{messages.explain(job)[0]}"
            self.tell(app_words.NOTE_FAILED, text, took_s)

    def _export_changed(self) -> None:
        if self._export_begun is None and self._controller.exports.busy:
            self._export_begun = self._clock_s()

    def _export_ended(self, ended: Ended) -> None:
        begun, self._export_begun = self._export_begun, None
        if begun is not None and not ended.exported.cancelled:
            title = app_words.NOTE_NOT_EXPORTED if ended.failed else app_words.NOTE_EXPORTED
            self.tell(title, export_reports.ended_text(ended), self._clock_s() - begun)
