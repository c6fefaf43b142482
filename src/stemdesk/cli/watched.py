"""Tells when a song gets no further, while the main thread is busy inside of a pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from stemdesk.core.progress import Progress
from stemdesk.core.stall import LOOK_EVERY_S, StallWatch, log_text
from stemdesk.log import log


class ShowsProgress(Protocol):
    """The part of `display.Display` that is needed here."""

    def progress(self, progress: Progress) -> None: ...


class Watched:
    """Hands a song's progress on to a display. Inside of `with`, a thread looks whether any
    comes, and shows the last one again with `stalled_s` if none does."""

    def __init__(
        self,
        display: ShowsProgress,
        job_id: str,
        clock: Callable[[], float] = time.monotonic,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._display = display
        self._job_id = job_id
        self._watch = StallWatch(clock)
        self._every_s = every_s
        self._lock = threading.Lock()  # the display hears of one thing at a time
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="stall watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def progress(self, progress: Progress) -> None:
        """A `Report`."""
        with self._lock:
            self._watch.hear(progress)
            self._display.progress(progress)

    def _look_on(self) -> None:
        while not self._ended.wait(self._every_s):
            with self._lock:
                self._look()

    def _look(self) -> None:
        known, stalled = self._watch.stalled, self._watch.look()
        if stalled is None:
            return
        if not known:
            log.warning("job %s: %s", self._job_id, log_text(stalled))
        self._display.progress(stalled)
