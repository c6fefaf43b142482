"""Notices when a running job gets no further, from outside: inside of a pass it cannot tell."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from stemdesk.core.progress import Progress, Stage

TIMES_USUAL = 10
LEAST_S = 60.0  # a pass may take long once, on a computer that is busy otherwise
FIRST_S = 300.0  # before a pass was measured: libraries and a model are loaded, a drive wakes up
LOOK_EVERY_S = 5.0
_LOOK_MOST_S = 30.0


class StallWatch:
    """`hear` takes each progress of a job; `look` is to be called every `LOOK_EVERY_S`.

    Time in which nobody looked (a computer that slept, a process that was stopped) does not
    count. Not locked: for one thread, or under its owner's lock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._progress: Progress | None = None
        self._heard: Progress | None = None
        self._looked = 0.0
        self._waited = 0.0

    def start(self) -> None:
        """Another job has begun."""
        self._progress = self._heard = None

    def hear(self, progress: Progress) -> None:
        """The job says where it is; the same again is no progress."""
        if progress == self._heard:
            return
        self._progress = self._heard = progress
        self._looked, self._waited = self._clock(), 0.0

    @property
    def stalled(self) -> bool:
        """What the last look has found."""
        return self._progress is not None and self._progress.stalled_s is not None

    def look(self) -> Progress | None:
        """The last progress with `stalled_s`, if it was too long ago; else None."""
        progress, now = self._progress, self._clock()
        self._waited += min(now - self._looked, _LOOK_MOST_S)
        self._looked = now
        if progress is None or progress.stage is Stage.WAITING:  # for another StemDesk
            return None
        if self._waited < patience_s(progress):
            return None
        self._progress = replace(progress, left_s=None, stalled_s=self._waited)
        return self._progress


def patience_s(progress: Progress) -> float:
    """For how many seconds after `progress` it is no wonder that no other one comes."""
    if progress.pass_s is None:
        return FIRST_S
    return max(LEAST_S, TIMES_USUAL * progress.pass_s)


def log_text(stalled: Progress) -> str:
    """For the log: `no progress for 80 s, separating at 43 %, a pass usually takes 8.0 s`."""
    usual = "" if stalled.pass_s is None else f", a pass usually takes {stalled.pass_s:.1f} s"
    seconds = stalled.stalled_s or 0.0
    return f"no progress for {seconds:.0f} s, {stalled.stage.value} at {stalled.percent} %{usual}"
