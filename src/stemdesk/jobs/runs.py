"""How the jobs went that this computer has done: counted, and their time measured.

The time per minute of music is taken from the first pass of a run to the end of its saving, and
counts the part of the song that was not finished before. What was waited for does not count.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.files import exists
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import Progress, Stage
from stemdesk.jobs.folder import MANIFEST

_LEAST_SHARE = 0.05
"""Of a song: less is no measure, since models are loaded and stems saved whole."""


@dataclass(frozen=True, slots=True)
class Run:
    """One job's end. `outcome`: DONE, FAILED or CANCELLED. `device`: torch's name, "" if nothing
    was computed. `music_s`: seconds of music that were separated in `spent_s` seconds; both 0
    where nothing was measured. `ended`: Unix seconds."""

    outcome: JobState
    ended: float
    model: str = ""
    device: str = ""
    music_s: float = 0.0
    spent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured with one model on one device."""

    model: str
    device: str
    songs: int
    music_s: float
    spent_s: float

    @property
    def per_minute_s(self) -> float:
        """Seconds that a minute of music took."""
        return 60.0 * self.spent_s / self.music_s if self.music_s else 0.0


@dataclass(frozen=True, slots=True)
class Totals:
    """All runs together; `speeds`: the newest first."""

    done: int = 0
    failed: int = 0
    cancelled: int = 0
    speeds: tuple[Speed, ...] = ()


class Stopwatch:
    """Follows one run of a job by its progress."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._before = 0.0  # fraction that was finished

    def hear(self, progress: Progress) -> None:
        if progress.stage is Stage.SEPARATING and self._began is None:
            self._began, self._before = self._clock(), progress.fraction

    def stop(self, job: Job) -> Run:
        """The run of this job, which has ended."""
        run = Run(job.state, time.time(), job.separation.model)
        share = 1.0 - self._before
        if job.state is not JobState.DONE or self._began is None or share < _LEAST_SHARE:
            return run
        music_s = share * job.frames / job.samplerate if job.samplerate else 0.0
        spent_s = self._clock() - self._began
        device = "" if job.output is None else device_of(job.output)
        return Run(job.state, run.ended, run.model, device, music_s, spent_s)


def device_of(folder: Path) -> str:
    """Which device computed a song folder's stems last; "" if it does not say."""
    path = folder / MANIFEST
    if not exists(path):
        return ""
    try:
        return str(json.loads(path.read_text("utf-8"))["computed"][-1]["device"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return ""
