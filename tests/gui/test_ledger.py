from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.job import Job, JobState
from stemdesk.gui.ledger import Ledger
from stemdesk.jobs.store import JobStore
from support.jobs import a_job


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite3"


@pytest.fixture
def ledger(qtbot: QtBot, path: Path) -> Iterator[Ledger]:
    made = Ledger(path)
    made.open()
    yield made
    made.close()


def stored(path: Path) -> list[Job]:
    store = JobStore(path)
    try:
        return store.all()
    finally:
        store.close()


def named(*names: str) -> list[Job]:
    return [a_job(Path(name)) for name in names]


def sources(jobs: object) -> list[str]:
    assert isinstance(jobs, list | tuple)
    return [job.source.name for job in jobs]


@pytest.fixture
def busy(path: Path, ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """Another process in the middle of a write."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    if other.in_transaction:
        other.execute("ROLLBACK")
    other.close()


def test_jobs_are_written_as_they_are_added_changed_and_removed(ledger: Ledger, path: Path) -> None:
    ledger.add(named("a", "b", "c"))
    first, second, _ = ledger.jobs
    ledger.put([first.moved_to(JobState.PAUSED)])
    ledger.remove([second.id])
    assert sources(ledger.jobs) == ["a", "c"]
    assert [job.state for job in stored(path)] == [JobState.PAUSED, JobState.QUEUED]
    assert tuple(stored(path)) == ledger.jobs


def test_a_busy_database_is_tried_again_in_order(
    ledger: Ledger, path: Path, busy: sqlite3.Connection, qtbot: QtBot
) -> None:
    errors: list[StemDeskError] = []
    ledger.failed.connect(errors.append)
    with qtbot.waitSignal(ledger.added) as added:
        ledger.add(named("a", "b"))
        assert sources(ledger.jobs) == []  # no row before it has its place in the queue
        busy.execute("ROLLBACK")
    assert added.args is not None and sources(added.args[0]) == ["a", "b"]
    busy.execute("BEGIN IMMEDIATE")
    first, second = ledger.jobs
    ledger.put([first.moved_to(JobState.PAUSED)])
    ledger.remove([second.id])
    assert [job.state for job in ledger.jobs] == [JobState.PAUSED]
    busy.execute("ROLLBACK")
    qtbot.waitUntil(lambda: [job.state for job in stored(path)] == [JobState.PAUSED])
    assert errors == []  # another process's write is no news


def test_a_database_that_is_busy_at_the_start_is_read_later(path: Path, qtbot: QtBot) -> None:
    JobStore(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    ledger = Ledger(path)
    with qtbot.waitSignal(ledger.opened):
        ledger.open()
        other.execute("ROLLBACK")
        other.close()
    ledger.close()


def test_a_database_of_a_newer_version_is_said_once(path: Path, qtbot: QtBot) -> None:
    JobStore(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    ledger = Ledger(path)
    errors: list[StemDeskError] = []
    ledger.failed.connect(errors.append)
    ledger.open()
    ledger.add(named("a"))
    assert [error.code for error in errors] == [ErrorCode.STORE_NEWER]
    assert ledger.jobs == ()
    ledger.close()


def test_what_waits_is_written_at_the_end(
    ledger: Ledger, path: Path, busy: sqlite3.Connection
) -> None:
    ledger.add(named("a"))
    busy.execute("ROLLBACK")
    ledger.close()
    assert sources(stored(path)) == ["a"]


def test_another_process_is_heard(ledger: Ledger, path: Path, qtbot: QtBot) -> None:
    ledger.add(named("a"))
    resets: list[int] = []
    ledger.reset.connect(lambda: resets.append(1))
    ledger.poll()
    assert resets == []  # our own writes are no news
    other = JobStore(path)
    other.add(named("b"))
    other.update([replace(ledger.jobs[0], state=JobState.CANCELLED)])
    ledger.poll()
    assert resets == [1]
    assert sources(ledger.jobs) == ["a", "b"]
    assert ledger.jobs[0].state is JobState.CANCELLED
    assert ledger.queued_elsewhere == {ledger.jobs[1].id}
    ledger.poll()
    assert resets == [1]
    other.close()


def test_who_hears_of_new_jobs_may_write_at_once(ledger: Ledger, path: Path) -> None:
    ledger.added.connect(lambda jobs: ledger.put([job.moved_to(JobState.PAUSED) for job in jobs]))
    ledger.added.connect(lambda jobs: ledger.add(named("c")) if len(jobs) == 2 else None)
    ledger.add(named("a", "b"))
    assert sources(ledger.jobs) == ["a", "b", "c"]
    assert {job.state for job in stored(path)} == {JobState.PAUSED}


def test_moving_writes_one_row_and_renumbers_when_fractions_run_out(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add(named("a", "b", "c"))
    writes: list[int] = []
    update = JobStore.update

    def counted(store: JobStore, jobs: object) -> None:
        rows = list(jobs)  # type: ignore[call-overload]
        writes.append(len(rows))
        update(store, rows)

    monkeypatch.setattr(JobStore, "update", counted)
    a, b, c = ledger.jobs
    ledger.move(c.id, b.id)
    assert sources(ledger.jobs) == ["a", "c", "b"]
    assert writes == [1]
    for _ in range(40):  # halves the room behind the first, twice
        ledger.move(b.id, c.id)
        ledger.move(c.id, b.id)
    assert sources(ledger.jobs) == ["a", "c", "b"]
    assert len({job.position for job in ledger.jobs}) == 3
    assert 3 in writes
    assert sources(stored(path)) == ["a", "c", "b"]
    ledger.move(a.id, None)
    assert sources(stored(path)) == ["c", "b", "a"]


def test_a_busy_database_is_not_asked_again_before_its_time(
    ledger: Ledger, path: Path, busy: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try holds the window up."""
    busy.execute("ROLLBACK")
    ledger.add(named("a", "b"))
    busy.execute("BEGIN IMMEDIATE")
    tries: list[int] = []
    update = JobStore.update

    def counted(store: JobStore, jobs: object) -> None:
        tries.append(1)
        update(store, jobs)  # type: ignore[arg-type]

    monkeypatch.setattr(JobStore, "update", counted)
    for job in ledger.jobs * 10:
        ledger.put([replace(job, frames=job.frames + 1)])
    assert tries == [1]
    busy.execute("ROLLBACK")
    ledger.close()
    assert tuple(stored(path)) == ledger.jobs
    assert len(tries) == 2


def test_what_is_put_together_is_written_at_once(ledger: Ledger, path: Path) -> None:
    ledger.add(named("a", "b"))
    with ledger.together():
        for job in ledger.jobs:
            ledger.put([job.moved_to(JobState.PAUSED)])
        assert {job.state for job in stored(path)} == {JobState.QUEUED}
    assert {job.state for job in stored(path)} == {JobState.PAUSED}


def test_a_bug_in_a_step_is_said_and_the_step_is_not_lost(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    errors: list[StemDeskError] = []
    ledger.failed.connect(errors.append)
    monkeypatch.setattr("stemdesk.gui.ledger.FAILED_RETRY_MS", 10)
    with monkeypatch.context() as broken:
        broken.setattr(JobStore, "add", lambda *_: 1 / 0)
        ledger.add(named("a"))
    assert [error.code for error in errors] == [ErrorCode.INTERNAL]
    assert "ZeroDivisionError" in errors[0].detail
    qtbot.waitUntil(lambda: sources(ledger.jobs) == ["a"])
    assert sources(stored(path)) == ["a"]
