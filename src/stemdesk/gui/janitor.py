"""Removes scratch that is of no use any more, never under a process that works in it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from stemdesk.gui.tasks import Tasks, ignore
from stemdesk.log import log


class Janitor(QObject):
    """Works in the io pool: deleting gigabytes takes a moment."""

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks

    def discard(self, scratch: Path, job_id: str) -> None:
        """Remove one job's scratch."""
        self._tasks.io(lambda: _discard(scratch, job_id), ignore)

    def clean(self, scratch: Path, database: Path) -> None:
        """Remove what is old or belongs to no job that can go on."""
        self._tasks.io(lambda: _clean(scratch, database), ignore, behind=True)


def _clean(scratch: Path, database: Path) -> None:
    from stemdesk.jobs.scratch import clean
    from stemdesk.jobs.store import JobStore

    store = JobStore(database)  # this thread's own: what it says is true at the moment it is asked
    try:
        freed = clean(scratch, store.can_go_on)
    finally:
        store.close()
    log.info("%d bytes of old scratch removed", freed)


def _discard(scratch: Path, job_id: str) -> None:
    from stemdesk.jobs.scratch import discard

    if (scratch / job_id).exists():
        discard(scratch, job_id)
