"""Removes scratch that is of no use any more, never under a process that works in it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import QObject

from stemdesk.core.errors import StemDeskError
from stemdesk.gui.tasks import Tasks, ignore
from stemdesk.jobs.locks import job_lock
from stemdesk.log import log


class Janitor(QObject):
    """Works in the io pool: deleting gigabytes takes a moment."""

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks

    def discard(self, scratch: Path, job_id: str) -> None:
        """Remove one job's scratch."""
        self._tasks.io(lambda: _discard(scratch, job_id), ignore)

    def clean(self, scratch: Path, keep: Collection[str]) -> None:
        """Remove what is old or belongs to no job in `keep`."""
        self._tasks.io(lambda: _clean(scratch, keep), ignore, behind=True)


def _clean(scratch: Path, keep: Collection[str]) -> None:
    from stemdesk.jobs.scratch import clean

    freed = clean(scratch, keep)
    log.info("%d bytes of old scratch removed", freed)


def _discard(scratch: Path, job_id: str) -> None:
    from stemdesk.jobs.scratch import discard

    if not (scratch / job_id).exists():
        return
    try:
        # Under the job's lock: it may have been started anew since, here or elsewhere.
        with job_lock(scratch, job_id, scratch / job_id):
            discard(scratch, job_id)
    except StemDeskError as error:
        log.info("scratch of %s is kept: %s", job_id, error)
