"""Links on their way to become songs: looked up, then downloaded, beside the song that is split.

Lives in the GUI thread and never waits there. Two links at once at most, in the order of the
queue; while one is downloaded, the other thread looks up what was pasted last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.core.errors import StemDeskError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Progress, Stage
from stemdesk.core.track import Tags
from stemdesk.gui.elsewhere import Elsewhere, is_held
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.link_values import LinkServices
from stemdesk.gui.machine import Machine
from stemdesk.gui.tasks import Outcome, Tasks, Tell, ignore
from stemdesk.jobs.scheduler import after_error, after_stop, next_fetches

if TYPE_CHECKING:
    from stemdesk.fetch.links.values import LinkEntry, LinkList

AT_ONCE = 2
AHEAD = 8  # songs that are downloaded and wait to be split; a long list does not fill the disk
_NOT_SPLIT = frozenset({JobState.QUEUED, JobState.WAITING})
_OVER = frozenset({JobState.DONE, JobState.CANCELLED})
_LOOKING = Progress(Stage.DOWNLOADING, 0.0)


@dataclass(slots=True)
class _Run:
    """A look-up or a download that is under way. `unwanted`: a person does not want the song any
    more, and what came of it is deleted by whoever downloads it."""

    looks: bool
    token: CancelToken = field(default_factory=CancelToken)
    unwanted: threading.Event = field(default_factory=threading.Event)
    progress: Progress = _LOOKING
    pausing: bool = False


class LinkDesk(QObject):
    """A command that does not fit what happens to a link now does nothing."""

    list_found = Signal(str, object)  # job id, LinkList: which of its entries are wanted?
    progressed = Signal(str)  # job id, at most 20 a second
    changed = Signal(str)  # job id: its run has begun or ended, its row is as it was

    def __init__(
        self,
        tasks: Tasks,
        ledger: Ledger,
        elsewhere: Elsewhere,
        machine: Machine,
        services: LinkServices,
        put: Callable[[Iterable[Job]], None],
        parent: QObject | None = None,
    ) -> None:
        """`put` writes jobs in their new states."""
        super().__init__(parent)
        self._tasks = tasks
        self._ledger = ledger
        self._elsewhere = elsewhere
        self._machine = machine
        self._services = services
        self._put = put
        self._runs: dict[str, _Run] = {}
        self._lists: dict[str, LinkList] = {}
        self._looked: set[str] = set()  # songs that were looked up; maybe without a key
        self._held = False
        self._stopping = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._pump)
        for signal in (ledger.reset, ledger.added, ledger.changed, ledger.moved, ledger.removed):
            signal.connect(self.pump)
        ledger.changed.connect(self._clear)
        elsewhere.freed.connect(self.pump)

    # What is known

    @property
    def running(self) -> frozenset[str]:
        """The jobs whose links are looked up or downloaded now."""
        return frozenset(self._runs)

    def has(self, job_id: str) -> bool:
        return job_id in self._runs

    def progress(self, job_id: str) -> Progress | None:
        """How far a link's song is; None where nothing happens to it now."""
        run = self._runs.get(job_id)
        return None if run is None else run.progress

    def is_pausing(self, job_id: str) -> bool:
        run = self._runs.get(job_id)
        return run is not None and run.pausing

    def is_cancelling(self, job_id: str) -> bool:
        run = self._runs.get(job_id)
        return run is not None and run.unwanted.is_set()

    def list_of(self, job_id: str) -> LinkList | None:
        """The list that was found behind a job's link, until its entries are chosen."""
        return self._lists.get(job_id)

    # What is asked

    def pump(self, _: object = None) -> None:
        """Look at the queue as soon as all that happens now has happened."""
        self._soon.start()

    def pause(self, job_id: str) -> None:
        """Rest a link; what is downloaded stays."""
        run = self._runs.get(job_id)
        if run is not None:
            run.pausing = True
            run.token.pause()

    def cancel(self, job_id: str) -> None:
        """Stop a link for good and delete what was downloaded."""
        run = self._runs.get(job_id)
        if run is not None:
            run.unwanted.set()
            run.token.cancel()

    def ask_again(self, job_id: str) -> None:
        """Ask anew which entries of a list are wanted."""
        found = self._lists.get(job_id)
        if found is not None:
            self.list_found.emit(job_id, found)

    def entries(self, job: Job, chosen: Sequence[LinkEntry]) -> list[Job]:
        """The jobs that come in place of a list's."""
        downloads, listed = self._machine.folders.downloads, self._lists[job.id]
        return self._services.entry_jobs(job, listed, chosen, downloads)

    def with_files(self, jobs: Sequence[Job], then: Callable[[list[Job]], None]) -> None:
        """Look whether the files of these jobs are still there, and call `then` with the jobs as
        they can go on: those that have none are to be fetched again. Jobs whose state has changed
        meanwhile are left out."""
        where, with_file, given = self._machine.folders, self._services.with_file, list(jobs)

        def looked(outcome: Outcome[list[Job]]) -> None:
            found = zip(given, outcome.value or given, strict=True)
            there = [(self._ledger.get(old.id), old, new) for old, new in found]
            then(
                [
                    replace(job, source=new.source, link=new.link)
                    for job, old, new in there
                    if job is not None and job.state is old.state
                ]
            )

        self._tasks.io(lambda: [with_file(job, where) for job in given], looked)

    def forget(self, ids: Iterable[str]) -> None:
        """Jobs are gone from the list, or were cancelled: delete what was downloaded for them."""
        gone = list(ids)
        for job_id in gone:
            self.cancel(job_id)
            self._lists.pop(job_id, None)
            self._looked.discard(job_id)
        rest = [job_id for job_id in gone if job_id not in self._runs]
        forget, where = self._services.forget, self._machine.folders

        def work() -> None:
            for job_id in rest:
                forget(where, job_id, self._is_needed)

        if rest:
            self._tasks.io(work, ignore, behind=True)

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        self._held = False
        self.pump()

    def stop(self) -> None:
        """Stop all, to go on at the next start; written now: the process may be ended before they
        have."""
        if self._stopping:
            return
        self._stopping = True
        self._soon.stop()
        jobs = [(self._ledger.get(job_id), run) for job_id, run in self._runs.items()]
        self._ledger.put(
            [
                after_stop(job, cancelled=run.unwanted.is_set(), pausing=run.pausing)
                for job, run in jobs
                if job is not None
            ]
        )
        for run in self._runs.values():
            run.token.cancel()

    def _clear(self, job_id: str) -> None:
        """A song is done or was cancelled, maybe while it was split: its download goes."""
        job = self._ledger.get(job_id)
        if job is not None and job.link is not None and job.state in _OVER:
            self.forget([job_id])

    def _is_needed(self, job_id: str) -> bool:
        """Whether a job may need its download (again). Asked in another thread: the ledger's
        dictionary is only read."""
        job = self._ledger.get(job_id)
        return job is not None and job.state not in _OVER

    # At work

    def _pump(self) -> None:
        while not (self._held or self._stopping) and len(self._runs) < AT_ONCE:
            job = self._next()
            if job is None:
                return
            self._run(job)

    def _next(self) -> Job | None:
        """The next link of the queue; while a song is downloaded, the next to be looked up."""
        jobs = [job for job in next_fetches(self._ledger.jobs) if self._is_free(job.id)]
        unknown = [job for job in jobs if self._must_look(job)]
        if any(not run.looks for run in self._runs.values()) and unknown:
            return unknown[0]
        if self._has_enough():
            return unknown[0] if unknown else None
        return jobs[0] if jobs else None

    def _is_free(self, job_id: str) -> bool:
        busy = job_id in self._runs or job_id in self._lists
        return not busy and not self._elsewhere.withholds(job_id)

    def _must_look(self, job: Job) -> bool:
        return job.link is not None and not job.link.key and job.id not in self._looked

    def _has_enough(self) -> bool:
        """Whether enough songs are downloaded and wait to be split, or for their model."""
        there = (job for job in self._ledger.jobs if job.link is not None and job.link.fetched)
        return sum(job.state in _NOT_SPLIT for job in there) >= AHEAD

    def _run(self, job: Job) -> None:
        run = self._runs[job.id] = _Run(looks=self._must_look(job))
        services, where, settings = self._services, self._machine.folders, self._machine.settings

        def work(tell: Tell) -> Job | LinkList:
            try:
                run.token.check_pause()
                rules = services.rules(settings, where)
                act = services.look_up if run.looks else services.fetch
                return act(job, where, rules, tell, run.token)
            finally:
                if run.unwanted.is_set():  # here: after it, the window may be gone
                    services.forget(where, job.id, lambda _: False)

        self._tasks.link(work, partial(self._on_ended, job.id), partial(self._on_told, job.id))
        self.changed.emit(job.id)

    def _on_told(self, job_id: str, progress: Progress) -> None:
        run, job = self._runs.get(job_id), self._ledger.get(job_id)
        if run is None or job is None or self._stopping:
            return
        run.progress = progress
        self._ledger.follow(job, progress)
        self.progressed.emit(job_id)

    def _on_ended(self, job_id: str, outcome: Outcome[Job | LinkList]) -> None:
        run = self._runs.pop(job_id)
        job = self._ledger.get(job_id)
        if job is None:  # removed meanwhile
            self.forget([job_id])
        elif is_held(outcome.error):
            self._elsewhere.met(job_id)
        elif not self._stopping:
            self._put_away(job, run, outcome)
        self.changed.emit(job_id)
        self.pump()

    def _put_away(self, job: Job, run: _Run, outcome: Outcome[Job | LinkList]) -> None:
        """Write how a look-up or a download has ended."""
        found, queued = outcome.value, job.moved_to(JobState.QUEUED)
        if isinstance(found, Job):
            self._looked.add(job.id)
            queued = replace(queued, source=found.source, link=found.link, tags=found.tags)
        if run.unwanted.is_set():
            self._put([queued.moved_to(JobState.CANCELLED)])
        elif outcome.error is not None or found is None:
            error = outcome.error or RuntimeError("no result")
            if isinstance(error, StemDeskError):
                self._looked.discard(job.id)  # retried, it is looked up again
            self._put([after_error(queued, error, waits_for_disk=True)])
        elif isinstance(found, Job):
            self._put([queued.moved_to(JobState.PAUSED) if run.pausing else queued])
        else:
            self._lists[job.id] = found
            self._put([_called(queued, found)])
            self.list_found.emit(job.id, found)


def _called(job: Job, found: LinkList) -> Job:
    """A list's row bears its name, not its address."""
    link = job.link
    if link is None or not found.title:
        return job
    return replace(job, tags=Tags(found.title), link=replace(link, site=found.site))
