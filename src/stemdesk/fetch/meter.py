"""Progress of a download: not too often, with a speed that does not jump about."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from stemdesk.core.transfer import Transfer, TransferReport

EVERY_S = 0.1
WINDOW_S = 5.0
_MEASURED_S = 0.5  # a speed over less says nothing


class Meter:
    """Reports at most once in `EVERY_S`, and the end. The speed is that of the last `WINDOW_S`,
    of bytes that came over the network: what an earlier download left does not count."""

    def __init__(
        self,
        name: str,
        total_bytes: int,
        report: TransferReport,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._total, self._report, self._clock = name, total_bytes, report, clock
        self._done = 0
        self._received = 0
        self._told: float | None = None
        self._history: deque[tuple[float, int]] = deque()  # when, bytes received until then

    def at(self, done_bytes: int, new_bytes: int = 0) -> None:
        """So much is there by now, `new_bytes` of it have just come."""
        if new_bytes and not self._history:
            self._history.append((self._clock(), self._received))
        self._done = done_bytes
        self._received += new_bytes
        self.tick()

    def rename(self, name: str) -> None:
        """What is downloaded is called so."""
        self._name = name

    def resize(self, total_bytes: int) -> None:
        """So much will be there in the end, as far as is known by now."""
        self._total = total_bytes

    def tick(self) -> None:
        """Time has passed: report if it is time."""
        now = self._clock()
        if self._told is not None and now - self._told < EVERY_S:
            return
        self._told = now
        speed = self._speed(now)
        left = max(0, self._total - self._done) / speed if speed and self._total else None
        self._report(Transfer(self._name, self._done, self._total, speed, left))

    def finish(self) -> None:
        """The file is there."""
        speed = self._speed(self._clock())
        self._report(Transfer(self._name, self._total, self._total, speed, 0.0))

    def _speed(self, now: float) -> float | None:
        """Bytes a second over the window, None before there is one to speak of."""
        history = self._history
        if not history:
            return None
        history.append((now, self._received))
        while now - history[1][0] >= WINDOW_S:  # the first stays at the window's edge
            history.popleft()
        since, before = history[0]
        if now - since < _MEASURED_S:
            return None
        return (self._received - before) / (now - since)
