"""The jobs that other StemDesk processes work on: shown, never touched.

A process holds the lock of the job it runs. A job that looks active although its lock is free, at
two looks in a row, was left by a process that died.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.gui.ledger import Ledger
from stemdesk.jobs.locks import is_running

# Jobs that another process has queued become ours when nothing ran elsewhere for so many looks.
_QUIET_LOOKS = 5


def looks_active(job: Job) -> bool:
    """Whether some process works on the job, or did when it died."""
    return job.state in ACTIVE or (job.state is JobState.WAITING and job.failure is None)


def is_held(error: BaseException | None) -> bool:
    """Whether a run ended before it began, since another process works on the job."""
    return isinstance(error, StemDeskError) and error.code is ErrorCode.JOB_BUSY


class Elsewhere(QObject):
    """Polls the database and the locks."""

    changed = Signal(str)  # job id: another process took it or let it go
    freed = Signal()  # there may be something to start

    def __init__(
        self,
        ledger: Ledger,
        scratch: Callable[[], Path],
        mine: Callable[[], Collection[str | None]],
        poll_ms: int,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ledger = ledger
        self._scratch = scratch
        self._mine = mine
        self._running: set[str] = set()
        self._orphans: set[str] = set()
        self._strangers: set[str] = set()
        self._quiet = 0
        self._timer = QTimer(self, interval=poll_ms)
        self._timer.timeout.connect(self.poll)
        ledger.reset.connect(self._on_reset)

    def start(self) -> None:
        """Sort out what the last run left behind, then look again by timer."""
        left = [job for job in self._ledger.jobs if looks_active(job)]
        self._running = {job.id for job in left if is_running(self._scratch(), job.id)}
        self._interrupt(job for job in left if job.id not in self._running)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def has(self, job_id: str) -> bool:
        """Whether another process works on this job now."""
        return job_id in self._running

    def withholds(self, job_id: str) -> bool:
        """Whether this job is not ours to start."""
        return job_id in self._running or job_id in self._strangers

    def met(self, job_id: str) -> None:
        """The job could not be started, since another process holds it."""
        self._running.add(job_id)
        self.changed.emit(job_id)

    def adopt(self, job_id: str) -> None:
        """A person wants this job done here, whoever has queued it."""
        self._strangers.discard(job_id)

    def poll(self) -> None:
        """Look at the database and the locks."""
        self._ledger.poll()
        mine = self._mine()
        suspects = [
            job
            for job in self._ledger.jobs
            if job.id not in mine and (looks_active(job) or job.id in self._running)
        ]
        running = {job.id for job in suspects if is_running(self._scratch(), job.id)}
        orphans = {job.id for job in suspects if looks_active(job)} - running
        dead, self._orphans = orphans & self._orphans, orphans
        before, self._running = self._running, running
        for job_id in before ^ running:
            self.changed.emit(job_id)
        self._interrupt(job for job in suspects if job.id in dead)
        self._look_at_strangers()
        if before - running:
            self.freed.emit()

    def _interrupt(self, jobs: Iterable[Job]) -> None:
        self._ledger.put([job.moved_to(JobState.INTERRUPTED) for job in jobs])

    def _look_at_strangers(self) -> None:
        """Take over what other processes have queued and left."""
        self._quiet = 0 if self._running else self._quiet + 1
        if self._strangers and self._quiet >= _QUIET_LOOKS:
            self._strangers.clear()
            self.freed.emit()

    def _on_reset(self) -> None:
        if self._ledger.queued_elsewhere:
            self._quiet = 0
        queued = {job.id for job in self._ledger.jobs if job.state is JobState.QUEUED}
        self._strangers = (self._strangers | self._ledger.queued_elsewhere) & queued
