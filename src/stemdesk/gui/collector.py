"""Objects that hold each other in a circle are destroyed in the GUI thread only.

Python looks for such circles whenever so many objects were made, in the thread that makes the next
one, and destroys what it finds there. Qt's objects must end in the thread they live in: a timer
cannot be stopped from another one, a window takes the process down or waits for ever. So Python's
own collections are turned off for as long as the window is there, and the GUI thread does them.

They come as often as Python's own would by the number of objects, up to `LOOK_MS` later. What
other threads leave in circles meanwhile stays in memory until then, and for as long as the GUI
thread is busy; it never waits for long. Numbers, samples and networks are not in circles: they go
when they are let go, in any thread. The command line has no Qt, and keeps Python's collections.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 250
_REST = 30
"""All objects are looked at for at most one part in so many of the time."""


class Collections:
    """Does by hand, in whatever thread calls `look`, what Python does by itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._middle = 0  # collections of the second generation since the last of all
        self._not_before = 0.0  # all of them, by the clock

    def look(self) -> int | None:
        """Collect what is due; the generation that was collected, or None. A threshold of 0 means
        that somebody wants none now, as for Python."""
        fresh, young, _ = gc.get_count()
        first, second, third = (*gc.get_threshold(), 0, 0)[:3]
        if not first or fresh <= first:
            return None
        # Python would have looked at the youngest each time that so many were made.
        young += fresh // first
        if young <= second:
            gc.collect(0)
            return 0
        self._middle += max(1, young // max(1, second))
        if self._middle <= (third or 10) or self._clock() < self._not_before:
            gc.collect(1)
            return 1
        begun = self._clock()
        gc.collect()
        ended = self._clock()
        self._middle, self._not_before = 0, ended + _REST * (ended - begun)
        return 2


class Collector(QObject):
    """Lives in the GUI thread: from now on, circles end there."""

    def __init__(self, parent: QObject | None = None, look_ms: int = LOOK_MS) -> None:
        super().__init__(parent)
        self._collections = Collections()
        gc.disable()
        self._timer = QTimer(self, interval=look_ms)
        self._timer.timeout.connect(self._collections.look)
        self._timer.start()
