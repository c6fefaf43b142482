"""Songs on their way from a link: a folder of the job's own in `Folders.downloads`.

What a download leaves stays there while its job may go on, so that it is resumed; a finished song
has moved into its song folder. Never touched while another process holds the job.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stemdesk.core.errors import StemDeskError
from stemdesk.core.files import is_file
from stemdesk.core.job import Job, JobState
from stemdesk.jobs.locks import job_lock
from stemdesk.jobs.scratch import size_bytes
from stemdesk.paths import Folders

STALE_DAYS = 7
_JOB_ID = re.compile("[0-9a-f]{32}")
_OF_NO_USE = frozenset({JobState.DONE, JobState.CANCELLED})
_ENDED_BADLY = frozenset({JobState.FAILED, JobState.INTERRUPTED})


def download_folder(downloads: Path, job_id: str) -> Path:
    """Where the job's song and its picture come into."""
    return downloads / job_id


def with_file(job: Job, downloads: Path) -> Job:
    """The job, to be fetched again if it came from a link and its file is gone: for Retry. The
    same object else. Looks at the disk."""
    link = job.link
    if link is None or not link.fetched or is_file(job.source):
        return job
    cover = link.cover if link.cover is not None and is_file(link.cover) else None
    return replace(
        job, source=download_folder(downloads, job.id), link=replace(link.anew(), cover=cover)
    )


def keeps_download(job: Job) -> bool:
    """Whether what was downloaded for the job so far may serve again."""
    return job.link is not None and job.state not in _OF_NO_USE


def forget_download(
    where: Folders, job_id: str, needed: Callable[[str], bool] = lambda _: False
) -> None:
    """Remove what was downloaded for a job, unless a process works on it or `needed` (asked while
    none can begin to) says that it may serve again. What the system will not let go, goes at the
    next start."""
    folder = download_folder(where.downloads, job_id)
    if not folder.exists():
        return
    with contextlib.suppress(StemDeskError), job_lock(where.scratch, job_id, folder):
        if not needed(job_id):
            shutil.rmtree(folder, ignore_errors=True)


def clean_downloads(
    where: Folders, find: Callable[[str], Job | None], now: float | None = None
) -> int:
    """Remove downloads of jobs that are not there (`find`, given an id), are done or were
    cancelled, and of those that ended badly more than 7 days ago. Returns the bytes freed."""
    moment = time.time() if now is None else now
    before = size_bytes(where.downloads)
    try:
        names = [path.name for path in where.downloads.iterdir()]
    except OSError:
        return 0
    for job_id in filter(_JOB_ID.fullmatch, names):  # nothing else in there is ours
        stale = _unused_days(where.downloads / job_id, moment) > STALE_DAYS

        def needed(job_id: str, stale: bool = stale) -> bool:
            job = find(job_id)
            if job is None or not keeps_download(job):
                return False
            return not (stale and job.state in _ENDED_BADLY)

        forget_download(where, job_id, needed)
    return max(0, before - size_bytes(where.downloads))


def _unused_days(folder: Path, now: float) -> float:
    """Days since something was written there. The folder's own time counts, too: a file may carry
    the time that its site gave it."""
    newest = 0.0
    with contextlib.suppress(OSError):
        newest = folder.stat().st_mtime
        for path in folder.iterdir():
            newest = max(newest, path.stat().st_mtime)
    return (now - newest) / 86_400
