from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemdesk.core.errors import (
    Cancelled,
    DiskFullError,
    ErrorCode,
    ExportError,
    ModelError,
    Paused,
    SourceError,
)
from stemdesk.core.job import ACTIVE, Failure, Job, JobState
from stemdesk.core.link import Link
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import Progress, Stage
from stemdesk.jobs.pipeline import Result
from stemdesk.jobs.scheduler import (
    after_error,
    after_result,
    after_stop,
    during,
    has_room,
    keeps_scratch,
    moved,
    next_fetches,
    next_job,
)
from support.jobs import a_job


def queue(*states: JobState) -> list[Job]:
    return [
        a_job(Path(str(place)), state=state, position=float(place))
        for place, state in enumerate(states)
    ]


def test_the_first_queued_job_is_next_whatever_waits_before_it() -> None:
    jobs = queue(JobState.DONE, JobState.WAITING, JobState.PAUSED, JobState.QUEUED, JobState.QUEUED)
    assert next_job(list(reversed(jobs))) == jobs[3]
    assert next_job(jobs[:3]) is None


def test_stages_become_states() -> None:
    job = a_job()
    for stage in Stage:
        job = during(job, Progress(stage, 0.0))
        assert job.state.value == stage.value
    assert during(job, Progress(Stage.SAVING, 0.5)) is job


def test_a_result_ends_a_job_from_any_active_state(tmp_path: Path) -> None:
    for state in ACTIVE:
        depth = NullDepth(-38.2, None)
        job = after_result(a_job(state=state), Result(tmp_path, 5, 44100, null_depth=depth))
        assert (job.state, job.output, job.frames) == (JobState.DONE, tmp_path, 5)
        assert job.null_depth is depth


def test_a_links_job_ends_with_its_song_where_it_lies_now(tmp_path: Path) -> None:
    link = Link("https://a.example/1", cover=Path("old.jpg"), fetched=True)
    job = a_job(state=JobState.SAVING, link=link)
    source, kept = tmp_path / "downloads" / job.id / "media.m4a", tmp_path / "original.m4a"
    job = replace(job, source=source)
    done = after_result(job, Result(tmp_path, 5, 44100, original=kept, cover=tmp_path / "c.jpg"))
    assert done.source == kept and not done.needs_fetch
    assert done.link is not None and done.link.cover == tmp_path / "c.jpg"
    gone = after_result(job, Result(tmp_path, 5, 44100))
    assert gone.source == source.parent and gone.needs_fetch
    assert next_fetches([gone]) == []  # only if a person asks for it
    again = after_result(replace(done, state=JobState.SAVING), Result(tmp_path, 5, 44100))
    assert again.source == kept and not again.needs_fetch  # it was never a download of this run


def test_errors_become_states(tmp_path: Path) -> None:
    job = a_job(state=JobState.SEPARATING)
    assert after_error(job, Paused(), waits_for_disk=True).state is JobState.PAUSED
    assert after_error(job, Cancelled(), waits_for_disk=True).state is JobState.CANCELLED
    full = DiskFullError(tmp_path, 10)
    assert after_error(job, full, waits_for_disk=True).state is JobState.WAITING
    assert after_error(job, full, waits_for_disk=False).state is JobState.INTERRUPTED
    bad = after_error(job, SourceError(ErrorCode.SOURCE_EMPTY), waits_for_disk=True)
    assert bad.state is JobState.FAILED
    bug = after_error(job, ZeroDivisionError("x"), waits_for_disk=True)
    assert bug.failure == Failure(ErrorCode.INTERNAL, "ZeroDivisionError: x", job.source)


@pytest.mark.parametrize(
    ("error", "keeps"),
    [
        (Paused(), True),
        (Cancelled(), False),
        (DiskFullError(Path("/"), 1), True),
        (ExportError(ErrorCode.FOLDER_NOT_WRITABLE), True),
        (SourceError(ErrorCode.SOURCE_NO_AUDIO), False),
        (ModelError(ErrorCode.MODEL_CORRUPT), False),
        (RuntimeError(), True),
    ],
)
def test_scratch_is_kept_for_what_can_go_on(error: Exception, keeps: bool) -> None:
    job = after_error(a_job(state=JobState.SAVING), error, waits_for_disk=True)
    assert keeps_scratch(job) is keeps


def test_a_job_that_runs_at_the_apps_end_goes_on_as_was_asked() -> None:
    running = a_job(state=JobState.SEPARATING)
    ends = [
        after_stop(running, cancelled=cancelled, pausing=pausing).state
        for cancelled, pausing in ((False, False), (False, True), (True, False), (True, True))
    ]
    queued, paused, cancelled = JobState.QUEUED, JobState.PAUSED, JobState.CANCELLED
    assert ends == [queued, paused, cancelled, cancelled]


def test_room_on_the_disk() -> None:
    full = Failure(ErrorCode.DISK_FULL, facts={"needed_bytes": 10 << 20})
    assert not has_room(full, lambda: 10 << 20)
    assert has_room(full, lambda: 11 << 20)
    assert has_room(None, lambda: 0)


@given(st.data())
def test_moves_give_the_order_that_was_asked_for(data: st.DataObject) -> None:
    jobs = queue(*[JobState.QUEUED] * data.draw(st.integers(1, 6)))
    order = [job.id for job in jobs]
    for _ in range(data.draw(st.integers(1, 8))):
        job_id = data.draw(st.sampled_from(order))
        before = data.draw(st.sampled_from([*order, None]))
        change = moved(jobs, job_id, before)
        if before != job_id:
            order.remove(job_id)
            order.insert(len(order) if before is None else order.index(before), job_id)
        if change is not None:
            jobs = [change if job.id == change.id else job for job in jobs]
        jobs.sort(key=lambda job: job.position)
        assert [job.id for job in jobs] == order


def test_moving_what_is_not_there_changes_nothing() -> None:
    jobs = queue(JobState.QUEUED)
    assert moved(jobs, "none", None) is None
    assert moved(jobs, jobs[0].id, None) is None
