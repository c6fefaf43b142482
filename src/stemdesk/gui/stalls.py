"""Looks every few seconds whether the running job gets any further."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.core.progress import Progress
from stemdesk.core.stall import LOOK_EVERY_S, StallWatch, log_text
from stemdesk.log import log


class Stalls(QObject):
    """Lives in the GUI thread: the compute thread cannot tell that it hangs."""

    found = Signal(object)  # the last Progress, with `stalled_s`; again at each look

    def __init__(
        self,
        parent: QObject | None = None,
        watch: StallWatch | None = None,
        every_ms: int = round(LOOK_EVERY_S * 1000),
    ) -> None:
        super().__init__(parent)
        self._watch = watch or StallWatch()
        self._job_id = ""
        self._timer = QTimer(self, interval=every_ms)
        self._timer.timeout.connect(self._look)

    def start(self, job_id: str) -> None:
        """A job begins to run."""
        self._job_id = job_id
        self._watch.start()
        self._timer.start()

    def hear(self, progress: Progress) -> None:
        """It has got further."""
        self._watch.hear(progress)

    def stop(self) -> None:
        """It has ended."""
        self._timer.stop()

    def _look(self) -> None:
        known, stalled = self._watch.stalled, self._watch.look()
        if stalled is None:
            return
        if not known:
            log.warning("job %s: %s", self._job_id, log_text(stalled))
        self.found.emit(stalled)
