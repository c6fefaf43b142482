"""Exports of the window: one batch after the other, on a thread of their own."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import Cancelled
from stemdesk.core.progress import CancelToken
from stemdesk.gui.export_values import Batch, Ended, ExportServices
from stemdesk.gui.hearing import Hearing
from stemdesk.gui.tasks import Outcome, Tasks, Tell
from stemdesk.jobs.exports.values import Exported, ExportProgress


class ExportDesk(QObject):
    """`changed`: what runs or waits. `progressed`: of the batch that runs, 20 times a second at
    most. `ended`: an `Ended`; not for what was cancelled before it began."""

    changed = Signal()
    progressed = Signal()
    ended = Signal(object)

    def __init__(
        self,
        tasks: Tasks,
        hearing: Hearing,
        services: ExportServices | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._hearing = hearing
        self.services = services or ExportServices()
        self._queue: list[Batch] = []
        self._token = CancelToken()
        self._stopped = False
        self.running: Batch | None = None
        self.progress: ExportProgress | None = None

    @property
    def busy(self) -> bool:
        return self.running is not None

    @property
    def waiting(self) -> tuple[Batch, ...]:
        """What comes after the batch that runs, in order."""
        return tuple(self._queue)

    @property
    def cancelling(self) -> bool:
        """Whether the batch that runs was asked to end."""
        return self.busy and self._token.cancelled

    def put(self, batch: Batch) -> None:
        """Export this, after what was asked for before."""
        if batch.songs and not self._stopped:
            self._queue.append(batch)
            self._next()

    def cancel(self) -> None:
        """End the batch that runs; finished files stay. The next one goes on."""
        self._token.cancel()
        self.changed.emit()

    def cancel_all(self) -> None:
        """End the batch that runs, and begin none of those that wait."""
        self._queue.clear()
        self.cancel()

    def stop(self) -> None:
        """The app ends: begin nothing any more."""
        self._stopped = True
        self._queue.clear()
        self._token.cancel()

    def _next(self) -> None:
        if self.running is None and self._queue:
            batch = self.running = self._queue.pop(0)
            self.progress, self._token = None, CancelToken()
            work = partial(_export, self.services, self._hearing, batch, self._token)
            self._tasks.export(work, partial(self._ended, batch), self._heard)
        self.changed.emit()

    def _heard(self, progress: ExportProgress) -> None:
        self.progress = progress
        self.progressed.emit()

    def _ended(self, batch: Batch, outcome: Outcome[Exported]) -> None:
        self.running = self.progress = None
        exported, error = outcome.value, outcome.error
        if exported is None:
            stopped = isinstance(error, Cancelled)
            exported, error = Exported((), stopped), None if stopped else error
        self.ended.emit(Ended(batch, exported, error))
        self._next()


def _export(
    services: ExportServices, hearing: Hearing, batch: Batch, token: CancelToken, tell: Tell
) -> Exported:
    return services.export(batch, hearing.live.originals, tell, token)
