from pathlib import Path

import pytest

from stemdesk.core.errors import DiskFullError, ErrorCode, SourceError
from stemdesk.core.job import Failure, Job, JobState, may_follow, new_job
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.track import Tags, Track


def make_job(state: JobState = JobState.QUEUED) -> Job:
    return Job(
        "id", Path("a.mp3"), SeparationOptions("m"), ExportOptions(), Path("out"), state=state
    )


def test_a_job_takes_the_names_of_its_track() -> None:
    track = Track(Path("/music/x.mp3"), Tags("Song", "Band"), Path("Album"))
    job = new_job(track, SeparationOptions("m"), ExportOptions(), Path("/out"))
    assert (job.name, job.relative, job.state) == ("Band - Song", Path("Album"), JobState.QUEUED)
    assert job.id != new_job(track, job.separation, job.export, job.root).id


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (Tags(), "x"),
        (Tags(title="Song"), "Song"),
        (Tags(artist="Band"), "x"),
        (Tags("Song", "Band"), "Band - Song"),
    ],
)
def test_names_without_tags(tags: Tags, name: str) -> None:
    assert Track(Path("x.mp3"), tags).name == name


def test_the_main_way_is_legal() -> None:
    job = make_job()
    for state in (JobState.DECODING, JobState.SEPARATING, JobState.SAVING, JobState.DONE):
        job = job.moved_to(state)
    assert job.state is JobState.DONE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (JobState.DONE, JobState.SEPARATING),
        (JobState.QUEUED, JobState.DONE),
        (JobState.FAILED, JobState.DONE),
        (JobState.CANCELLED, JobState.PAUSED),
        (JobState.PAUSED, JobState.SAVING),
    ],
)
def test_what_cannot_follow_is_refused(before: JobState, after: JobState) -> None:
    assert not may_follow(before, after)
    with pytest.raises(ValueError, match="cannot become"):
        make_job(before).moved_to(after)


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_can_be_left_or_is_the_end_of_a_try(state: JobState) -> None:
    assert any(may_follow(state, other) for other in JobState if other is not state)
    assert may_follow(state, state)


def test_a_new_state_clears_the_failure() -> None:
    failed = make_job(JobState.DECODING).moved_to(JobState.FAILED, Failure(ErrorCode.INTERNAL))
    assert failed.failure is not None
    assert failed.moved_to(JobState.QUEUED).failure is None


def test_a_failure_survives_json(tmp_path: Path) -> None:
    for error in (
        SourceError(ErrorCode.SOURCE_TOO_LONG, "x", path=Path("a\udc80.mp3"), limit_s=3.5),
        DiskFullError(tmp_path, 12),
    ):
        failure = Failure.of(error)
        assert Failure.from_json(failure.to_json()) == failure
