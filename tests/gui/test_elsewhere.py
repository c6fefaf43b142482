from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stemdesk.core.errors import DiskFullError
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.jobs.store import JobStore
from support.desk import Desk, endless
from support.jobs import a_job

_HOLD = """
import sys
from pathlib import Path
from stemdesk.jobs.locks import job_lock
with job_lock(Path(sys.argv[1]), sys.argv[2], Path("song.mp3")):
    print("held", flush=True)
    sys.stdin.readline()
"""


class OtherProcess:
    """Another StemDesk that holds a job's lock until it is let go or dies."""

    def __init__(self, scratch: Path, job_id: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(scratch), job_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"

    def end(self) -> None:
        self._process.communicate("\n")

    def die(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def store(desk: Desk) -> Iterator[JobStore]:
    """The database as another process sees it."""
    made = JobStore(desk.folders.database)
    yield made
    made.close()


def in_store(desk: Desk, store: JobStore, name: str, state: JobState) -> Job:
    """A job that another process has written, with some scratch."""
    (song,) = desk.songs(name)
    (job,) = store.add([a_job(song, state=state)])
    desk.scratch_of(job.id).mkdir(parents=True)
    return job


@pytest.mark.parametrize("state", [JobState.SEPARATING, JobState.SAVING, JobState.WAITING])
def test_what_a_crash_interrupted_is_shown_and_goes_on_when_asked(
    desk: Desk, store: JobStore, state: JobState
) -> None:
    job = in_store(desk, store, "a.mp3", state)
    queued = in_store(desk, store, "b.mp3", JobState.QUEUED)
    controller = desk.open()
    assert desk.state(job.id) is JobState.INTERRUPTED
    desk.wait_for(JobState.DONE, queued.id)  # an orderly stop's jobs go on by themselves
    assert desk.state(job.id) is JobState.INTERRUPTED
    assert desk.scratch_of(job.id).exists()
    controller.go_on([job.id])
    desk.wait_for(JobState.DONE, job.id)


def test_a_job_that_waits_for_disk_was_not_interrupted(desk: Desk, store: JobStore) -> None:
    job = in_store(desk, store, "a.mp3", JobState.QUEUED)
    full = Failure.of(DiskFullError(desk.root, 5_000_000))
    store.update([job.moved_to(JobState.WAITING, full)])
    desk.free = 0
    desk.open()
    assert desk.state(job.id) is JobState.WAITING


def test_another_process_job_is_shown_and_left_alone(desk: Desk, store: JobStore) -> None:
    job = in_store(desk, store, "a.mp3", JobState.SEPARATING)
    other = OtherProcess(desk.folders.scratch, job.id)
    controller = desk.open()
    assert controller.is_elsewhere(job.id)
    for command in (controller.cancel, controller.pause, controller.retry, controller.resume):
        command(job.id)
    controller.remove([job.id])
    assert [message.text for message in desk.messages] == [
        "a.mp3 is being split by another StemDesk right now. Wait until it is done there."
    ]
    assert desk.state(job.id) is JobState.SEPARATING
    assert desk.scratch_of(job.id).exists()
    done = job.moved_to(JobState.SAVING).moved_to(JobState.DONE)
    store.update([done])
    other.end()
    desk.wait_for(JobState.DONE, job.id)
    desk.wait_until(lambda: not controller.is_elsewhere(job.id))
    assert desk.script.ran == []
    assert (job.id, JobState.INTERRUPTED) not in desk.states


def test_a_process_that_dies_leaves_an_interrupted_job(desk: Desk, store: JobStore) -> None:
    job = in_store(desk, store, "a.mp3", JobState.SEPARATING)
    other = OtherProcess(desk.folders.scratch, job.id)
    controller = desk.open()
    assert controller.is_elsewhere(job.id)
    other.die()
    desk.wait_for(JobState.INTERRUPTED, job.id)
    assert not controller.is_elsewhere(job.id)
    saved = store.get(job.id)
    assert saved is not None and saved.state is JobState.INTERRUPTED


def test_a_queued_job_that_another_process_took_waits_for_it(desk: Desk, store: JobStore) -> None:
    job = in_store(desk, store, "a.mp3", JobState.QUEUED)
    mine = in_store(desk, store, "b.mp3", JobState.QUEUED)
    other = OtherProcess(desk.folders.scratch, job.id)
    controller = desk.open()
    desk.wait_for(JobState.DONE, mine.id)
    assert controller.is_elsewhere(job.id)
    assert desk.script.ran == ["b.mp3"]
    saved = store.get(job.id)
    assert saved is not None and saved.state is JobState.QUEUED  # its row is not ours to write
    other.end()
    desk.wait_for(JobState.DONE, job.id)


def test_what_another_process_queues_is_its_own_until_all_is_quiet(
    desk: Desk, store: JobStore
) -> None:
    running = in_store(desk, store, "a.mp3", JobState.SEPARATING)
    other = OtherProcess(desk.folders.scratch, running.id)
    controller = desk.open()
    job = in_store(desk, store, "b.mp3", JobState.QUEUED)
    desk.wait_until(lambda: controller.job(job.id) is not None)
    desk.wait_for(JobState.DONE, *desk.add("mine.mp3"))
    assert desk.script.ran == ["mine.mp3"]
    other.die()
    desk.wait_for(JobState.DONE, job.id)
    assert desk.script.ran == ["mine.mp3", "b.mp3"]


def test_a_person_can_start_what_another_process_has_queued(desk: Desk, store: JobStore) -> None:
    running = in_store(desk, store, "a.mp3", JobState.SEPARATING)
    other = OtherProcess(desk.folders.scratch, running.id)
    controller = desk.open()
    job = in_store(desk, store, "b.mp3", JobState.QUEUED)
    desk.wait_until(lambda: controller.job(job.id) is not None)
    controller.resume(job.id)
    desk.wait_for(JobState.DONE, job.id)
    other.die()


def test_old_scratch_goes_at_the_start_but_not_that_of_jobs_that_can_go_on(
    desk: Desk, store: JobStore
) -> None:
    paused = in_store(desk, store, "a.mp3", JobState.PAUSED)
    ended = in_store(desk, store, "b.mp3", JobState.CANCELLED)
    stray = desk.scratch_of("0" * 32)
    stray.mkdir()
    desk.open()
    desk.wait_until(lambda: not stray.exists() and not desk.scratch_of(ended.id).exists())
    assert desk.scratch_of(paused.id).exists()


def test_our_own_running_job_is_not_taken_for_another_process(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = endless
    controller = desk.open()
    (first,) = desk.add("a.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    for _ in range(3):
        controller._elsewhere.poll()
    assert not controller.is_elsewhere(first)
    assert desk.state(first) is JobState.SEPARATING
