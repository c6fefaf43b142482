"""Between the window and the work: scheduler, ledger and tasks in, Qt signals out.

Lives in the GUI thread and never waits there. Jobs run one after the other on the compute thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.job import ENDED, RESTARTABLE, Job, JobState
from stemdesk.core.progress import Progress
from stemdesk.core.settings import Settings
from stemdesk.gui import reports
from stemdesk.gui.adding import Adder
from stemdesk.gui.conveyor import Conveyor
from stemdesk.gui.elsewhere import Elsewhere
from stemdesk.gui.hearing import Hearing
from stemdesk.gui.janitor import Janitor
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.machine import Machine
from stemdesk.gui.memory import LedgerMemory
from stemdesk.gui.model_desk import ModelDesk
from stemdesk.gui.runner import Runner, make_pipeline
from stemdesk.gui.shelf import Shelf
from stemdesk.gui.tasks import Tasks, ignore
from stemdesk.gui.values import PipelineFactory, Surroundings
from stemdesk.gui.waits import Waits
from stemdesk.jobs.scheduler import keeps_scratch
from stemdesk.paths import Folders


class Controller(QObject):
    """What the window can ask for and hear.

    Commands return at once; what came of them is heard as signals. A command that does not fit
    a job's state (it may have ended a moment ago) does nothing.
    """

    jobs_reset = Signal()  # everything may have changed
    jobs_added = Signal(object)  # list[Job], at the end of the queue
    job_changed = Signal(str)  # job id; also when a removed job's run ends and `busy` changes
    job_moved = Signal(str)  # job id: the order changed
    jobs_removed = Signal(object)  # list[str]
    progress_changed = Signal(str)  # job id, at most 20 a second
    batch_finished = Signal(object)  # BatchSummary
    device_known = Signal(object)  # DeviceLike
    models_known = Signal(object)  # tuple[ModelChoice, ...]
    model_wanted = Signal(str)  # songs wait for this model from now on
    message = Signal(object)  # UserMessage
    stopped = Signal()

    def __init__(
        self,
        folders: Folders,
        settings: Settings,
        pipeline_factory: PipelineFactory = make_pipeline,
        parent: QObject | None = None,
        *,
        surroundings: Surroundings | None = None,
    ) -> None:
        """`folders`: the defaults; what the settings choose is put in here."""
        super().__init__(parent)
        around = surroundings or Surroundings()
        self._stop_ms = around.stop_ms
        self._started = False
        self._early: list[Path] = []  # given before the start
        tasks = self.tasks = Tasks(self)
        machine = self._machine = Machine(tasks, folders, settings, around.probe, self)
        ledger = self._ledger = Ledger(folders.database, self)
        self.memory = LedgerMemory(ledger, self)
        self.models = ModelDesk(tasks, ledger, machine, around.models, self)
        runner = self._runner = Runner(tasks, pipeline_factory, self, around.rest_ms)
        adder = self._adder = Adder(tasks, ledger, self)
        self._shelf = Shelf(tasks, ledger, self)
        self.hearing = Hearing(lambda: machine.folders, lambda: machine.settings)
        janitor = self._janitor = Janitor(tasks, self.hearing, self)
        # These know nothing of the controller: in a circle of references, the garbage collector
        # would end it and its timers, in whatever thread that happens to run.
        elsewhere = self._elsewhere = Elsewhere(
            ledger, machine.scratch, lambda: runner.job_id, around.poll_ms, self
        )
        self._waits = Waits(
            tasks, ledger, lambda: machine.folders, around.free_bytes, around.retry_ms, self
        )
        self._conveyor = Conveyor(runner, ledger, adder, elsewhere, janitor, machine.scratch, self)
        self._connect()

    def _connect(self) -> None:
        self._ledger.opened.connect(self._on_opened)
        self._ledger.reset.connect(self.jobs_reset)
        self._ledger.added.connect(self._on_added)
        self._ledger.changed.connect(self.job_changed)
        self._ledger.moved.connect(self.job_moved)
        self._ledger.removed.connect(self.jobs_removed)
        self._ledger.failed.connect(self._complain)
        self._adder.model_wanted.connect(self.model_wanted)
        self._conveyor.model_wanted.connect(self.model_wanted)
        self._shelf.changed.connect(self.job_changed)
        self._elsewhere.changed.connect(self.job_changed)
        self._waits.can_go_on.connect(self.go_on)
        self._waits.looked.connect(self.models.look_while_none)
        self._machine.device_known.connect(self.device_known)
        self._machine.models_moved.connect(self.models.look)
        self.models.known.connect(self.models_known)
        self.models.arrived.connect(self._waits.look)
        self.models.can_go_on.connect(self.go_on)
        self.models.settings_wanted.connect(self.change_settings)
        for part in (self._adder, self._shelf, self._machine, self.models):
            part.message.connect(self.message)
        self._conveyor.progressed.connect(self.progress_changed)
        self._conveyor.rested.connect(self.job_changed)
        self._conveyor.batch_finished.connect(self.batch_finished)
        self._conveyor.stopped.connect(self.stopped)

    # Start and end.

    def start(self) -> None:
        """Begin to work, after the first paint: what was queued in the last run goes on."""
        self._started = True
        self._runner.set_workplace(self.hearing.workplace())
        self._machine.start()
        self.models.look()
        self._ledger.open()
        if self._early:
            self.add_paths(self._early)

    def _on_opened(self) -> None:
        self._elsewhere.start()
        self._waits.start()
        self._janitor.clean(self.folders.scratch, self.folders.database)
        self._adder.read_tags(self._ledger.jobs)

    def stop_now(self) -> None:
        """Stop the running job, to go on at the next start; `stopped` follows within 1 s."""
        self._adder.stop()
        self._conveyor.stop(self._stop_ms)

    def close(self, wait_ms: int = 2000) -> bool:
        """End all work and write everything. False if a thread did not end within `wait_ms`:
        then the process has to be ended without tidying up."""
        self._adder.stop()
        self._conveyor.stop(self._stop_ms)
        self._elsewhere.stop()
        self._waits.stop()
        self.models.stop()
        self._runner.close()
        ended = self.hearing.close(wait_ms / 1000) & self.tasks.close(wait_ms)
        self._machine.close()
        self._ledger.close()
        return ended

    # What is known.

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs in the order of the queue."""
        return self._ledger.jobs

    def job(self, job_id: str) -> Job | None:
        return self._ledger.get(job_id)

    def progress(self, job_id: str) -> Progress | None:
        """How far the running job is; None for any other."""
        return self._runner.progress if job_id == self._runner.job_id else None

    def is_elsewhere(self, job_id: str) -> bool:
        """Whether another StemDesk process works on the job."""
        return self._elsewhere.has(job_id)

    def is_pausing(self, job_id: str) -> bool:
        """Whether the job runs and was asked to pause."""
        return job_id == self._runner.job_id and self._runner.pausing

    def is_cancelling(self, job_id: str) -> bool:
        """Whether the job was cancelled and ends as soon as its current layer is done."""
        return job_id == self._runner.job_id and self._runner.cancelled

    def is_missing(self, job_id: str) -> bool:
        """Whether a done job's stems are gone. Answers from memory and looks behind it:
        `job_changed` follows if the answer was wrong."""
        job = self.job(job_id)
        return job is not None and self._shelf.is_missing(job)

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

    def change_settings(self, settings: Settings) -> None:
        """Take and save them. Queued jobs keep theirs; a working folder in use stays, as told."""
        moved = settings.scratch_folder != self.settings.scratch_folder
        if moved and (self.busy or any(keeps_scratch(job) for job in self.jobs)):
            settings = replace(settings, scratch_folder=self.settings.scratch_folder)
            self.message.emit(reports.SCRATCH_IN_USE)
        if self._machine.change_settings(settings):
            if self._started:
                self._runner.set_workplace(self.hearing.workplace())
                self.tasks.io(self.hearing.trim, ignore, behind=True)
            self._waits.look()

    # Adding.

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Add each song under these files and folders; before the start, they wait for it."""
        if not self._started:
            self._early.extend(paths)
            return
        self._adder.add(paths, self.folders, self.settings, self.models.lister())

    def add_demo(self) -> None:
        """Add the demo song that the app makes itself."""
        self._adder.add_demo(self.folders, self.settings, self.models.lister())

    def _on_added(self, jobs: list[Job]) -> None:
        self._adder.read_tags(jobs)
        self.jobs_added.emit(jobs)
        self._conveyor.pump()

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
            self.job_changed.emit(job_id)
            return
        jobs = self._mine([job_id], {JobState.QUEUED, JobState.WAITING})
        self._conveyor.put(job.moved_to(JobState.PAUSED) for job in jobs)

    def resume(self, job_id: str) -> None:
        """Queue a paused job again."""
        self._elsewhere.adopt(job_id)
        self._queue([job_id], {JobState.PAUSED, JobState.QUEUED})

    def cancel(self, job_id: str) -> None:
        """Stop a job for good and drop what was computed; `retry` starts it anew."""
        if job_id == self._runner.job_id:
            self._conveyor.cancel()
            self.job_changed.emit(job_id)
            return
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
        elif self._mine([job_id], RESTARTABLE | {JobState.PAUSED}):
            self._shelf.forget(job_id)
            models, put = self.models.lister(), self._conveyor.put
            wanted = settings or self.settings
            self._adder.with_options_of_now(job_id, self.folders, wanted, models, put)

    def remove(self, ids: Sequence[str]) -> None:
        """Take jobs off the list. Saved stems stay; a running job is cancelled."""
        for job in self._jobs(ids):
            if self.is_elsewhere(job.id):
                busy = StemDeskError(ErrorCode.JOB_BUSY, path=job.source)
                self.message.emit(reports.error_message(busy))
        mine = [job.id for job in self._jobs(ids) if not self.is_elsewhere(job.id)]
        if self._runner.job_id in mine:
            self._conveyor.cancel()  # its scratch goes when it has ended
        self._ledger.remove(mine)
        self._conveyor.forget(mine)
        for job_id in mine:
            if job_id != self._runner.job_id:
                self._janitor.discard(self.folders.scratch, job_id)
        self._conveyor.pump()

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

    def release(self) -> None:
        """Start jobs again."""
        self._conveyor.release()

    def _jobs(self, ids: Iterable[str]) -> list[Job]:
        return [job for job in map(self.job, ids) if job is not None]

    def _mine(self, ids: Iterable[str], states: Collection[JobState]) -> list[Job]:
        """Those of the jobs that are in one of these states and that no process works on."""
        return [
            job
            for job in self._jobs(ids)
            if job.state in states
            and job.id != self._runner.job_id
            and not self.is_elsewhere(job.id)
        ]

    def _queue(self, ids: Iterable[str], states: Collection[JobState]) -> None:
        jobs = self._mine(ids, states)
        for job in jobs:
            self._elsewhere.adopt(job.id)
            self._shelf.forget(job.id)
        self._conveyor.put([job.moved_to(JobState.QUEUED) for job in jobs])

    def _complain(self, error: StemDeskError) -> None:
        self.message.emit(reports.error_message(error))
