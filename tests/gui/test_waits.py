from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.core.errors import DiskFullError, ErrorCode, ModelError
from stemdesk.core.job import Job, JobState
from stemdesk.gui.values import BatchSummary
from support.desk import Desk, failing
from support.models import install_small


class FullDisk:
    """Fills at the first run; the second one finds room."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs = 0

    def __call__(self, *_: object) -> None:
        self.runs += 1
        if self.runs == 1:
            raise DiskFullError(self.path, needed_bytes=5_000_000)


def waits_for(job: Job | None) -> ErrorCode | None:
    return job.failure.code if job is not None and job.failure is not None else None


def test_a_full_disk_is_waited_for_and_then_the_job_goes_on(desk: Desk) -> None:
    disk = desk.script.behaviours["a.mp3"] = FullDisk(desk.root)
    desk.free = 4_000_000
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.DONE, second)  # it blocks nothing
    job = controller.job(first)
    assert job is not None and job.state is JobState.WAITING
    assert waits_for(job) is ErrorCode.DISK_FULL
    assert job.failure is not None and job.failure.facts["needed_bytes"] == 5_000_000
    looks: list[int] = []
    controller._waits.looked.connect(lambda: looks.append(1))
    desk.wait_until(lambda: len(looks) > 3)
    assert disk.runs == 1  # there is still no room
    assert desk.scratch_of(first).exists()
    desk.free = 50_000_000
    desk.wait_for(JobState.DONE, first)
    assert desk.script.ran == ["a.mp3", "b.mp3", "a.mp3"]
    assert desk.batches == [BatchSummary(1, 0, 0), BatchSummary(1, 0, 0)]


def test_a_disk_that_was_full_is_waited_for_at_the_next_start(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = FullDisk(desk.root)
    desk.free = 0
    desk.open()
    (first,) = desk.add("a.mp3")
    desk.wait_for(JobState.WAITING, first)
    desk.close()
    controller = desk.open()
    assert desk.state(first) is JobState.WAITING
    assert waits_for(controller.job(first)) is ErrorCode.DISK_FULL
    assert desk.scratch_of(first).exists()
    desk.free = 10**9
    desk.wait_for(JobState.DONE, first)


def test_a_waiting_job_can_be_paused_cancelled_and_tried_at_once(desk: Desk) -> None:
    full = failing(DiskFullError(desk.root, needed_bytes=5_000_000))
    desk.script.behaviours = {"a.mp3": full, "b.mp3": full, "c.mp3": full}
    desk.free = 0
    controller = desk.open()
    ids = desk.add("a.mp3", "b.mp3", "c.mp3")
    desk.wait_for(JobState.WAITING, *ids)
    desk.script.behaviours.clear()
    controller.pause(ids[0])
    controller.cancel(ids[1])
    controller.retry(ids[2])
    desk.wait_for(JobState.DONE, ids[2])
    assert [desk.state(i) for i in ids[:2]] == [JobState.PAUSED, JobState.CANCELLED]


@pytest.mark.parametrize("code", [ErrorCode.MODEL_MISSING, ErrorCode.MODEL_NONE_INSTALLED])
def test_a_missing_model_is_waited_for(desk: Desk, code: ErrorCode) -> None:
    install_small(desk.folders.models, "mine")
    desk.script.behaviours["a.mp3"] = failing(ModelError(code, model="mine"))
    controller = desk.open()
    controller.hold()
    first, second = desk.add("a.mp3", "b.mp3")
    assert {job.separation.model for job in controller.jobs} == {"mine"}
    (desk.folders.models / "mine.yaml").unlink()
    controller.release()
    desk.wait_for(JobState.DONE, second)
    assert desk.state(first) is JobState.WAITING
    assert waits_for(controller.job(first)) is code
    desk.script.behaviours.clear()
    looks: list[int] = []
    controller._waits.looked.connect(lambda: looks.append(1))
    desk.wait_until(lambda: len(looks) > 3)
    assert desk.state(first) is JobState.WAITING
    install_small(desk.folders.models, "mine")
    desk.wait_for(JobState.DONE, first)


def test_a_damaged_model_is_a_failure(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = failing(ModelError(ErrorCode.MODEL_CORRUPT))
    desk.open()
    ids = desk.add("a.mp3")
    desk.wait_for(JobState.FAILED, *ids)
