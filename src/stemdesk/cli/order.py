"""What all songs of a run are to become, and which earlier jobs that fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.jobs.locks import is_running

_RESUMED = ACTIVE | {
    JobState.INTERRUPTED,
    JobState.FAILED,
    JobState.CANCELLED,
    JobState.WAITING,
}


@dataclass(frozen=True, slots=True)
class Order:
    """`root`: the folder that song folders are saved under."""

    separation: SeparationOptions
    export: ExportOptions
    root: Path


def was_left(earlier: Job, job: Job, scratch: Path) -> bool:
    """Whether `earlier` is `job`, left unfinished by a process that does not run any more."""
    same = (earlier.separation, earlier.export, earlier.root, earlier.relative) == (
        job.separation,
        job.export,
        job.root,
        job.relative,
    )
    return same and earlier.state in _RESUMED and not is_running(scratch, earlier.id)
