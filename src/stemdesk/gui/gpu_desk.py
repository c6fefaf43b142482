"""The GPU pack in the window: what there is of it, getting it, removing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.gui import gpu_words, reports
from stemdesk.gui.downloads import Downloads, Work
from stemdesk.gui.gpu_values import GpuServices
from stemdesk.gui.machine import Machine
from stemdesk.gui.model_values import Download, Phase
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.values import UserMessage

if TYPE_CHECKING:
    from stemdesk.engine.gpu_pack import Verdict
    from stemdesk.jobs.gpu_pack import PackStatus

_NAME = "GPU pack"


class GpuDesk(QObject):
    """Lives in the GUI thread and never waits there. Fetches nothing by itself."""

    changed = Signal()  # what there is, or how far it is
    message = Signal(object)  # UserMessage

    def __init__(
        self, tasks: Tasks, machine: Machine, services: GpuServices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._machine = machine
        self._services = services
        self.status: PackStatus | None = None  # also before the first look
        self.removing = False
        self._errands = Downloads(tasks, lambda *_: self._work(), self)
        self._errands.changed.connect(self.changed)
        self._errands.ended.connect(self._on_ended)

    @property
    def download(self) -> Download | None:
        """How far it is fetched, unpacked and tried, or how that ended."""
        return self._errands.get(_NAME)

    def begin(self) -> None:
        """At the start: after an update of StemDesk, the pack that was used is tried again."""
        data, is_to_be_tried = self._machine.folders.data, self._services.is_to_be_tried

        def looked(outcome: Outcome[bool]) -> None:
            if outcome.value:
                self.start()

        self._tasks.io(lambda: is_to_be_tried(data), looked, behind=True)

    def look(self) -> None:
        """Find out what there is; `changed` follows."""
        data, look = self._machine.folders.data, self._services.look

        def looked(outcome: Outcome[PackStatus | None]) -> None:
            self.status = outcome.value
            self.changed.emit()

        self._tasks.io(lambda: look(data), looked)

    def start(self) -> None:
        """Get it, or go on where the last try ended."""
        if not self.removing:
            self._errands.start(_NAME)

    def cancel(self) -> None:
        self._errands.cancel(_NAME)

    def remove(self) -> None:
        """Delete it, and what was fetched of it."""
        if self.removing or (self.download is not None and self.download.running):
            return
        data, remove = self._machine.folders.data, self._services.remove
        self.removing = True
        self.changed.emit()

        def removed(outcome: Outcome[bool]) -> None:
            self.removing = False
            if outcome.error is not None:
                self.message.emit(reports.error_message(outcome.error))
            elif outcome.value is not None:
                self._errands.forget(_NAME)  # what was said of it holds no more
                self.message.emit(UserMessage(gpu_words.removed_text(outcome.value)))
            self.changed.emit()
            self.look()

        self._tasks.io(lambda: remove(data), removed)

    def stop(self) -> None:
        """At the app's end; what was fetched stays."""
        self._errands.stop()

    def _work(self) -> Work:
        data, install = self._machine.folders.data, self._services.install
        return lambda report, token: install(data, report, token)

    def _on_ended(self, _: str, state: Download, verdict: Verdict | None) -> None:
        if state.phase is Phase.FAILED:  # who asked for it may be somewhere else by now
            self.message.emit(UserMessage(state.error, state.detail))
        elif verdict is not None:
            self.message.emit(UserMessage(gpu_words.ended_text(verdict.passed, verdict.said)))
        self.look()
