"""One summary at the end of many jobs: what ended since the queue was last empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stemdesk.core.job import ENDED, Job, JobState
from stemdesk.gui.values import BatchSummary


class Batch:
    """Remembers how each job ended last."""

    def __init__(self) -> None:
        self._ended: dict[str, JobState] = {}

    def note(self, job: Job) -> None:
        """The job as it is now: it counts if it has ended, and no more if it was queued again."""
        if job.state in ENDED:
            self._ended[job.id] = job.state
        else:
            self._ended.pop(job.id, None)

    def forget(self, ids: Iterable[str]) -> None:
        """Jobs that are gone from the list do not count."""
        for job_id in ids:
            self._ended.pop(job_id, None)

    def take(self) -> BatchSummary | None:
        """The summary, once; None where nothing has ended."""
        counts = Counter(self._ended.values())
        self._ended.clear()
        if not counts:
            return None
        return BatchSummary(
            done=counts[JobState.DONE],
            failed=counts[JobState.FAILED],
            cancelled=counts[JobState.CANCELLED],
        )
