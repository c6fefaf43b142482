from __future__ import annotations

import gc
import threading
import weakref
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, ExportError, SourceError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.settings import Settings
from stemdesk.core.track import NO_TAGS, Tags
from stemdesk.gui.values import BatchSummary, Surroundings
from stemdesk.jobs.pipeline import Workplace
from stemdesk.jobs.store import JobStore
from support.desk import Desk, ScriptedPipeline, endless, failing, pausable

BROKEN = SourceError(ErrorCode.SOURCE_UNSUPPORTED, "not a sound")


def stored(desk: Desk) -> list[Job]:
    store = JobStore(desk.folders.database)
    try:
        return store.all()
    finally:
        store.close()


def test_jobs_run_one_after_the_other_on_one_thread(desk: Desk) -> None:
    desk.open()
    ids = desk.add("a.mp3", "b.mp3", "c.mp3")
    desk.wait_for(JobState.DONE, *ids)
    assert desk.script.ran == ["a.mp3", "b.mp3", "c.mp3"]
    assert len(desk.script.threads) == 1
    assert threading.get_ident() not in desk.script.threads
    assert desk.batches == [BatchSummary(3, 0, 0)]
    done = desk.controller.jobs[0]
    assert (done.output, done.frames, done.samplerate) == (done.root / "a", 44100, 44100)
    assert stored(desk) == list(desk.controller.jobs)
    desk.wait_until(lambda: not any(desk.scratch_of(job_id).exists() for job_id in ids))


