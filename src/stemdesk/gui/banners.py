"""The lines below the add bar: what the app has to say of itself, interrupted songs, the end of a
batch, messages in passing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stemdesk.core.job import JobState
from stemdesk.gui import labels, messages, reports
from stemdesk.gui.banner import Banner
from stemdesk.gui.later import Later
from stemdesk.gui.values import BatchSummary, UserMessage

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_MESSAGE_S = 12.0
_UNREAD_MS = 1500


class Banners(QWidget):
    """`show_wanted`: id of a song to select. `details_wanted`: title and text to read."""

    show_wanted = Signal(str)
    details_wanted = Signal(str, str)

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._interrupted_before: list[str] = []
        self._failed_shown = ""
        self._tells_of_failures = False
        self._messages: list[UserMessage] = []  # those that the banner shows
        self._unread = QElapsedTimer()  # since the last of them
        self.closing = Banner("waiting", "accent")
        self.crash = Banner("info", "warning")  # who shows these two: `gui.app`
        self.update_ready = Banner("info", "accent")
        self.interrupted = Banner("interrupted", "warning")
        self.batch = Banner("done", "success")
        self.message = Banner("info", "accent")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for banner in self.all:
            layout.addWidget(banner)
        self._later = Later(self._look, self)
        controller.jobs_reset.connect(self._look)
        for signal in (controller.job_changed, controller.jobs_removed):
            signal.connect(self._changed)
        controller.batch_finished.connect(self._batch)
        controller.message.connect(self._message)
        self._count_interrupted()

    @property
    def all(self) -> tuple[Banner, ...]:
        return (
            self.closing,
            self.crash,
            self.update_ready,
            self.interrupted,
            self.batch,
            self.message,
        )

    def dismiss(self) -> bool:
        """Close the lowest banner that may be closed; whether there was one."""
        for banner in reversed(self.all):
            if banner.isVisible() and banner.cross.isVisible():
                banner.hide()
                return True
        return False

    def show_closing(self, stay: Callable[[], object]) -> None:
        self.closing.say(labels.CLOSING_LATER, ((labels.STAY_OPEN, stay),))
        self.closing.cross.hide()

    def _changed(self) -> None:
        self._later.ask()

    def _look(self) -> None:
        self._count_interrupted()
        states = (job.state for job in self._controller.jobs)
        if self._tells_of_failures and JobState.FAILED not in states:
            self._tells_of_failures = False  # there is nothing to show or to retry any more
            self.batch.hide()

    def _count_interrupted(self) -> None:
        ids = [
            job.id
            for job in self._controller.jobs
            if job.state is JobState.INTERRUPTED and not self._controller.is_elsewhere(job.id)
        ]
        if ids == self._interrupted_before:
            return
        self._interrupted_before = ids
        if not ids:
            self.interrupted.hide()
            return
        self.interrupted.say(
            messages.interrupted_text(len(ids)),
            (
                (labels.GO_ON, lambda: self._controller.go_on(ids)),
                (labels.REMOVE, lambda: self._controller.remove(ids)),
            ),
        )

    def _batch(self, summary: BatchSummary) -> None:
        if summary.failed == 0 and summary.done + summary.cancelled < 2:
            return  # the song's own row says it
        text = messages.batch_text(summary.done, summary.failed, summary.cancelled)
        self._tells_of_failures = bool(summary.failed)
        if not summary.failed:
            self.batch.set_mark("done", "success")
            self.batch.say(text, seconds=_MESSAGE_S)
            return
        self._failed_shown = ""
        self.batch.set_mark("info", "warning")
        actions = (
            (labels.SHOW, self._show_failed),
            (labels.RETRY_FAILED, self._retry_failed),
        )
        self.batch.say(text, actions)

    def _show_failed(self) -> None:
        """The first failed song, or the next one after what was shown last."""
        failed = [job.id for job in self._controller.jobs if job.state is JobState.FAILED]
        if failed:
            shown = self._failed_shown
            next_one = failed.index(shown) + 1 if shown in failed else 0
            self._failed_shown = failed[next_one % len(failed)]
            self.show_wanted.emit(self._failed_shown)

    def _retry_failed(self) -> None:
        self.batch.hide()
        self._controller.retry_failed()

    def _message(self, message: UserMessage) -> None:
        """One that comes at once after another, which no one can have read, stands beside it."""
        if not self.message.isVisible() or self._unread.elapsed() >= _UNREAD_MS:
            self._messages = []
        if message not in self._messages:
            self._messages.append(message)
        self._unread.start()
        self._show_message(reports.together(self._messages))

    def _show_message(self, message: UserMessage) -> None:
        if not message.detail:
            self.message.say(message.text, seconds=_MESSAGE_S)
            return
        act = (labels.DETAILS, lambda: self.details_wanted.emit(message.text, message.detail))
        self.message.say(message.text, (act,))
