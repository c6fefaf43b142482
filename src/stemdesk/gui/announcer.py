"""Tells screen readers how far a song is: in quarters, that it gets no further, what it
was asked for, and how it ended. Of a model's download: quarters and the end.
`Banner`s announce themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QPushButton, QWidget

from stemdesk.core.job import ENDED, JobState
from stemdesk.core.progress import Stage
from stemdesk.gui import labels, messages, model_words
from stemdesk.gui.model_values import Errand

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller


def announce(widget: QWidget, text: str) -> None:
    """Tell it to screen readers at once."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def say_copied(button: QPushButton, text: str = labels.COPIED) -> None:
    """The button says what came of it, and so do screen readers, wherever the focus is."""
    button.setText(text)
    announce(button, text)


class Announcer(QObject):
    """`announced`: what was said."""

    announced = Signal(str)

    def __init__(self, controller: Controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._quarters: dict[str, tuple[Stage, int]] = {}
        self._stalled = ""  # the job that is said to get no further
        self._downloads: dict[str, int] = {}  # models that are downloaded: quarters
        self._asked = ("", "")  # a job, and what it is said to be asked for
        controller.progress_changed.connect(self._progress)
        controller.job_changed.connect(self._state)
        controller.models.changed.connect(self._model)

    def say(self, text: str) -> None:
        announce(self._window, text)
        self.announced.emit(text)

    def _progress(self, job_id: str) -> None:
        progress, job = self._controller.progress(job_id), self._controller.job(job_id)
        if progress is None or job is None:
            return
        if progress.stalled_s is not None:
            if self._stalled != job_id:
                self._stalled = job_id
                self.say(f"{messages.song_title(job)}: {messages.state_text(job, progress)}")
            return
        self._stalled = ""
        if progress.stage not in (Stage.DOWNLOADING, Stage.SEPARATING):
            return
        quarter = int(progress.fraction * 4)
        stage, said = self._quarters.get(job_id, (progress.stage, 0))
        if 0 < quarter < 4 and quarter > (said if stage is progress.stage else 0):
            self.say(messages.quarter_text(job, quarter, progress.stage))
        self._quarters[job_id] = progress.stage, quarter

    def _state(self, job_id: str) -> None:
        controller, job = self._controller, self._controller.job(job_id)
        if job is None:
            return
        asked = messages.asked_text(controller.is_cancelling(job_id), controller.is_pausing(job_id))
        if asked and self._asked != (job_id, asked):
            self.say(f"{messages.song_title(job)}: {asked}")
        if asked or self._asked[0] == job_id:
            self._asked = (job_id, asked)
        if job.state not in ENDED:
            return
        if self._quarters.pop(job_id, None) is not None or job.state is JobState.FAILED:
            self.say(f"{messages.song_title(job)}: {messages.state_text(job, None)}")

    def _model(self, name: str) -> None:
        download = self._controller.models.downloads.get(name)
        if download is None or download.errand is not Errand.DOWNLOAD:
            return
        if not download.running:
            if self._downloads.pop(name, None) is not None:
                self.say(model_words.ended_text(name, download))
            return
        quarter = int(download.fraction * 4)
        if 0 < quarter < 4 and quarter > self._downloads.get(name, 0):
            self.say(model_words.quarter_text(name, quarter))
        self._downloads[name] = quarter
