"""What is known of the jobs, and what may be asked for them: the larger part of the controller."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.job import ENDED, RESTARTABLE, Job, JobState
from stemdesk.core.progress import Progress
from stemdesk.core.settings import Settings
from stemdesk.gui import reports
from stemdesk.gui.adding import Adder
from stemdesk.gui.conveyor import Conveyor
from stemdesk.gui.elsewhere import Elsewhere
from stemdesk.gui.janitor import Janitor
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.links import LinkDesk
from stemdesk.gui.machine import Machine
from stemdesk.gui.model_desk import ModelDesk
from stemdesk.gui.runner import Runner
from stemdesk.gui.shelf import Shelf
from stemdesk.paths import Folders

if TYPE_CHECKING:
    from stemdesk.fetch.links.values import LinkEntry


class JobCommands(QObject):
    """Its heir, the `Controller`, makes the parts.

    A command that does not fit a job's state (it may have ended a moment ago) does nothing.
    """

    job_changed = Signal(str)  # job id; also when a removed job's run ends and `busy` changes
    message = Signal(object)  # UserMessage

    links: LinkDesk
    models: ModelDesk
    _adder: Adder
    _conveyor: Conveyor
    _elsewhere: Elsewhere
    _janitor: Janitor
    _ledger: Ledger
    _machine: Machine
    _runner: Runner
    _shelf: Shelf

    # What is known.

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs in the order of the queue."""
        return self._ledger.jobs

    def job(self, job_id: str) -> Job | None:
        return self._ledger.get(job_id)

    def progress(self, job_id: str) -> Progress | None:
        """How far the running job is, or a link's song; None for any other."""
        if job_id == self._runner.job_id:
            return self._runner.progress
        return self.links.progress(job_id)

    @property
    def split_progress(self) -> Progress | None:
        """How far the song is that is split now."""
        return self._runner.progress

    def is_elsewhere(self, job_id: str) -> bool:
        """Whether another StemDesk process works on the job."""
        return self._elsewhere.has(job_id)

    def is_pausing(self, job_id: str) -> bool:
        """Whether the job runs and was asked to pause."""
        if job_id == self._runner.job_id:
            return self._runner.pausing
        return self.links.is_pausing(job_id)

    def is_cancelling(self, job_id: str) -> bool:
        """Whether the job was cancelled and ends as soon as its current layer is done."""
        if job_id == self._runner.job_id:
            return self._runner.cancelled
        return self.links.is_cancelling(job_id)

    def is_missing(self, job_id: str) -> bool:
        """Whether a done job's stems are gone. Answers from memory and looks behind it:
        `job_changed` follows if the answer was wrong."""
        job = self.job(job_id)
        return job is not None and self._shelf.is_missing(job)

    def was_missing(self, job_id: str) -> bool:
        """The same as it was found last; nothing is looked for (rows ask, at each painting)."""
        job = self.job(job_id)
        return job is not None and self._shelf.was_missing(job)

    @property
    def busy(self) -> bool:
        """Whether a job runs in this process."""
        return self._runner.job_id is not None

    @property
    def folders(self) -> Folders:
        """The folders, with the person's choices."""
        return self._machine.folders

    @property
    def settings(self) -> Settings:
        return self._machine.settings

    # Commands for jobs.

    def for_each(self, ids: Iterable[str], command: Callable[[str], None]) -> None:
        """Give one of the commands to several jobs, written all at once."""
        with self._conveyor.together():
            for job_id in ids:
                command(job_id)

    def pause(self, job_id: str) -> None:
        """Pause a job; one that runs ends its run as soon as it can."""
        if job_id == self._runner.job_id:
            self._conveyor.pause()
        else:
            self.links.pause(job_id)
        if self._runs(job_id):
            self.job_changed.emit(job_id)
        jobs = self._mine([job_id], {JobState.QUEUED, JobState.WAITING})
        self._conveyor.put(job.moved_to(JobState.PAUSED) for job in jobs)

    def resume(self, job_id: str) -> None:
        """Queue a paused job again; of a list it is asked again which songs are wanted."""
        self._elsewhere.adopt(job_id)
        self._queue([job_id], {JobState.PAUSED, JobState.QUEUED})
        self.links.ask_again(job_id)

    def cancel(self, job_id: str) -> None:
        """Stop a job for good and drop what was computed; `retry` starts it anew."""
        if job_id == self._runner.job_id:
            self._conveyor.cancel()
        else:
            self.links.cancel(job_id)
        if self._runs(job_id):
            self.job_changed.emit(job_id)
        jobs = self._mine([job_id], {state for state in JobState if state not in ENDED})
        self._conveyor.put(job.moved_to(JobState.CANCELLED) for job in jobs)

    def retry(self, job_id: str) -> None:
        """Do a job again with the options that it has."""
        self._queue([job_id], RESTARTABLE)

    def retry_failed(self) -> None:
        """Do every failed job again."""
        self._queue([job.id for job in self.jobs], {JobState.FAILED})

    def go_on(self, ids: Sequence[str]) -> None:
        """Go on with jobs that were interrupted, or that waited for disk or a model."""
        self._queue(ids, {JobState.INTERRUPTED, JobState.WAITING})

    def split_again(self, job_id: str, settings: Settings | None = None) -> None:
        """Do a job again with these settings; with those of now, and where its stems are gone as
        it was, if none are given."""
        if settings is None and self.is_missing(job_id):
            self.retry(job_id)
            return
        wanted = settings or self.settings
        for job in self._mine([job_id], RESTARTABLE | {JobState.PAUSED}):
            self._shelf.forget(job_id)
            if job.link is not None:
                self.links.with_files([job], partial(self._split_again, wanted))
            else:
                self._split_again(wanted, [job])

    def _split_again(self, settings: Settings, jobs: Sequence[Job]) -> None:
        models, put = self.models.lister(), self._conveyor.put
        for job in jobs:
            if job != self.job(job.id):  # its song is to be fetched again
                self._ledger.put([job])
            self._adder.with_options_of_now(job.id, self.folders, settings, models, put)

    def remove(self, ids: Sequence[str]) -> None:
        """Take jobs off the list. Saved stems stay; a running job is cancelled."""
        for job in self._jobs(ids):
            if self.is_elsewhere(job.id):
                busy = StemDeskError(ErrorCode.JOB_BUSY, path=job.source)
                self.message.emit(reports.error_message(busy))
        mine = [job.id for job in self._jobs(ids) if not self.is_elsewhere(job.id)]
        if self._runner.job_id in mine:
            self._conveyor.cancel()  # its scratch goes when it has ended
        linked = [job.id for job in self._jobs(mine) if job.link is not None]
        self._ledger.remove(mine)
        self._conveyor.forget(mine)
        self.links.forget(linked)
        for job_id in mine:
            if job_id != self._runner.job_id:
                self._janitor.discard(self.folders.scratch, job_id)
        self._conveyor.pump()

    def choose_entries(self, job_id: str, chosen: Sequence[LinkEntry]) -> None:
        """Put jobs for these entries in place of a list's; with none of them, it goes."""
        job = self.job(job_id)
        if job is None or self.links.list_of(job_id) is None:
            return
        self._ledger.put_in_place(job_id, self.links.entries(job, chosen))
        self._conveyor.forget([job_id])
        self.links.forget([job_id])

    def forget_ended(self) -> None:
        """Take everything off the list that is done, failed or cancelled."""
        self.remove([job.id for job in self.jobs if job.state in ENDED])

    def move(self, job_id: str, before_id: str | None) -> None:
        """Place a job before another one, or at the end of the queue."""
        self._ledger.move(job_id, before_id)

    def locate(self, job_id: str, folder: Path) -> None:
        """A done job's stems are in `folder` now; a message follows if they are not."""
        for job in self._mine([job_id], {JobState.DONE}):
            self._shelf.locate(job, folder)

    def trash(self, job_id: str) -> None:
        """Move a done job's stems to the system's trash and the job off the list."""
        for job in self._mine([job_id], {JobState.DONE}):
            self._shelf.trash(job, lambda: self.remove([job_id]))

    def hold(self) -> None:
        """Start no more jobs; the running one is finished."""
        self._conveyor.hold()
        self.links.hold()

    def release(self) -> None:
        """Start jobs again."""
        self._conveyor.release()
        self.links.release()

    def _runs(self, job_id: str) -> bool:
        """Whether it is worked on in this process: split, or fetched from its link."""
        return job_id == self._runner.job_id or self.links.has(job_id)

    def _jobs(self, ids: Iterable[str]) -> list[Job]:
        return [job for job in map(self.job, ids) if job is not None]

    def _mine(self, ids: Iterable[str], states: Collection[JobState]) -> list[Job]:
        """Those of the jobs that are in one of these states and that no process works on."""
        return [
            job
            for job in self._jobs(ids)
            if job.state in states and not self._runs(job.id) and not self.is_elsewhere(job.id)
        ]

    def _queue(self, ids: Iterable[str], states: Collection[JobState]) -> None:
        jobs = self._mine(ids, states)
        for job in jobs:
            self._elsewhere.adopt(job.id)
            self._shelf.forget(job.id)
        fetched = [job for job in jobs if job.link is not None and job.link.fetched]
        self._queue_all([job for job in jobs if job.link is None or not job.link.fetched])
        if fetched:
            self.links.with_files(fetched, self._queue_all)

    def _queue_all(self, jobs: Sequence[Job]) -> None:
        self._conveyor.put([job.moved_to(JobState.QUEUED) for job in jobs])
