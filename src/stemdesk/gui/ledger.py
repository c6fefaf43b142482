"""The jobs in memory and, as soon as the database takes it, on the disk.

The GUI thread never waits: a write that meets another process's write is tried again by a timer,
in the order in which it was asked for. Memory holds the truth meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.audio.listening import Listening
from stemdesk.core.errors import ErrorCode, StemDeskError, StoreError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import Progress
from stemdesk.jobs.scheduler import during, moved
from stemdesk.jobs.store import JobStore
from stemdesk.log import log

BUSY_TIMEOUT_S = 0.05
BUSY_RETRY_MS = 250
FAILED_RETRY_MS = 3000


class Ledger(QObject):
    """All jobs, in the order of the queue."""

    opened = Signal()
    reset = Signal()  # read anew
    added = Signal(object)  # list[Job]
    changed = Signal(str)  # job id
    moved = Signal(str)  # job id
    removed = Signal(object)  # list[str]
    failed = Signal(object)  # StemDeskError: once, until a write succeeds again

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._store: JobStore | None = None
        self._jobs: dict[str, Job] = {}
        self._ordered: tuple[Job, ...] | None = None
        self._dirty: dict[str, Job] = {}
        self._waiting: list[Callable[[JobStore], None]] = []
        self._changes: int | None = None
        # What another process had queued by itself when the database was last read.
        self.queued_elsewhere: frozenset[str] = frozenset()
        self._failing = False
        self._together = False
        self._retry = QTimer(self, singleShot=True)
        self._retry.timeout.connect(self._flush)

    def open(self) -> None:
        """Read the database; `opened` follows, later if another process keeps it busy."""
        self._waiting.append(self._read)
        self._flush()

    def close(self) -> None:
        """Write what can be written now, and close the database."""
        self._retry.stop()
        self._together = False
        self._flush()
        self._retry.stop()
        if self._store is not None:
            self._store.close()
            self._store = None

    @property
    def jobs(self) -> tuple[Job, ...]:
        if self._ordered is None:
            ordered = sorted(self._jobs.values(), key=lambda job: (job.position, job.created))
            self._ordered = tuple(ordered)
        return self._ordered

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def add(self, jobs: Sequence[Job]) -> None:
        """Append jobs, all in one transaction; `added` follows with their positions."""
        if jobs:
            self._waiting.append(lambda store: self._insert(store.add(jobs)))
            self._flush()

    def put_in_place(self, job_id: str, jobs: Sequence[Job]) -> None:
        """Put jobs where another one stands, which goes; `reset` follows, since they do not come
        at the end, and then `removed`."""

        def put(store: JobStore) -> None:
            placed = store.put_in_place(job_id, jobs)
            self._dirty.pop(job_id, None)
            self._jobs |= {job.id: job for job in placed}
            self._ordered = None
            self.queued_elsewhere = frozenset()  # these are ours
            self.reset.emit()  # with that one in front: who looks at it sees the next one then
            if self._jobs.pop(job_id, None) is not None:
                self._ordered = None
                self.removed.emit([job_id])

        self._waiting.append(put)
        self._flush()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is asked for in here is written at its end."""
        self._together = True
        try:
            yield
        finally:
            self._together = False
            self._flush()

    def put(self, jobs: Iterable[Job]) -> None:
        """Replace jobs, all in one transaction; those that were removed stay removed."""
        known = [job for job in jobs if job.id in self._jobs]
        for job in known:
            self._jobs[job.id] = self._dirty[job.id] = job
        self._ordered = None
        if known:
            self._flush()
        for job in known:
            self.changed.emit(job.id)

    def follow(self, job: Job, progress: Progress) -> None:
        """Put a running job into the state that its progress tells. Where another process has
        written the row, the run's end will put it right."""
        try:
            after = during(job, progress)
        except ValueError:
            return
        if after is not job:
            self.put([after])

    def remove(self, ids: Iterable[str]) -> None:
        gone = [job_id for job_id in ids if self._jobs.pop(job_id, None) is not None]
        if not gone:
            return
        for job_id in gone:
            self._dirty.pop(job_id, None)
        self._ordered = None
        self._waiting.append(lambda store: store.remove(gone))
        self._flush()
        self.removed.emit(gone)

    def remember(self, listening: Mapping[str, Listening]) -> None:
        """Write how songs are listened to, by job id."""
        kept = dict(listening)
        if kept:
            self._waiting.append(lambda store: store.remember(kept))
            self._flush()

    def recall(self, job_id: str) -> Listening | None:
        """How a song was listened to last, as far as the database knows and answers."""
        try:
            return None if self._store is None else self._store.recall(job_id)
        except StemDeskError as error:  # a song can be heard without it
            log.warning("the database did not answer: %s", error)
            return None

    def move(self, job_id: str, before_id: str | None) -> None:
        """Place a job before another one, or at the end."""
        job = moved(self.jobs, job_id, before_id)
        if job is None:
            return
        changed = [job]
        others = [other for other in self.jobs if other.id != job_id]
        if any(other.position == job.position for other in others):  # no fraction in between
            place = next((n for n, it in enumerate(others) if it.id == before_id), len(others))
            others.insert(place, job)
            changed = [replace(item, position=float(n)) for n, item in enumerate(others, 1)]
        for item in changed:
            self._jobs[item.id] = self._dirty[item.id] = item
        self._ordered = None
        self._flush()
        self.moved.emit(job_id)

    def poll(self) -> None:
        """Read anew if another process has written."""
        if self._store is None or self._dirty or self._waiting:
            return
        try:
            changed = self._store.change_count() != self._changes
        except StemDeskError as error:
            log.warning("the database did not answer: %s", error)
            return
        if changed:
            self._waiting.append(self._read)
            self._flush()

    def _read(self, store: JobStore) -> None:
        count = store.change_count()
        jobs = store.all()
        first, self._changes = self._changes is None, count
        before = {job.id for job in self._jobs.values() if job.state is JobState.QUEUED}
        self._jobs = {job.id: job for job in jobs} | self._kept(jobs)
        queued = {job.id for job in self._jobs.values() if job.state is JobState.QUEUED}
        self.queued_elsewhere = frozenset() if first else frozenset(queued - before)
        self._ordered = None
        if first:
            self.opened.emit()
        self.reset.emit()

    def _kept(self, jobs: list[Job]) -> dict[str, Job]:
        """What is not written yet of the jobs that were read: ours is newer."""
        return {job.id: self._dirty[job.id] for job in jobs if job.id in self._dirty}

    def _insert(self, jobs: list[Job]) -> None:
        self._jobs |= {job.id: job for job in jobs}
        self._ordered = None
        self.added.emit(jobs)

    def _flush(self) -> None:
        """Do everything that waits, in order; what the database refuses is tried again."""
        if self._together or self._retry.isActive():  # each try may hold the window up
            return
        try:
            if self._store is None:
                self._store = JobStore(self._path, BUSY_TIMEOUT_S)
            while self._waiting:
                self._do(self._waiting.pop(0), self._store)
            if self._dirty:
                self._store.update(self._dirty.values())
                self._dirty.clear()
            self._failing = False
        except StemDeskError as error:
            self._complain(error)
        except Exception as error:  # a bug: said, and no reason to lose what is to be written
            log.exception("the database failed unexpectedly")
            detail = f"{type(error).__name__}: {error}"
            self._complain(StemDeskError(ErrorCode.INTERNAL, detail, path=self._path))

    def _do(self, step: Callable[[JobStore], None], store: JobStore) -> None:
        # Taken off the list first: whoever hears of the step may write, too.
        try:
            step(store)
        except Exception:  # raised again: the step is not lost, whatever happened
            self._waiting.insert(0, step)
            raise

    def _complain(self, error: StemDeskError) -> None:
        """Try again soon, or later if it is more than another process's write; say so once."""
        busy = isinstance(error, StoreError) and error.retryable
        self._retry.start(BUSY_RETRY_MS if busy else FAILED_RETRY_MS)
        if not busy and not self._failing:
            self._failing = True
            log.error("the database failed: %s", error)
            self.failed.emit(error)
