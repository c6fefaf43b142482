"""Jobs that run while somebody listens: a real pipeline on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stemdesk.audio.originals import Originals
from stemdesk.audio.play_cache import PlayCache
from stemdesk.audio.playable import Playable
from stemdesk.core.errors import Cancelled, Paused
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, Progress, Stage
from stemdesk.jobs.live import Live
from stemdesk.jobs.live_song import LiveSong
from stemdesk.jobs.pipeline import Result
from support.media import Samples
from support.models import SAMPLERATE, SOURCES
from support.place import Place

WAIT_S = 60.0


def make_live(root: Path) -> Live:
    return Live(Originals(PlayCache(root / "cache", 1 << 30)))


def listen(live: Live, job: Job) -> LiveSong:
    return LiveSong(live, job, SOURCES, SAMPLERATE)


def wait_until(done: Callable[[], bool]) -> None:
    """Poll, as the player does."""
    end = time.monotonic() + WAIT_S
    pause = threading.Event()
    while not done():
        assert time.monotonic() < end
        pause.wait(0.005)


def heard(song: Playable, name: str = "") -> Samples:
    """float32 [2, frames]: the whole original, or a stem, read in blocks as the player does."""
    original = song.original
    assert original is not None
    reader = song.stem(name) if name else original
    step = 3000
    parts = [
        reader.read(start, min(step, song.frames - start)) for start in range(0, song.frames, step)
    ]
    return np.concatenate(parts, axis=1)


class Running:
    """A job on a thread of its own, which stops before its first pass, and at each further one,
    until it is let go on."""

    def __init__(self, place: Place, job: Job, live: Live, stepwise: bool = True) -> None:
        self.cancel = CancelToken()
        self.result: Result | None = None
        self.error: BaseException | None = None
        self.stages: list[Progress] = []
        self._steps = threading.Semaphore(0 if stepwise else 1 << 30)
        self._pipeline = place.pipeline(live=live)
        self._job = job
        self._stopped = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name="job", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._pipeline.run(self._job, self._report, self.cancel)
        except (Cancelled, Paused) as error:
            self.error = error
        self._stopped.release()

    def _report(self, progress: Progress) -> None:
        self.stages.append(progress)
        if progress.stage is Stage.SEPARATING:
            self._stopped.release()
            assert self._steps.acquire(timeout=WAIT_S)

    def wait_for_step(self) -> None:
        """Wait until it stands before a pass, or has ended."""
        assert self._stopped.acquire(timeout=WAIT_S)

    def step(self, passes: int = 1) -> None:
        """Let it do more passes, and wait until it stands again."""
        for _ in range(passes):
            self._steps.release()
            self.wait_for_step()

    def finish(self) -> None:
        """Let it go on to its end."""
        self._steps.release(1 << 20)
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()
