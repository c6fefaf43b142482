"""A song whose job is not done, as the player plays it: in the queue, running, or resting."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from stemdesk.audio.originals import Extent, Handle
from stemdesk.audio.playable import Range, Reader
from stemdesk.audio.store import CHANNELS, Samples, StemReader
from stemdesk.core.errors import ScratchError
from stemdesk.core.job import Job
from stemdesk.engine.pass_queue import Wish
from stemdesk.jobs.live import Live
from stemdesk.jobs.task import Task


class LiveSong:
    """A `Playable` that follows its job from the queue to its end. Its original is what the job
    has in scratch, or what is decoded for the player as long as there is nothing; its stems are
    the finished passes. When scratch goes, it falls silent and nothing of it is final.
    """

    def __init__(self, live: Live, job: Job, stems: tuple[str, ...], samplerate: int) -> None:
        """`stems`, `samplerate`: of its model."""
        self.stems = stems
        self.samplerate = samplerate
        self._live = live
        self._job = job
        self._task: Task | None = None
        self._lost = False  # the task's scratch is gone
        self._mix_lost = False  # or its mix alone: it was moved to the cache
        self._played = False  # or only drawn
        self._handle: Handle | None = None
        self._closed = False
        live.listen(job.id)
        self._follow()

    @property
    def frames(self) -> int:
        task, extent = self._follow(), self._extent
        facts = None if task is None else task.audio.facts()
        if facts is not None:
            return facts.frames
        if extent.complete:
            return extent.frames
        declared = 0 if task is None else max(task.declared, task.queue.frames)
        return max(declared, extent.frames, extent.known)

    @property
    def complete(self) -> bool:
        task, extent = self._follow(), self._extent
        if extent.complete or task is None or task.audio.facts() is None:
            return extent.complete
        return not self._mix_lost or extent.error is not None

    @property
    def known(self) -> int:
        task = self._follow()
        in_scratch = 0 if task is None or self._mix_lost else task.audio.mix_frames
        return max(self._extent.known, in_scratch)

    @property
    def original(self) -> Reader | None:
        return _Mix(self)

    def stem(self, name: str) -> Reader:
        return _Stem(self, name)

    def final(self) -> tuple[Range, ...]:
        task = self._follow()
        return () if task is None else task.queue.final()

    def want(self, frame: int, speed: float = 0.0) -> None:
        self._played = True
        self._live.want(self._job, Wish(frame, time.monotonic() if speed else None, speed))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._live.let_go(self._job.id)
            if self._handle is not None:
                self._handle.close()

    @property
    def _extent(self) -> Extent:
        """How far the song is decoded for the player."""
        return Extent() if self._handle is None else self._handle.original.extent

    def _follow(self) -> Task | None:
        """The job's run whose scratch can be read; finds another way to the original where there
        is none."""
        task = self._live.task(self._job)
        if task is not self._task:
            self._task, self._lost, self._mix_lost = task, False, False
        if task is not None and (task.outline.stems, task.outline.samplerate) != (
            self.stems,
            self.samplerate,
        ):
            task = None  # another model of that name
        if self._lost:
            task = None
        lost = self._lost or self._mix_lost
        alone = task is None or lost or not self._live.has_mix(task)
        if self._handle is None and alone and not self._closed:
            self._handle = self._live.original_of(self._job, self.samplerate, lost)
        return task

    def is_run(self, task: Task) -> bool:
        """Whether this is the run whose scratch can be read."""
        return self._follow() is task

    def lose(self, task: Task) -> None:
        """The run's scratch could not be read."""
        if not task.audio.folder.is_dir():
            self._lost = True

    def read_mix(self, start: int, frames: int) -> Samples:
        """float32 [2, frames] of the original; zeros where it is not there. Raises what stopped the
        player's decoder, where nobody else decodes it."""
        task, extent = self._follow(), self._extent
        known = 0 if task is None else task.audio.mix_frames
        if task is not None and not self._mix_lost and known >= min(start + frames, extent.known):
            try:
                return task.audio.read_mix(start, frames)
            except ScratchError:
                self._mix_lost = True
                self.lose(task)
                self._follow()  # what the cache has is there at once
        if extent.error is not None and not self._has_mix(task):
            raise extent.error
        if self._handle is not None:
            return self._handle.original.read(start, frames, heard=self._played)
        return np.zeros((CHANNELS, frames), np.float32)

    def _has_mix(self, task: Task | None) -> bool:
        return task is not None and not self._mix_lost and self._live.has_mix(task)

    def stem_reader(self, name: str) -> _Passes | None:
        """Reads the passes that are finished now."""
        task = self._follow()
        if task is None:
            return None
        done = task.queue.done
        return _Passes(task, done, StemReader(task.audio, name, task.queue.finished()))


@dataclass(frozen=True, slots=True)
class _Passes:
    """A stem's passes, when `done` of all were finished."""

    task: Task
    done: int
    reader: StemReader


class _Mix:
    """The original."""

    def __init__(self, song: LiveSong) -> None:
        self._song = song

    def read(self, start: int, frames: int) -> Samples:
        return self._song.read_mix(start, frames)


class _Stem:
    """One stem."""

    def __init__(self, song: LiveSong, name: str) -> None:
        self._song = song
        self._name = name
        self._passes: _Passes | None = None

    def read(self, start: int, frames: int) -> Samples:
        if not self._is_fresh():
            self._passes = self._song.stem_reader(self._name)
        if self._passes is not None:
            try:
                return self._passes.reader.read(start, frames)
            except (ScratchError, ValueError):
                self._song.lose(self._passes.task)
        return np.zeros((CHANNELS, frames), np.float32)

    def _is_fresh(self) -> bool:
        passes = self._passes
        if passes is None:
            return False
        return self._song.is_run(passes.task) and passes.task.queue.done == passes.done
