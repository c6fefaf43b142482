"""What of the jobs can be heard now: who runs, who listens, where a song is decoded for both.

The window makes one `Live` and gives it to its pipelines; the command line has none. Songs are
opened from it as `LiveSong` (a job that is not done) and `SavedSong`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stemdesk.audio.originals import Handle, Originals
from stemdesk.audio.play_cache import original_key
from stemdesk.audio.playable import Range
from stemdesk.audio.store import JobAudio
from stemdesk.core.errors import StemDeskError
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, ignore_progress
from stemdesk.engine.pass_queue import Wish
from stemdesk.jobs.scratch import is_of
from stemdesk.jobs.task import Task
from stemdesk.log import log
from stemdesk.models.library import ModelLibrary

_KEPT = 8
"""Runs that are remembered after their end: what is finished of a paused job can be heard."""


class Live:
    """Every method may be called from any thread."""

    def __init__(self, originals: Originals) -> None:
        self.originals = originals
        self._lock = threading.Lock()
        self._running: Task | None = None
        self._tasks: dict[str, Task] = {}  # by job, the last runs
        self._wanted: dict[str, Wish] = {}  # by job, where a person was last
        self._listeners: Counter[str] = Counter()

    @contextmanager
    def showing(self, task: Task) -> Iterator[None]:
        """The job runs meanwhile. Decides where its song is decoded: with the player, if that has
        begun."""
        job_id, handle = task.job.id, None
        with self._lock:
            if task.audio.facts() is None:
                handle = self.originals.share(
                    task.job.source, task.model.samplerate, task.recipe.fingerprint
                )
                task.shared = None if handle is None else handle.original
            self._running = task
            self._tasks.pop(job_id, None)
            self._tasks[job_id] = task
            while len(self._tasks) > _KEPT:
                del self._tasks[next(iter(self._tasks))]
            wanted = self._wanted.get(job_id)
        if wanted is not None:
            task.queue.prioritise(wanted)
        try:
            yield
        finally:
            with self._lock:
                self._running = None
            if handle is not None:
                handle.close()

    def keep(self, task: Task) -> None:
        """The job's mix outlives its scratch, in the playback cache."""
        facts = task.audio.facts()
        if facts is not None:
            key = original_key(facts.fingerprint, facts.samplerate)
            known = {
                "source_samplerate": facts.source_samplerate,
                "source_channels": facts.source_channels,
                "notices": facts.notices,
            }
            self.originals.cache.adopt(key, task.audio.mix_path, facts.samplerate, known)

    def task(self, job: Job) -> Task | None:
        """The job's last run, if its song and options are still the same."""
        task = self._tasks.get(job.id)
        same = task is not None and (task.job.source, task.job.separation) == (
            job.source,
            job.separation,
        )
        return task if same else None

    def revive(self, job: Job, scratch: Path, library: ModelLibrary) -> None:
        """Find what an earlier process has finished of a job that rests, so that it can be heard.
        Takes as long as reading the model's files."""
        audio = JobAudio(scratch / job.id)
        facts = audio.facts()
        if facts is None or self.task(job) is not None:
            return
        from stemdesk.jobs.pipeline import prepare

        try:
            model, recipe = prepare(job, library)
            if not is_of(audio.folder, recipe):
                return
            task = Task(job, model, recipe, audio, 0.0, ignore_progress, CancelToken())
        except (StemDeskError, OSError) as error:
            log.info("what is finished of %s cannot be heard: %s", job.source, error)
            return
        task.queue.grow(facts.frames, complete=True)
        with self._lock:
            self._tasks.setdefault(job.id, task)

    def runs(self, task: Task) -> bool:
        """Whether this run has not ended."""
        return self._running is task

    def has_mix(self, task: Task) -> bool:
        """Whether this run decodes its song, or has."""
        return self.runs(task) or task.audio.facts() is not None

    def original_of(self, job: Job, samplerate: int, lost: bool) -> Handle | None:
        """A hold on the job's song; None where the job that runs decodes it, or has. `lost`: its
        scratch is gone."""
        with self._lock:
            task = self.task(job)
            if task is not None and not lost and task.shared is None and self.has_mix(task):
                return None
            mark = task.recipe.fingerprint if task is not None else ""
            return self.originals.open(job.source, samplerate, mark if lost else "")

    def want(self, job: Job, wish: Wish) -> None:
        """A person is at this place of the job's song: its passes come next, now or when it
        runs."""
        with self._lock:
            self._wanted[job.id] = wish
            running = self._running
        if running is not None and running.job.id == job.id:
            running.queue.prioritise(wish)

    def final(self, job: Job) -> tuple[Range, ...]:
        """The parts of the job's song that are separated, in frames at the model's rate."""
        task = self.task(job)
        return () if task is None else task.queue.final()

    def listen(self, job_id: str) -> None:
        """Somebody reads the job's scratch."""
        with self._lock:
            self._listeners[job_id] += 1

    def let_go(self, job_id: str) -> None:
        """Somebody does not read it any more."""
        with self._lock:
            self._listeners[job_id] -= 1
            if not self._listeners[job_id]:
                del self._listeners[job_id]

    def is_heard(self, job_id: str) -> bool:
        """Whether somebody reads the job's scratch."""
        return job_id in self._listeners

    def forget(self, job_id: str) -> None:
        """The job's scratch is of no use any more."""
        with self._lock:
            self._tasks.pop(job_id, None)
            self._wanted.pop(job_id, None)

    def close(self, timeout_s: float) -> bool:
        """The end of the app: stop decoding for the player; whether that ended in time."""
        return self.originals.close(timeout_s)
