"""The queue at work: starts the next job, follows it, and puts it away when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.core.errors import Cancelled, Paused, StemDeskError
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.core.progress import Progress
from stemdesk.gui.adding import Adder
from stemdesk.gui.batch import Batch
from stemdesk.gui.elsewhere import Elsewhere, is_held
from stemdesk.gui.janitor import Janitor
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.runner import Runner
from stemdesk.gui.tasks import Outcome
from stemdesk.gui.waits import MODEL_CODES, awaited_model
from stemdesk.jobs.scheduler import (
    after_error,
    after_result,
    after_stop,
    keeps_scratch,
    next_job,
)

if TYPE_CHECKING:
    from stemdesk.jobs.pipeline import Result

TAG_PATIENCE_MS = 2000


class Conveyor(QObject):
    """One job after the other, until the queue is empty, held, or stopped."""

    progressed = Signal(str)  # job id
    rested = Signal(str)  # job id: its run has ended although its row was removed before
    model_wanted = Signal(str)  # a song met that its model is not there, and waits for it now
    split = Signal(str, bool)  # job id: its song is finished now; whether it was split before
    batch_finished = Signal(object)  # BatchSummary
    stopped = Signal()

    def __init__(
        self,
        runner: Runner,
        ledger: Ledger,
        adder: Adder,
        elsewhere: Elsewhere,
        janitor: Janitor,
        scratch: Callable[[], Path],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._ledger = ledger
        self._adder = adder
        self._elsewhere = elsewhere
        self._janitor = janitor
        self._scratch = scratch
        self._batch = Batch()
        self._held = False
        self._stopping = False
        self._told_stopped = False
        self._together = False
        self._patience = QTimer(self, singleShot=True, interval=TAG_PATIENCE_MS)
        self._patience.timeout.connect(self._pass_untagged)
        runner.progressed.connect(self._on_progress)
        runner.ended.connect(self._on_ended)
        ledger.reset.connect(self.pump)
        adder.settled.connect(self.pump)
        elsewhere.freed.connect(self.pump)

    def pump(self) -> None:
        """Start the next job if none runs and one may; else tell how the batch went."""
        if self._at_rest():
            return
        job = next_job(self._free())
        if job is None:
            self._sum_up()
        elif not self._adder.is_untagged(job.id):
            self._runner.run(job)
        elif not self._patience.isActive():
            self._patience.start()

    def _at_rest(self) -> bool:
        """Whether nothing is to be started now."""
        busy = self._runner.job_id is not None
        return busy or self._held or self._stopping or self._together

    def _free(self) -> list[Job]:
        return [job for job in self._ledger.jobs if not self._elsewhere.withholds(job.id)]

    def _pass_untagged(self) -> None:
        """The next song's tags take long, on a drive that hangs maybe: the others go first."""
        job = next_job([job for job in self._free() if not self._adder.is_untagged(job.id)])
        if job is not None and not self._at_rest():
            self._runner.run(job)

    def _sum_up(self) -> None:
        coming = self._adder.adding or any(_is_coming(job) for job in self._free())
        summary = None if coming else self._batch.take()
        if summary is not None:
            self.batch_finished.emit(summary)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is put in here is written at once at the end, and then the queue goes on."""
        self._together = True
        try:
            with self._ledger.together():
                yield
        finally:
            self._together = False
        self.pump()

    def put(self, jobs: Iterable[Job]) -> None:
        """Write jobs in their new states; what they leave in scratch goes if it is of no use."""
        changed = list(jobs)
        for job in changed:
            self._batch.note(job)
            if not keeps_scratch(job):
                self._janitor.discard(self._scratch(), job.id)
        self._ledger.put(changed)
        self.pump()

    def forget(self, ids: Iterable[str]) -> None:
        """Jobs that were removed do not count any more."""
        self._batch.forget(ids)

    def cancel(self) -> None:
        """Stop the running job for good."""
        self._runner.cancel()

    def pause(self) -> None:
        """Pause the running job."""
        self._runner.pause()

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        self._held = False
        self.pump()

    def stop(self, within_ms: int) -> None:
        """Stop the running job so that it goes on at the next start; `stopped` follows."""
        if self._stopping:
            return
        self._stopping = True
        self._patience.stop()
        job_id = self._runner.job_id
        if job_id is None:
            QTimer.singleShot(0, self, self._tell_stopped)
            return
        job = self._ledger.get(job_id)
        if job is not None:  # written now: the process may be ended before the job has
            cancelled, pausing = self._runner.cancelled, self._runner.pausing
            self._ledger.put([after_stop(job, cancelled=cancelled, pausing=pausing)])
        self._runner.stop()
        QTimer.singleShot(within_ms, self, self._tell_stopped)

    def _tell_stopped(self) -> None:
        if not self._told_stopped:
            self._told_stopped = True
            self.stopped.emit()

    def _on_progress(self, job_id: str, progress: Progress) -> None:
        job = self._ledger.get(job_id)
        if job is None or self._stopping:
            return
        self._ledger.follow(job, progress)
        self.progressed.emit(job_id)

    def _on_ended(self, job_id: str, outcome: Outcome[Result]) -> None:
        job = self._ledger.get(job_id)
        if job is None:  # removed while it ran
            self._janitor.discard(self._scratch(), job_id)
        elif is_held(outcome.error):
            self._elsewhere.met(job_id)
        elif job.state is JobState.CANCELLED or not self._was_stopped(outcome):
            after = self._after(job, outcome)
            self.put([after])
            if outcome.value is not None and after.state is JobState.DONE:
                self.split.emit(job_id, outcome.value.already)
            if awaited_model(after):
                self.model_wanted.emit(awaited_model(after))
        if job is None:
            self.rested.emit(job_id)
        if self._stopping:
            self._tell_stopped()
        self.pump()

    def _was_stopped(self, outcome: Outcome[Result]) -> bool:
        """Whether its row was written by `stop` and says how it goes on."""
        return self._stopping and isinstance(outcome.error, Cancelled | Paused)

    def _after(self, job: Job, outcome: Outcome[Result]) -> Job:
        """The job as it stands after its run; from queued, whatever the row says meanwhile."""
        job = job.moved_to(JobState.QUEUED)
        error = outcome.error
        if outcome.value is not None:
            return after_result(job, outcome.value)
        if isinstance(error, StemDeskError) and error.code in MODEL_CODES:
            return job.moved_to(JobState.WAITING, Failure.of(error))
        return after_error(job, error or RuntimeError("no result"), waits_for_disk=True)


def _is_coming(job: Job) -> bool:
    """Whether its song is being fetched, or will be."""
    return job.needs_fetch and job.state in (JobState.QUEUED, JobState.DOWNLOADING)
