"""The downloader (yt-dlp): which one is used, and getting a newer one when sites have changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from stemdesk.core.link_sentences import say_updated
from stemdesk.gui.downloads import Downloads, Work
from stemdesk.gui.link_values import Equipment, LinkServices
from stemdesk.gui.machine import Machine
from stemdesk.gui.model_values import Download, Phase
from stemdesk.gui.tasks import Tasks
from stemdesk.gui.values import UserMessage

_NAME = "yt-dlp"


class Downloader(QObject):
    """Lives in the GUI thread and never waits there."""

    changed = Signal()  # an update has begun, got further, or ended
    retry_wanted = Signal(str)  # job id: with a newer downloader its song may come
    message = Signal(object)  # UserMessage

    def __init__(
        self, tasks: Tasks, machine: Machine, services: LinkServices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._machine = machine
        self._services = services
        self._retry = ""  # the job for which it is updated
        self._updates = Downloads(tasks, lambda *_: self._work(), self)
        self._updates.changed.connect(self.changed)
        self._updates.ended.connect(self._on_ended)

    @property
    def update(self) -> Download | None:
        """How far an update is, or how the last one ended."""
        return self._updates.get(_NAME)

    def ask(self, then: Callable[[Equipment | None], None]) -> None:
        """Call `then` with what is used now; None where that cannot be found out."""
        data, equipment = self._machine.folders.data, self._services.equipment
        self._tasks.io(lambda: equipment(data), lambda outcome: then(outcome.value))

    def start(self, retry: str = "") -> None:
        """Get a newer one if there is any, and try a failed job again with it."""
        self._retry = retry or self._retry
        self._updates.start(_NAME)

    def cancel(self) -> None:
        self._retry = ""
        self._updates.cancel(_NAME)

    def stop(self) -> None:
        """At the app's end."""
        self._updates.stop()

    def _work(self) -> Work:
        data, update = self._machine.folders.data, self._services.update
        return lambda report, token: update(data, report, token)

    def _on_ended(self, _: str, state: Download, version: str | None) -> None:
        retry, self._retry = self._retry, ""
        if state.phase is Phase.FAILED:  # who asked for it may be somewhere else by now
            self.message.emit(UserMessage(state.error, state.detail))
        elif state.phase is Phase.DONE and version is not None:
            self.message.emit(UserMessage(say_updated(version)))
            if retry:
                self.retry_wanted.emit(retry)
