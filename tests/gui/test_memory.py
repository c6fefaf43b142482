from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.audio.listening import Listening
from stemdesk.core.job import Job
from stemdesk.gui import memory as memory_module
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.memory import LedgerMemory
from stemdesk.jobs.store import JobStore
from support.desk import Desk
from support.jobs import a_job

SLOW = Listening(speed_percent=75.0)


@pytest.fixture
def ledger(qtbot: QtBot, tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "jobs.sqlite3")
    made.open()
    made.add([a_job(Path("a"))])
    yield made
    made.close()


@pytest.fixture
def job(ledger: Ledger) -> Job:
    return ledger.jobs[0]


def stored(tmp_path: Path, job: Job) -> Listening | None:
    store = JobStore(tmp_path / "jobs.sqlite3")
    try:
        return store.recall(job.id)
    finally:
        store.close()


def test_it_is_written_a_moment_after_the_last_change(
    qtbot: QtBot, ledger: Ledger, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "WRITE_AFTER_MS", 30)
    memory = LedgerMemory(ledger)
    memory.remember(job.id, Listening(speed_percent=90.0))
    memory.remember(job.id, SLOW)
    assert stored(tmp_path, job) is None
    assert memory.recall(job.id) == SLOW
    qtbot.waitUntil(lambda: stored(tmp_path, job) == SLOW)
    assert LedgerMemory(ledger).recall(job.id) == SLOW


def test_the_end_writes_at_once(ledger: Ledger, job: Job, tmp_path: Path) -> None:
    memory = LedgerMemory(ledger)
    memory.remember(job.id, SLOW)
    memory.flush()
    assert stored(tmp_path, job) == SLOW


def test_a_removed_song_is_forgotten(ledger: Ledger, job: Job, tmp_path: Path) -> None:
    memory = LedgerMemory(ledger)
    memory.remember(job.id, SLOW)
    ledger.remove([job.id])
    memory.flush()
    assert memory.recall(job.id) is None
    assert stored(tmp_path, job) is None


def test_a_closed_database_is_no_reason_to_fail(ledger: Ledger, job: Job) -> None:
    ledger.close()
    assert LedgerMemory(ledger).recall(job.id) is None


def test_the_end_of_the_app_writes_what_is_not_written(desk: Desk) -> None:
    controller = desk.open()
    (job_id,) = desk.add("a.mp3")
    controller.memory.remember(job_id, SLOW)
    desk.close()
    store = JobStore(desk.folders.database)
    assert store.recall(job_id) == SLOW
    store.close()
