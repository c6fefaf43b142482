"""Notes how the window's jobs went, and how long they took, for the diagnostics."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from stemdesk.core.errors import StemDeskError
from stemdesk.core.job import ACTIVE, ENDED, Job
from stemdesk.gui.tasks import ignore
from stemdesk.log import log

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller
    from stemdesk.jobs.runs import Stopwatch


class RunNotes(QObject):
    """Follows the controller; writes in the io pool."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._running: dict[str, Stopwatch] = {}
        controller.progress_changed.connect(self._progressed)
        controller.job_changed.connect(self._changed)

    def _progressed(self, job_id: str) -> None:
        from stemdesk.jobs.runs import Stopwatch

        progress = self._controller.progress(job_id)
        if progress is not None:
            self._running.setdefault(job_id, Stopwatch()).hear(progress)

    def _changed(self, job_id: str) -> None:
        job = self._controller.job(job_id)
        if job is not None and job.state in ACTIVE:
            return
        watch = self._running.pop(job_id, None)
        if watch is not None and job is not None and job.state in ENDED:
            database = self._controller.folders.database
            self._controller.tasks.io(partial(_note, database, watch, job), ignore)


def _note(database: Path, watch: Stopwatch, job: Job) -> None:
    from stemdesk.jobs.store import JobStore

    run = watch.stop(job)
    try:
        store = JobStore(database)  # this thread's own
        try:
            store.note_run(run)
        finally:
            store.close()
    except StemDeskError as error:  # only a count
        log.warning("how job %s went was not noted: %s", job.id, error)
