"""Removes scratch that is of no use any more, never under a process that works in it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from stemdesk.gui.hearing import Hearing
from stemdesk.gui.tasks import Tasks, ignore
from stemdesk.log import log
from stemdesk.paths import Folders

LOOK_MS = 50
PATIENCE_MS = 10_000


class Janitor(QObject):
    """Works in the io pool: deleting gigabytes takes a moment."""

    def __init__(self, tasks: Tasks, hearing: Hearing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._hearing = hearing
        self._waiting: dict[str, tuple[Path, int]] = {}  # by job: where, how many looks are left
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    def discard(self, scratch: Path, job_id: str) -> None:
        """Remove one job's scratch; once the player has let it go, if it plays it."""
        self._waiting[job_id] = (scratch, PATIENCE_MS // LOOK_MS)
        self._timer.start()
        self._look()

    def _look(self) -> None:
        for job_id, (scratch, looks) in list(self._waiting.items()):
            if looks and self._hearing.is_heard(job_id):
                self._waiting[job_id] = (scratch, looks - 1)
                continue
            del self._waiting[job_id]
            self._hearing.forget(job_id)
            self._tasks.io(partial(_discard, scratch, job_id), ignore)
        if not self._waiting:
            self._timer.stop()

    def clean(self, where: Folders) -> None:
        """Remove what is old or belongs to no job that can go on."""
        self._tasks.io(lambda: _clean(where), ignore, behind=True)


def _clean(where: Folders) -> None:
    from stemdesk.jobs.downloads import clean_downloads
    from stemdesk.jobs.gpu_removal import remove_leaving
    from stemdesk.jobs.scratch import clean
    from stemdesk.jobs.store import JobStore

    # This thread's own: what it says is true at the moment it is asked.
    store = JobStore(where.database)
    try:
        freed = clean(where.scratch, store.can_go_on) + clean_downloads(where, store.get)
    finally:
        store.close()
    remove_leaving(where.data)
    log.info("%d bytes of old scratch and downloads removed", freed)


def _discard(scratch: Path, job_id: str) -> None:
    from stemdesk.jobs.scratch import discard

    if (scratch / job_id).exists():
        discard(scratch, job_id)
