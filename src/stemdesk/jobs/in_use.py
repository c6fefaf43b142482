"""Whether a model is being used by a job, in whatever process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.job import ACTIVE
from stemdesk.jobs.locks import is_running
from stemdesk.jobs.store import JobStore


def ensure_unused(name: str, database: Path, scratch: Path) -> None:
    """Raises `ModelError` (MODEL_IN_USE) if a song is being split with the model, `StoreError`
    where that cannot be found out."""
    if not database.exists():
        return
    with closing(JobStore(database)) as store:
        jobs = [job for job in store.all() if job.state in ACTIVE and job.separation.model == name]
    if any(is_running(scratch, job.id) for job in jobs):
        raise ModelError(ErrorCode.MODEL_IN_USE, model=name)
