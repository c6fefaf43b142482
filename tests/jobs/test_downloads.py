"""How long downloads are kept."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.job import Job, JobState
from stemdesk.core.link import Link
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.jobs.acquire import new_link_job
from stemdesk.jobs.downloads import clean_downloads, forget_download, keeps_download, with_file
from stemdesk.jobs.locks import job_lock
from stemdesk.paths import Folders

DAY_S = 86_400


@pytest.fixture
def where(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "config", tmp_path / "data", tmp_path / "logs", tmp_path / "music")


def begun(where: Folders, state: JobState, age_days: float = 0.0) -> Job:
    """A job with a partial download that was written to so long ago."""
    job = new_link_job(
        "https://a.example/1",
        SeparationOptions("small"),
        ExportOptions(),
        where.output,
        where.downloads,
    )
    job.source.mkdir(parents=True)
    part = job.source / "media.m4a.part"
    part.write_bytes(bytes(1000))
    then = time.time() - age_days * DAY_S
    for path in (part, job.source):
        os.utime(path, (then, then))
    return replace(job, state=state)


def kept_after_cleaning(where: Folders, job: Job | None, folder: Path) -> bool:
    freed = clean_downloads(where, lambda _: job)
    assert freed == (0 if folder.exists() else 1000)
    return folder.exists()


@pytest.mark.parametrize(
    ("state", "age_days", "kept"),
    [
        (JobState.QUEUED, 100, True),
        (JobState.PAUSED, 100, True),
        (JobState.WAITING, 100, True),
        (JobState.DOWNLOADING, 100, True),
        (JobState.FAILED, 6.9, True),
        (JobState.FAILED, 7.1, False),
        (JobState.INTERRUPTED, 6.9, True),
        (JobState.INTERRUPTED, 7.1, False),
        (JobState.CANCELLED, 0, False),
        (JobState.DONE, 0, False),
    ],
)
def test_what_ended_badly_is_kept_for_a_week(
    where: Folders, state: JobState, age_days: float, kept: bool
) -> None:
    job = begun(where, state, age_days)
    assert kept_after_cleaning(where, job, job.source) is kept
    assert list(where.scratch.glob("*.lock")) == []


def test_an_old_file_that_came_just_now_is_new(where: Folders) -> None:
    """Sites say when a song was made, and a file may carry that."""
    job = begun(where, JobState.FAILED, 100)
    (job.source / "media.m4a.part").rename(job.source / "media.m4a")
    assert kept_after_cleaning(where, job, job.source)


def test_what_belongs_to_no_job_goes_and_what_is_not_ours_stays(where: Folders) -> None:
    job = begun(where, JobState.QUEUED)
    theirs = where.downloads / "theirs"
    theirs.mkdir()
    assert not kept_after_cleaning(where, None, job.source)
    assert theirs.exists()
    assert clean_downloads(replace(where, data=where.data / "none"), lambda _: None) == 0


def test_what_a_process_works_on_stays(where: Folders) -> None:
    job = begun(where, JobState.CANCELLED)
    with job_lock(where.scratch, job.id, job.source):
        assert kept_after_cleaning(where, job, job.source)
        forget_download(where, job.id)
        assert job.source.exists()
    forget_download(where, job.id)
    assert not job.source.exists()


def test_nothing_is_made_to_forget_nothing(where: Folders) -> None:
    forget_download(where, "0" * 32)
    assert not where.data.exists()


def test_downloads_serve_until_a_job_is_done_or_cancelled(where: Folders) -> None:
    job = begun(where, JobState.QUEUED)
    serves = [state for state in JobState if keeps_download(replace(job, state=state))]
    assert set(JobState) - set(serves) == {JobState.DONE, JobState.CANCELLED}
    assert not keeps_download(replace(job, link=None))


def test_a_retry_fetches_again_what_is_gone(where: Folders) -> None:
    job = begun(where, JobState.FAILED)
    assert with_file(job, where.downloads) is job  # it was never there
    folder = job.source
    media, cover = folder / "media.m4a", folder / "cover.jpg"
    media.write_bytes(b"x")
    link = Link("https://a.example/1", "a 1", cover=cover, fetched=True)
    fetched = replace(job, source=media, link=link)
    assert with_file(fetched, where.downloads) is fetched
    media.unlink()
    again = with_file(fetched, where.downloads)
    assert again.needs_fetch and again.source == folder
    assert again.link == Link("https://a.example/1", "a 1")
    of_this_computer = replace(fetched, link=None)
    assert with_file(of_this_computer, where.downloads) is of_this_computer