def test_a_row_shows_each_stage_and_writes_it_only_when_it_changes(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = [JobState.WAITING, JobState.DECODING, JobState.SEPARATING]
    told = [(state, fraction) for state in stages for fraction in (0.1, 0.2, 0.3)]
    seen: list[tuple[JobState, float]] = []
    heard = threading.Condition()

    def slowly(_: Job, report: Report, __: CancelToken) -> None:
        for one in told:  # each is waited for: what comes in between is not it
            report(Progress(Stage[one[0].name], one[1]))
            with heard:
                heard.wait_for(partial(seen.__contains__, one), 30)

    desk.script.behaviours["a.mp3"] = slowly
    controller = desk.open()
    controller.hold()
    (job_id,) = desk.add("a.mp3")
    writes: list[JobState] = []
    update = JobStore.update

    def counted(store: JobStore, jobs: object) -> None:
        rows = list(jobs)  # type: ignore[call-overload]
        writes.extend(job.state for job in rows)
        update(store, rows)

    def note(changed: str) -> None:
        progress = controller.progress(changed)
        assert progress is not None
        with heard:
            seen.append((desk.state(changed), progress.fraction))
            heard.notify_all()

    monkeypatch.setattr(JobStore, "update", counted)
    controller.progress_changed.connect(note)
    desk.wait_until(lambda: not controller._adder.is_untagged(job_id))
    controller.release()
    desk.wait_for(JobState.DONE, job_id)
    assert [item for item in seen if item in told] == told
    assert len(writes) <= 6  # each state once, decoding also before the wait
    assert writes[-1] is JobState.DONE
    assert controller.progress(job_id) is None


def test_not_busy_any_more_when_the_last_change_is_heard(desk: Desk) -> None:
    controller = desk.open()
    busy: list[bool] = []
    controller.job_changed.connect(
        lambda job_id: busy.append(controller.busy) if desk.state(job_id) == "done" else None
    )
    desk.wait_for(JobState.DONE, *desk.add("a.mp3"))
    assert busy == [False]


def test_a_failing_job_does_not_stop_the_others(desk: Desk) -> None:
    desk.script.behaviours["b.mp3"] = failing(BROKEN)
    desk.open()
    first, second, third = desk.add("a.mp3", "b.mp3", "c.mp3")
    desk.wait_for(JobState.DONE, first, third)
    failed = desk.controller.job(second)
    assert failed is not None and failed.state is JobState.FAILED
    assert failed.failure is not None and failed.failure.code is ErrorCode.SOURCE_UNSUPPORTED
    assert desk.batches == [BatchSummary(2, 1, 0)]
    desk.wait_until(lambda: not desk.scratch_of(second).exists())


def test_a_failure_outside_of_the_song_keeps_what_is_computed(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = failing(ExportError(ErrorCode.FOLDER_NOT_WRITABLE))
    desk.open()
    ids = desk.add("a.mp3")
    desk.wait_for(JobState.FAILED, *ids)
    desk.close()
    assert desk.scratch_of(ids[0]).exists()


def test_a_bug_is_a_failed_row_with_details(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.gui.tasks.log.propagate", True)
    desk.script.behaviours["a.mp3"] = failing(ZeroDivisionError("a bug"))
    desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.DONE, second)
    job = desk.controller.job(first)
    assert job is not None and job.failure is not None
    assert job.state is JobState.FAILED and job.failure.code is ErrorCode.INTERNAL
    assert job.failure.detail == "ZeroDivisionError: a bug"
    assert "Traceback" in caplog.text


def test_retry_all_failed(desk: Desk) -> None:
    desk.script.behaviours = {"a.mp3": failing(BROKEN), "c.mp3": failing(BROKEN)}
    controller = desk.open()
    ids = desk.add("a.mp3", "b.mp3", "c.mp3")
    desk.wait_until(lambda: desk.batches == [BatchSummary(1, 2, 0)])
    desk.script.behaviours.clear()
    controller.retry_failed()
    desk.wait_for(JobState.DONE, *ids)
    assert desk.script.ran == ["a.mp3", "b.mp3", "c.mp3", "a.mp3", "c.mp3"]
    assert desk.batches[1:] == [BatchSummary(2, 0, 0)]


def test_a_job_that_is_retried_in_its_batch_counts_once(desk: Desk) -> None:
    desk.script.behaviours = {"a.mp3": failing(BROKEN), "b.mp3": endless}
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.SEPARATING, second)
    desk.script.behaviours.clear()
    controller.retry(first)
    controller.cancel(second)
    desk.wait_for(JobState.DONE, first)
    assert desk.batches == [BatchSummary(1, 0, 1)]


def test_pause_and_resume_of_the_running_job(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = pausable
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    controller.pause(first)
    assert controller.is_pausing(first)
    desk.wait_for(JobState.PAUSED, first)
    desk.wait_for(JobState.DONE, second)  # a paused job blocks nothing
    assert not controller.is_pausing(first)
    assert desk.scratch_of(first).exists()
    desk.script.behaviours.clear()
    controller.resume(first)
    desk.wait_for(JobState.DONE, first)
    assert desk.script.ran == ["a.mp3", "b.mp3", "a.mp3"]


def test_pause_cancel_and_resume_of_queued_jobs(desk: Desk) -> None:
    controller = desk.open()
    controller.hold()
    first, second, third = desk.add("a.mp3", "b.mp3", "c.mp3")
    controller.pause(first)
    controller.cancel(second)
    assert [desk.state(i) for i in (first, second)] == [JobState.PAUSED, JobState.CANCELLED]
    controller.release()
    desk.wait_for(JobState.DONE, third)
    assert desk.script.ran == ["c.mp3"]
    controller.cancel(second)  # what does not fit does nothing
    controller.pause(third)
    controller.resume(third)
    controller.resume(first)
    controller.retry(second)
    desk.wait_for(JobState.DONE, first, second, third)


def test_cancelling_the_running_job_drops_its_scratch(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = endless
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    controller.cancel(first)
    desk.wait_for(JobState.CANCELLED, first)
    desk.wait_for(JobState.DONE, second)
    desk.wait_until(lambda: not desk.scratch_of(first).exists())
    assert desk.batches == [BatchSummary(1, 0, 1)]


def test_removing_the_running_job_cancels_it_and_the_queue_goes_on(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = endless
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    controller.remove([first])
    assert desk.names() == ["b.mp3"] and desk.removed == [first]
    desk.wait_for(JobState.DONE, second)
    desk.wait_until(lambda: not desk.scratch_of(first).exists())
    assert [job.id for job in stored(desk)] == [second]


def test_moved_jobs_run_in_their_new_order(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = endless
    controller = desk.open()
    first, second, third = desk.add("a.mp3", "b.mp3", "c.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    moves: list[str] = []
    controller.job_moved.connect(moves.append)
    controller.move(third, second)
    assert desk.names() == ["a.mp3", "c.mp3", "b.mp3"] and moves == [third]
    controller.cancel(first)
    desk.wait_for(JobState.DONE, second, third)
    assert desk.script.ran == ["a.mp3", "c.mp3", "b.mp3"]


def test_holding_finishes_the_running_job_only(desk: Desk) -> None:
    go = threading.Event()

    def slow(*_: object) -> None:
        go.wait(30)

    desk.script.behaviours["a.mp3"] = slow
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.DECODING, first)
    controller.hold()
    go.set()
    desk.wait_for(JobState.DONE, first)
    assert not controller.busy and desk.batches == []
    assert desk.state(second) is JobState.QUEUED
    controller.release()
    desk.wait_for(JobState.DONE, second)


def test_stopping_keeps_the_job_queued_and_its_scratch(desk: Desk, qtbot: QtBot) -> None:
    desk.script.behaviours["a.mp3"] = endless
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    with qtbot.waitSignal(controller.stopped):
        controller.stop_now()
        assert stored(desk)[0].state is JobState.QUEUED  # at once: the process may be killed
    desk.close()
    assert [job.state for job in stored(desk)] == [JobState.QUEUED] * 2
    assert desk.scratch_of(first).exists()
    assert desk.script.ran == ["a.mp3"] and desk.batches == []
    desk.script.behaviours.clear()
    desk.open()
    desk.wait_for(JobState.DONE, first, second)
    assert desk.script.ran == ["a.mp3", "a.mp3", "b.mp3"]


def test_stopping_comes_to_an_end_even_if_the_job_does_not(desk: Desk, qtbot: QtBot) -> None:
    began, go = threading.Event(), threading.Event()

    def deaf(*_: object) -> None:
        began.set()
        go.wait(30)

    desk.script.behaviours["a.mp3"] = deaf
    controller = desk.open()
    desk.add("a.mp3")
    desk.wait_until(began.is_set)
    with qtbot.waitSignal(controller.stopped):
        controller.stop_now()
    assert not controller.close(1)
    go.set()


def test_stopping_with_nothing_to_do_is_quick(desk: Desk, qtbot: QtBot) -> None:
    controller = desk.open()
    with qtbot.waitSignal(controller.stopped):
        controller.stop_now()


def test_a_job_asked_to_pause_is_paused_after_a_stop(desk: Desk, qtbot: QtBot) -> None:
    desk.script.behaviours["a.mp3"] = endless  # never comes to the end of its pass
    controller = desk.open()
    (first,) = desk.add("a.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    controller.pause(first)
    with qtbot.waitSignal(controller.stopped):
        controller.stop_now()
    desk.close()
    assert stored(desk)[0].state is JobState.PAUSED


def test_split_again_takes_the_settings_of_now(desk: Desk) -> None:
    controller = desk.open()
    (first,) = desk.add("a.mp3")
    desk.wait_for(JobState.DONE, first)
    controller.change_settings(Settings(format="wav", bits=16))
    controller.split_again(first)
    desk.wait_until(lambda: len(desk.script.ran) == 2)
    desk.wait_for(JobState.DONE, first)
    assert desk.script.jobs[0].export.bits == 24
    assert desk.script.jobs[1].export.bits == 16
    assert desk.script.jobs[1].id == first


def test_forgetting_what_has_ended(desk: Desk) -> None:
    desk.script.behaviours = {"b.mp3": failing(BROKEN), "c.mp3": pausable}
    controller = desk.open()
    ids = desk.add("a.mp3", "b.mp3", "c.mp3")
    desk.wait_for(JobState.SEPARATING, ids[2])
    controller.forget_ended()
    assert desk.names() == ["c.mp3"] and desk.removed == ids[:2]


def test_what_was_cancelled_does_not_come_back_after_a_stop(desk: Desk, qtbot: QtBot) -> None:
    began, go = threading.Event(), threading.Event()

    def in_a_long_layer(_: Job, __: Report, cancel: CancelToken) -> None:
        began.set()
        go.wait(30)
        cancel.check()

    desk.script.behaviours["a.mp3"] = in_a_long_layer
    controller = desk.open()
    (first,) = desk.add("a.mp3")
    desk.wait_until(began.is_set)
    controller.cancel(first)
    with qtbot.waitSignal(controller.stopped):
        controller.stop_now()
        assert stored(desk)[0].state is JobState.CANCELLED
        go.set()
    desk.wait_until(lambda: not desk.scratch_of(first).exists())
    desk.close()
    assert stored(desk)[0].state is JobState.CANCELLED
    desk.open()
    assert desk.state(first) is JobState.CANCELLED
    assert desk.script.ran == ["a.mp3"]


def test_a_removed_job_does_not_count_in_its_batch(desk: Desk) -> None:
    desk.script.behaviours = {"a.mp3": failing(BROKEN), "b.mp3": endless}
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.SEPARATING, second)
    controller.remove([first])
    controller.cancel(second)
    desk.wait_until(lambda: desk.batches == [BatchSummary(0, 0, 1)])


def test_a_song_whose_tags_take_long_does_not_hold_up_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def on_a_hung_drive(path: Path) -> Tags:
        if path.name == "a.mp3":
            go.wait(30)
        return NO_TAGS

    monkeypatch.setattr("stemdesk.audio.tags.read_tags", on_a_hung_drive)
    monkeypatch.setattr("stemdesk.gui.adding._TAGS_AT_ONCE", 1)
    monkeypatch.setattr("stemdesk.gui.conveyor.TAG_PATIENCE_MS", 20)
    desk.open()
    first, second, third = desk.add("a.mp3", "b.mp3", "c.mp3")
    desk.wait_for(JobState.DONE, second, third)
    assert desk.state(first) is JobState.QUEUED and desk.batches == []
    go.set()
    desk.wait_for(JobState.DONE, first)
    assert desk.script.ran == ["b.mp3", "c.mp3", "a.mp3"]
    assert desk.batches == [BatchSummary(3, 0, 0)]


def test_files_that_come_before_the_start_wait_for_it(desk: Desk, qtbot: QtBot) -> None:
    controller = desk.open(start=False)
    controller.add_paths(desk.songs("a.mp3"))
    controller.change_settings(Settings(device="cpu"))
    controller.add_paths(desk.songs("b.mp3"))
    with qtbot.waitSignal(controller.batch_finished):
        controller.start()
    assert desk.script.ran == ["a.mp3", "b.mp3"]
    assert [place.device for place in desk.script.places] == ["cpu"]


def test_the_working_folder_stays_while_there_is_work_in_it(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = endless
    controller = desk.open()
    (first,) = desk.add("a.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    before, other = controller.folders.scratch, Settings(bits=16, scratch_folder=str(desk.root))
    controller.change_settings(other)
    assert (controller.settings.bits, controller.settings.scratch_folder) == (16, "")
    assert controller.folders.scratch == before
    assert [message.text[:30] for message in desk.messages] == ["The working folder stays where"]
    controller.cancel(first)
    desk.wait_for(JobState.CANCELLED, first)
    desk.wait_until(lambda: not desk.scratch_of(first).exists())
    controller.change_settings(other)
    assert controller.folders.scratch == desk.root / "StemDesk working files"
    assert desk.script.places[-1].scratch == controller.folders.scratch
    assert len(desk.messages) == 1


def test_commands_for_many_jobs_are_written_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = desk.open()
    controller.hold()
    ids = desk.add(*(f"{number}.mp3" for number in range(9)))
    desk.wait_until(lambda: not any(map(controller._adder.is_untagged, ids)))
    writes: list[int] = []
    update = JobStore.update

    def counted(store: JobStore, jobs: object) -> None:
        rows = list(jobs)  # type: ignore[call-overload]
        writes.append(len(rows))
        update(store, rows)

    monkeypatch.setattr(JobStore, "update", counted)
    controller.for_each(ids, controller.pause)
    assert writes == [9]
    assert {job.state for job in stored(desk)} == {JobState.PAUSED}
    controller.release()
    controller.for_each(ids, controller.resume)
    desk.wait_for(JobState.DONE, *ids)


def test_models_are_let_go_on_the_compute_thread(desk: Desk) -> None:
    freed_on: list[int] = []
    factory = desk.script.factory

    def watched(place: Workplace) -> ScriptedPipeline:
        made = factory(place)
        weakref.finalize(made, lambda: freed_on.append(threading.get_ident()))
        return made

    desk.script.factory = watched  # type: ignore[assignment,method-assign]
    controller = desk.open()
    desk.wait_for(JobState.DONE, *desk.add("a.mp3"))
    controller.change_settings(Settings(device="cpu"))
    desk.wait_until(lambda: bool(freed_on))
    assert set(freed_on) == desk.script.threads


def test_a_closed_controller_needs_no_garbage_collector(desk: Desk) -> None:
    """It would come late, and the timers go on until then."""
    assert not gc.isenabled()  # as in the window
    controller = weakref.ref(desk.open())
    desk.wait_for(JobState.DONE, *desk.add("a.mp3"))
    desk.close()
    assert controller() is None


def test_models_are_let_go_some_time_after_the_last_job(desk: Desk) -> None:
    desk.rest_ms = 0
    desk.script.behaviours["b.mp3"] = endless
    controller = desk.open()
    first, second = desk.add("a.mp3", "b.mp3")
    desk.wait_for(JobState.SEPARATING, second)
    assert desk.script.rested_on == []  # the second began as soon as the first had ended
    controller.pause(second)
    controller.cancel(second)
    desk.wait_until(lambda: len(desk.script.rested_on) == 1)
    assert set(desk.script.rested_on) == desk.script.threads
    desk.script.behaviours.clear()
    controller.retry(second)
    desk.wait_for(JobState.DONE, first, second)
    desk.wait_until(lambda: len(desk.script.rested_on) == 2)


def test_a_job_that_comes_in_time_finds_the_models(desk: Desk) -> None:
    controller = desk.open()
    resting = controller._runner._resting
    assert resting.interval() == desk.rest_ms and Surroundings().rest_ms == 10_000
    desk.script.behaviours["b.mp3"] = endless
    desk.wait_for(JobState.DONE, *desk.add("a.mp3"))
    assert resting.isActive()
    desk.wait_for(JobState.SEPARATING, *desk.add("b.mp3"))
    assert not resting.isActive()
    desk.close()
    assert not resting.isActive()
