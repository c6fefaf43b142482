"""Finished song folders: whether they are still there, where they went, and the trash."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QFile, QObject, Signal

from stemdesk.core.errors import ErrorCode, ExportError
from stemdesk.core.job import Job, JobState
from stemdesk.gui import reports
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.values import UserMessage
from stemdesk.jobs.folder import is_complete, read_manifest

_FRESH_S = 2.0  # an answer is good for so long


class Shelf(QObject):
    """Asks the disk in the io pool: a sleeping network drive must not stop the window."""

    changed = Signal(str)  # job id: its stems went missing, or are back
    message = Signal(object)  # UserMessage

    def __init__(self, tasks: Tasks, ledger: Ledger, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._ledger = ledger
        self._missing: set[str] = set()
        self._asked: dict[str, float] = {}

    def is_missing(self, job: Job) -> bool:
        """What was found last; `changed` follows where that is not true any more."""
        if job.state is not JobState.DONE or job.output is None:
            return False
        if time.monotonic() - self._asked.get(job.id, -_FRESH_S) >= _FRESH_S:
            self._asked[job.id] = time.monotonic()
            self._look(job.id, job.output)
        return job.id in self._missing

    def was_missing(self, job: Job) -> bool:
        """What was found last. Nobody is asked."""
        return job.state is JobState.DONE and job.id in self._missing

    def forget(self, job_id: str) -> None:
        """Ask anew next time; until then the stems count as there."""
        self._asked.pop(job_id, None)
        self._missing.discard(job_id)

    def _look(self, job_id: str, folder: Path) -> None:
        def looked(outcome: Outcome[bool]) -> None:
            job = self._ledger.get(job_id)
            if job is None or job.output != folder:
                return  # located, removed or done anew meanwhile
            before = job_id in self._missing
            (self._missing.discard if outcome.value else self._missing.add)(job_id)
            if before != (job_id in self._missing):
                self.changed.emit(job_id)

        self._tasks.io(lambda: _has_stems(folder), looked)

    def locate(self, job: Job, folder: Path) -> None:
        """The song folder is at `folder` now, if its manifest says that it is this song's."""

        def looked(outcome: Outcome[bool]) -> None:
            current = self._ledger.get(job.id)
            if not outcome.value or current is None:
                self.message.emit(reports.not_these_stems(folder))
                return
            self.forget(job.id)
            self._ledger.put([replace(current, output=folder)])

        self._tasks.io(lambda: _holds(folder, job), looked)

    def trash(self, job: Job, trashed: Callable[[], None]) -> None:
        """Move the song folder to the system's trash; `trashed` is called if that went well."""
        folder = job.output
        if folder is None:
            return

        def moved(outcome: Outcome[UserMessage | None]) -> None:
            if outcome.error is None and outcome.value is None:
                trashed()
                return
            refused = outcome.value
            if outcome.error is not None:
                refused = reports.error_message(outcome.error, folder)
            self.message.emit(refused)
            self.changed.emit(job.id)  # whoever let the stems go opens them again

        self._tasks.io(lambda: _trash(folder), moved)


def _has_stems(folder: Path) -> bool:
    manifest = read_manifest(folder)
    return manifest is not None and is_complete(folder, manifest)


def _holds(folder: Path, job: Job) -> bool:
    """Whether `folder` has this song's stems: the manifest's length, rate and model match."""
    manifest = read_manifest(folder)
    if manifest is None or not is_complete(folder, manifest):
        return False
    found = (manifest.frames, manifest.samplerate, manifest.model)
    return found == (job.frames, job.samplerate, job.separation.model)


def _trash(folder: Path) -> UserMessage | None:
    """Move a folder that has a manifest to the trash; what went wrong, if anything did."""
    if not folder.is_dir():
        raise ExportError(ErrorCode.STEMS_MISSING, path=folder)
    if read_manifest(folder) is None:
        return reports.trash_refused(folder, reports.NOT_OUR_FOLDER)
    # What it returns differs between versions of PySide6; the file system knows.
    QFile.moveToTrash(str(folder))
    return reports.trash_refused(folder, reports.NO_TRASH) if folder.exists() else None
