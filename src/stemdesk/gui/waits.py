"""Jobs that wait for room on a disk or for a model: looked at by timer, off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.job import Job, JobState
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.jobs.scheduler import has_room
from stemdesk.models.library import ModelLibrary
from stemdesk.paths import Folders

MODEL_CODES = (ErrorCode.MODEL_MISSING, ErrorCode.MODEL_NONE_INSTALLED)


def awaited_model(job: Job) -> str:
    """The model that a job waits for, "" if it waits for something else or not at all."""
    failure = job.failure
    waits = job.state is JobState.WAITING and failure is not None and failure.code in MODEL_CODES
    return job.separation.model if waits else ""


def needed_model(job: Job) -> str:
    """The same of a job that may come to wait for it: its song is still to be fetched."""
    fetches = job.needs_fetch and job.state in (JobState.QUEUED, JobState.DOWNLOADING)
    return job.separation.model if fetches else awaited_model(job)


class Waits(QObject):
    """Tells which waiting jobs can go on."""

    can_go_on = Signal(object)  # list[str]
    looked = Signal()  # at every look

    def __init__(
        self,
        tasks: Tasks,
        ledger: Ledger,
        where: Callable[[], Folders],
        free_bytes: Callable[[Path], int],
        retry_ms: int,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._ledger = ledger
        self._where = where
        self._free_bytes = free_bytes
        self._looking = False
        self._timer = QTimer(self, interval=retry_ms)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def look(self) -> None:
        """Look at every waiting job; one look at a time."""
        self.looked.emit()
        jobs = [job for job in self._ledger.jobs if job.state is JobState.WAITING and job.failure]
        if not jobs or self._looking:
            return
        self._looking = True
        where, free_bytes = self._where(), self._free_bytes

        def look() -> list[str]:
            library = ModelLibrary(where.models)
            return [job.id for job in jobs if _can_go_on(job, library, where.scratch, free_bytes)]

        self._tasks.io(look, self._on_looked)

    def _on_looked(self, outcome: Outcome[list[str]]) -> None:
        self._looking = False
        if outcome.value:
            self.can_go_on.emit(outcome.value)


def _can_go_on(
    job: Job, library: ModelLibrary, scratch: Path, free_bytes: Callable[[Path], int]
) -> bool:
    failure = job.failure
    if failure is not None and failure.code in MODEL_CODES:
        try:
            library.get(job.separation.model, job.separation.stems)
        except ModelError as error:
            return error.code not in MODEL_CODES  # a damaged one is better said than waited for
        return True
    path = (failure and failure.path) or scratch
    return has_room(failure, lambda: free_bytes(path))
