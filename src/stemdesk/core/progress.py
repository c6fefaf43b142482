"""Progress as frozen values, the estimate of the time left, and the token that stops a job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from stemdesk.core.errors import Cancelled, Paused
from stemdesk.core.transfer import Transfer


class Stage(StrEnum):
    """What a running job does now."""

    WAITING = "waiting"  # for the compute device, held by another StemDesk
    DOWNLOADING = "downloading"  # a link's song
    DECODING = "decoding"
    SEPARATING = "separating"
    SAVING = "saving"


@dataclass(frozen=True, slots=True)
class Progress:
    """`fraction` of this stage, 0 to 1; `left_s`: seconds to the stage's end, None if unknown.

    `pass_s`: seconds that a pass usually takes, None before one was measured. `stalled_s`: so
    many seconds nothing has come after this, which is out of the ordinary (`core.stall`); else
    None. `transfer`: how far a download is, None before it has begun.
    """

    stage: Stage
    fraction: float
    left_s: float | None = None
    pass_s: float | None = None
    stalled_s: float | None = None
    transfer: Transfer | None = None

    @property
    def percent(self) -> int:
        """Rounded down: 100 only where nothing of the stage is left to do."""
        return int(self.fraction * 100 + 1e-6)  # 0.29 · 100 is 28.999…


Report = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """A `Report` for callers who do not care."""


class CancelToken:
    """Stops or pauses a job from another thread. Asked between the layers of a network, and
    everywhere else that takes time."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._paused = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def pause(self) -> None:
        self._paused.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `Cancelled` once the job was cancelled."""
        if self._cancelled.is_set():
            raise Cancelled

    def check_pause(self) -> None:
        """Raise `Cancelled` or `Paused`; asked where resting loses little work."""
        self.check()
        if self._paused.is_set():
            raise Paused

    def wait(self, seconds: float) -> None:
        """Rest for up to `seconds`, shorter if cancelled. Raises as `check_pause`."""
        self._cancelled.wait(seconds)
        self.check_pause()


class Estimate:
    """Seconds left, from measured steps: a smoothed time per step times the steps to go.

    The first step of a run (warm-up, caches) counts for less than later ones: exponential
    smoothing with weight 0.3, after two steps. A gap (suspend) starts anew: over `GAP_S`, and
    over `TIMES_USUAL` what was usual; two in a row are no gaps but slow steps.
    """

    GAP_S = 120.0
    TIMES_USUAL = 10

    def __init__(self, done: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        """`done`: steps that are finished already."""
        self._done = done
        self._clock = clock
        self._last = clock()
        self._per_step: float | None = None
        self._steps = 0
        self._at_once = 1
        self._after_gap = False

    @property
    def step_s(self) -> float | None:
        """Seconds that a step usually takes, or several that are done at once; None before one was
        measured."""
        return None if self._per_step is None else self._per_step * self._at_once

    def step(self, done: int, total: int) -> float | None:
        """Note that `done` of `total` steps are finished by now; return the seconds left, or None.

        Several steps at once took equally long each. Fewer than before: they are done again.
        """
        now = self._clock()
        more, self._done = done - self._done, done
        taken, self._last = now - self._last, now
        usual = (self.step_s or 0.0) * self.TIMES_USUAL
        gap = taken > max(self.GAP_S, usual) and not self._after_gap
        self._after_gap = gap
        if more < 1 or gap:
            self._per_step = None
            return None
        self._at_once = more
        taken /= more
        self._steps += 1
        if self._per_step is None or self._steps == 2:
            self._per_step = taken
        else:
            self._per_step += 0.3 * (taken - self._per_step)
        return max(0.0, self._per_step * (total - done))
