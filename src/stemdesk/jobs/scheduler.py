"""What comes next: pure functions over the list of jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stemdesk.core.errors import (
    Cancelled,
    DiskFullError,
    ErrorCode,
    Paused,
    StemDeskError,
)
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.core.progress import Progress, Stage

if TYPE_CHECKING:
    from stemdesk.jobs.pipeline import Result

_SPARE_BYTES = 1 << 20
_STATE_OF = {
    Stage.WAITING: JobState.WAITING,
    Stage.DOWNLOADING: JobState.DOWNLOADING,
    Stage.DECODING: JobState.DECODING,
    Stage.SEPARATING: JobState.SEPARATING,
    Stage.SAVING: JobState.SAVING,
}


def next_job(jobs: Sequence[Job]) -> Job | None:
    """The first queued job whose song is there; waiting and paused ones never block those behind
    them."""
    queued = [job for job in jobs if job.state is JobState.QUEUED and not job.needs_fetch]
    return min(queued, key=lambda job: job.position, default=None)


def next_fetches(jobs: Sequence[Job]) -> list[Job]:
    """The queued jobs whose songs are to be fetched, in the order of the queue."""
    queued = [job for job in jobs if job.state is JobState.QUEUED and job.needs_fetch]
    return sorted(queued, key=lambda job: job.position)


def during(job: Job, progress: Progress) -> Job:
    """The job in the state that its progress tells; the same object while nothing changes."""
    state = _STATE_OF[progress.stage]
    return job if job.state is state else job.moved_to(state)


def after_result(job: Job, result: Result) -> Job:
    """The job as it stands after its run has ended well.

    A song that came from a link lies beside its stems now; where it was not kept, it would have to
    be fetched again.
    """
    job = _moved_in(job, result)
    return replace(
        job.moved_to(JobState.SAVING).moved_to(JobState.DONE),
        output=result.folder,
        frames=result.frames,
        samplerate=result.samplerate,
        notices=result.notices,
        null_depth=result.null_depth,
    )


def _moved_in(job: Job, result: Result) -> Job:
    link, source = job.link, job.source
    if link is None:
        return job
    if result.original is not None:
        source = result.original
    elif source.parent.name == job.id:  # its download, which goes now
        source, link = source.parent, link.anew()
    return replace(job, source=source, link=replace(link, cover=result.cover or link.cover))


def after_error(job: Job, error: BaseException, *, waits_for_disk: bool) -> Job:
    """The job as it stands after its run ended with `error`.

    `waits_for_disk`: the window waits for room and goes on by itself; the command line stops
    there, and the same command goes on.
    """
    if isinstance(error, Paused):
        return job.moved_to(JobState.PAUSED)
    if isinstance(error, Cancelled):
        return job.moved_to(JobState.CANCELLED)
    if isinstance(error, DiskFullError):
        state = JobState.WAITING if waits_for_disk else JobState.INTERRUPTED
        return job.moved_to(state, Failure.of(error))
    if isinstance(error, StemDeskError):
        return job.moved_to(JobState.FAILED, Failure.of(error))
    detail = f"{type(error).__name__}: {error}"
    return job.moved_to(JobState.FAILED, Failure(ErrorCode.INTERNAL, detail, job.source))


def after_stop(job: Job, *, cancelled: bool, pausing: bool) -> Job:
    """A job that runs while the app ends, as the next start finds it. `cancelled`, `pausing`: what
    a person had asked for it."""
    queued = job.moved_to(JobState.QUEUED)
    if cancelled:
        return queued.moved_to(JobState.CANCELLED)
    return queued.moved_to(JobState.PAUSED) if pausing else queued


def keeps_scratch(job: Job) -> bool:
    """Whether what is computed so far may serve again: a job that can go on, and one that
    failed for a reason outside of the song and the model (a read-only folder, memory)."""
    if job.state in (JobState.DONE, JobState.CANCELLED):
        return False
    if job.state is JobState.FAILED and job.failure is not None:
        return not is_about_input(job.failure)
    return True


def is_about_input(failure: Failure) -> bool:
    """Whether the song or the model is at fault, so that its scratch is of no use."""
    return failure.code.value.startswith(("source_", "model_", "stem_", "folder_without"))


def has_room(failure: Failure | None, free: Callable[[], int]) -> bool:
    """Whether a job that waits for disk can go on. `free`: bytes on its volume now."""
    if failure is None or failure.code is not ErrorCode.DISK_FULL:
        return True
    return free() >= int(failure.facts.get("needed_bytes", 0)) + _SPARE_BYTES


def moved(jobs: Sequence[Job], job_id: str, before_id: str | None) -> Job | None:
    """The job placed before another one, or at the end; None where nothing changes.

    Positions are fractions between the neighbours', so that a move writes one row.
    """
    ordered = sorted(jobs, key=lambda job: job.position)
    job = next((item for item in ordered if item.id == job_id), None)
    if job is None or before_id == job_id:
        return None
    others = [item for item in ordered if item.id != job_id]
    index = next((place for place, item in enumerate(others) if item.id == before_id), len(others))
    low = others[index - 1].position if index > 0 else None
    high = others[index].position if index < len(others) else None
    if low is None and high is None:
        return None
    if low is None:
        position = (high or 0.0) - 1.0
    else:
        position = low + 1.0 if high is None else (low + high) / 2
    return replace(job, position=position)
