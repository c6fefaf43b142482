from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.job import JobState
from stemdesk.core.options import SeparationOptions
from stemdesk.core.progress import Progress, Stage
from stemdesk.jobs import health
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.health import log_tail, look, place_lines, version_lines, work_lines
from stemdesk.jobs.runs import Run, Speed, Stopwatch, Totals, device_of
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders
from support.jobs import a_job


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def song(tmp_path: Path, state: JobState = JobState.DONE) -> Path:
    (tmp_path / MANIFEST).write_text(json.dumps({"computed": [{"device": "cuda"}]}))
    return tmp_path


def test_the_time_of_a_run_counts_from_its_first_pass(tmp_path: Path) -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    watch.hear(Progress(Stage.DECODING, 0.5))
    clock.now += 7  # waited and decoded
    watch.hear(Progress(Stage.SEPARATING, 0.25))  # a quarter was there from before
    clock.now += 30
    watch.hear(Progress(Stage.SEPARATING, 0.9))
    job = a_job(
        state=JobState.DONE,
        output=song(tmp_path),
        frames=44100 * 120,
        samplerate=44100,
        separation=SeparationOptions("htdemucs"),
    )
    run = watch.stop(job)
    assert (run.outcome, run.model, run.device) == (JobState.DONE, "htdemucs", "cuda")
    assert run.music_s == pytest.approx(90.0) and run.spent_s == pytest.approx(30.0)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_only_what_was_done_is_a_measure(state: JobState) -> None:
    watch = Stopwatch(Clock())
    watch.hear(Progress(Stage.SEPARATING, 0.0))
    run = watch.stop(a_job(state=state, frames=100, samplerate=100))
    assert (run.outcome, run.music_s, run.spent_s) == (state, 0.0, 0.0)


def test_a_run_that_had_nothing_to_compute_is_no_measure() -> None:
    done = a_job(state=JobState.DONE, frames=44100, samplerate=44100)
    assert Stopwatch(Clock()).stop(done).music_s == 0.0
    watch = Stopwatch(Clock())
    watch.hear(Progress(Stage.SEPARATING, 0.99))
    assert watch.stop(done).music_s == 0.0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"computed": []}', '{"computed": [1]}'])
def test_a_folder_that_does_not_say_its_device(tmp_path: Path, text: str) -> None:
    assert device_of(tmp_path) == ""
    (tmp_path / MANIFEST).write_text(text)
    assert device_of(tmp_path) == ""


RUNS = (
    Run(JobState.DONE, 1.0, "htdemucs", "cpu", 60.0, 40.0),
    Run(JobState.DONE, 3.0, "htdemucs", "cpu", 120.0, 20.0),
    Run(JobState.DONE, 2.0, "small", "cuda", 60.0, 3.0),
    Run(JobState.DONE, 4.0),
    Run(JobState.FAILED, 5.0),
    Run(JobState.CANCELLED, 6.0),
)


def test_runs_are_counted_and_stay_when_jobs_go(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    assert store.totals() == Totals()
    for run in RUNS:
        store.note_run(run)
    (job,) = store.add([a_job()])
    store.remove([job.id])
    store.close()
    store = JobStore(tmp_path / "jobs.sqlite3")
    slow, quick = Speed("htdemucs", "cpu", 2, 180.0, 60.0), Speed("small", "cuda", 1, 60.0, 3.0)
    assert store.totals() == Totals(4, 1, 1, (slow, quick))
    assert slow.per_minute_s == pytest.approx(20.0)
    store.close()


def test_a_list_from_before_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    store = JobStore(path)
    (job,) = store.add([a_job()])
    store.close()
    old = sqlite3.connect(path)
    tables = [row[0] for row in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in set(tables) - {"jobs"}:
        old.execute(f"DROP TABLE {table}")
    old.execute("DROP INDEX jobs_by_link")
    old.execute("ALTER TABLE jobs DROP COLUMN link")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    store = JobStore(path)
    store.note_run(RUNS[0])
    assert store.totals().done == 1 and store.get(job.id) is not None
    store.close()


@pytest.fixture
def where(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in ("config", "data", "logs", "music")))


def test_health_tells_what_was_done_and_what_there_is(where: Folders) -> None:
    store = JobStore(where.database)
    for run in RUNS:
        store.note_run(run)
    store.add([a_job(), a_job(state=JobState.WAITING), a_job(state=JobState.SAVING)])
    store.close()
    for path in (where.scratch / "a" / "b", where.cache / "remixes" / ("0" * 24)):
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(4000))
    found = look(where)
    assert (found.waiting, found.running) == (2, 1)
    assert 0 < found.used_bytes < found.total_bytes
    assert (found.scratch_bytes, found.cache_bytes) == (4000, 4000)
    text = "\n".join((*work_lines(found), *place_lines(found), *version_lines(found)))
    assert "Songs: 4 done, 1 failed, 1 cancelled" in text
    assert "Time per minute of music: 20.0 s with htdemucs on cpu (2 songs, 3:00)" in text
    assert "3.0 s with small on cuda (1 song, 1:00)" in text
    assert "Queue: 2 waiting, 1 at work" in text
    assert f"Cache: {where.cache}" in text and "Cached: 4 kB" in text
    assert "numpy" not in text and "soxr 1" in text


def test_health_of_a_new_home_makes_nothing(where: Folders, tmp_path: Path) -> None:
    found = look(where)
    assert found.totals == Totals() and list(tmp_path.iterdir()) == []


def test_a_list_that_cannot_be_read_is_said(where: Folders) -> None:
    where.data.mkdir()
    where.database.write_bytes(b"no database" * 500)
    found = look(where)
    assert found.totals is None
    assert work_lines(found)[0] == "Songs: the list of songs cannot be read"
    assert "unknown device" in "\n".join(
        work_lines(replace(found, totals=Totals(speeds=(Speed("m", "", 1, 60, 60),))))
    )


def test_the_logs_end_is_its_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "window.log"
    assert log_tail(path) == ""
    path.write_text("one\ntwo\n")
    assert log_tail(path) == "one\ntwo"
    path.write_text("\n".join(f"line {n} " + "x" * 500 for n in range(1000)))
    lines = log_tail(path).splitlines()
    assert lines[-1].startswith("line 999 ") and all(line.startswith("line ") for line in lines)
    path.write_text("\n".join(map(str, range(1000))))
    assert len(log_tail(path).splitlines()) == health.TAIL_LINES
