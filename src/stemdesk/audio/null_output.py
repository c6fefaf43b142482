"""The output where there is no sound device: a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from stemdesk.audio.output_values import OutputInfo, OutputKind, Pull


class NullOutput:
    """Asks for sound at the pace of a clock and drops it: everything works, nothing is heard."""

    PERIOD_S = 0.01
    MAX_TICK_S = 0.05
    """A clock that jumped (suspend, a busy machine) does not drain the ring at once."""

    def __init__(
        self,
        samplerate: int,
        pull: Pull,
        reason: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._samplerate = samplerate
        self._pull = pull
        self._info = OutputInfo(OutputKind.NULL, "no sound device", reason=reason)
        self._clock = clock
        self._last = clock()
        self._owed = 0.0  # frames, with their fraction
        self._buffer = np.zeros((int(samplerate * self.MAX_TICK_S) + 1, 2), dtype=np.float32)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def info(self) -> OutputInfo:
        return self._info

    @property
    def alive(self) -> bool:
        return True

    @property
    def underruns(self) -> int:
        return 0

    def start(self) -> None:
        if self._thread is None:
            self._last = self._clock()
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="null-output", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(self.PERIOD_S):
            self.tick()

    def tick(self) -> None:
        """Take the frames that are due since the last tick."""
        now = self._clock()
        self._owed += min(now - self._last, self.MAX_TICK_S) * self._samplerate
        self._last = now
        frames = int(self._owed)
        self._owed -= frames
        if frames:
            self._pull(self._buffer[:frames])

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        self.stop()
