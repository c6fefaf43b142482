from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread, Signal
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import Cancelled, ErrorCode, SourceError
from stemdesk.gui.tasks import THROTTLE_MS, Mail, Outcome, Tasks, ignore


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    assert made.close(10_000)


def test_values_come_back_in_the_gui_thread(tasks: Tasks, qtbot: QtBot) -> None:
    seen: list[tuple[object, bool]] = []

    def done(outcome: Outcome[int]) -> None:
        seen.append((outcome.value, QThread.currentThread().isMainThread()))

    tasks.io(lambda: 6 * 7, done)
    tasks.compute(lambda _: 6 * 8, done)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert sorted(seen, key=str) == [(42, True), (48, True)]


def test_everything_computes_on_one_thread_and_in_order(tasks: Tasks, qtbot: QtBot) -> None:
    ran: list[tuple[int, int]] = []
    ended: list[int] = []
    for number in range(50):
        tasks.compute(
            lambda _, number=number: ran.append((number, threading.get_ident())),  # type: ignore[misc]
            lambda _, number=number: ended.append(number),  # type: ignore[misc]
        )
    qtbot.waitUntil(lambda: len(ended) == 50)
    assert [number for number, _ in ran] == list(range(50)) == ended
    assert len({thread for _, thread in ran}) == 1
    assert ran[0][1] != threading.get_ident()


def test_the_compute_thread_stays_when_it_is_idle(tasks: Tasks) -> None:
    assert tasks._compute.maxThreadCount() == 1
    assert tasks._compute.expiryTimeout() == -1


@pytest.mark.parametrize("error", [SourceError(ErrorCode.SOURCE_EMPTY), Cancelled()])
def test_expected_errors_are_outcomes_and_not_logged(
    tasks: Tasks, qtbot: QtBot, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    outcomes: list[Outcome[None]] = []

    def work() -> None:
        raise error

    tasks.io(work, outcomes.append)
    qtbot.waitUntil(lambda: bool(outcomes))
    assert outcomes == [Outcome(error=error)]
    assert not caplog.records


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), SystemExit(3)])
def test_bugs_are_outcomes_with_a_traceback_in_the_log(
    tasks: Tasks,
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    monkeypatch.setattr("stemdesk.gui.tasks.log.propagate", True)
    outcomes: list[Outcome[None]] = []

    def work_that_has_a_bug() -> None:
        raise error

    tasks.io(work_that_has_a_bug, outcomes.append)
    qtbot.waitUntil(lambda: bool(outcomes))
    assert outcomes[0].error is error
    assert "work_that_has_a_bug" in caplog.text


def test_progress_is_throttled_and_its_last_value_arrives(tasks: Tasks, qtbot: QtBot) -> None:
    """Between two deliveries the timer must run out; here it never does."""
    assert tasks._throttle.interval() == THROTTLE_MS
    tasks._throttle.setInterval(3_600_000)
    heard: list[int] = []
    ended: list[object] = []
    go = threading.Event()

    def work(tell: Callable[[Any], None]) -> None:
        tell(0)
        go.wait(30)
        for number in range(1, 1001):
            tell(number)

    tasks.compute(work, ended.append, heard.append)
    qtbot.waitUntil(lambda: heard == [0])
    go.set()
    qtbot.waitUntil(lambda: bool(ended))
    assert heard == [0, 1000]


def test_a_lone_value_does_not_wait_for_the_next(tasks: Tasks, qtbot: QtBot) -> None:
    """Two values at once and then a long pass: the second one must come all the same."""
    heard: list[int] = []
    go = threading.Event()

    def work(tell: Callable[[Any], None]) -> None:
        tell(1)
        go.wait(30)
        tell(2)
        tell(3)
        go.clear()
        go.wait(30)

    tasks.compute(work, lambda _: None, heard.append)
    qtbot.waitUntil(lambda: heard == [1])
    go.set()
    qtbot.waitUntil(lambda: heard[-1] == 3)
    go.set()


def test_mail_keeps_the_newest_value() -> None:
    mail = Mail()
    assert mail.put(1)
    assert not mail.put(2)
    assert mail.take() == [2]
    assert mail.take() == []
    assert mail.put(3)


def test_what_is_behind_lets_others_pass(tasks: Tasks, qtbot: QtBot) -> None:
    ran: list[str] = []
    go, over = threading.Event(), threading.Event()
    tasks.io(lambda: go.wait(30), lambda _: None)
    tasks.io(lambda: over.wait(30), lambda _: None)  # one thread stays busy: no race in `ran`
    for _ in range(5):
        tasks.io(lambda: ran.append("behind"), lambda _: None, behind=True)
    tasks.io(lambda: ran.append("before"), lambda _: None)
    go.set()
    qtbot.waitUntil(lambda: len(ran) == 6)
    assert ran[0] == "before"
    over.set()


def test_closing_drops_what_has_not_begun(qtbot: QtBot) -> None:
    tasks = Tasks()
    began, go = threading.Event(), threading.Event()
    ran: list[int] = []
    outcomes: list[Outcome[Any]] = []

    def first(_: Any) -> None:
        began.set()
        go.wait(30)

    tasks.compute(first, outcomes.append)
    tasks.compute(lambda _: ran.append(2), outcomes.append)
    assert began.wait(30)
    assert not tasks.close(1)
    go.set()
    assert tasks.close(10_000)
    assert ran == [] and outcomes == []


class _Lamp(QObject):
    switched = Signal(bool)
    told = Signal(object)


def test_some_thousand_signals_with_true(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference to True at every emit and then aborts."""
    lamp = _Lamp()
    seen = [0]

    def count(value: bool) -> None:
        seen[0] += value

    lamp.switched.connect(count)
    lamp.told.connect(count)
    for _ in range(20_000):
        lamp.switched.emit(True)
        lamp.told.emit(True)
    assert seen == [40_000]


def test_thousands_of_tasks(tasks: Tasks, qtbot: QtBot) -> None:
    ended: list[bool] = []
    for _ in range(3000):
        tasks.io(lambda: True, lambda outcome: ended.append(outcome.value is True))
    qtbot.waitUntil(lambda: len(ended) == 3000, timeout=30_000)
    assert all(ended)
    assert not tasks._tasks


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux' scheduler")
def test_the_compute_thread_makes_way_and_no_other(tasks: Tasks, qtbot: QtBot) -> None:
    def policies() -> list[int]:
        seen: list[int] = []
        pid = threading.get_native_id
        tasks.compute(lambda _: seen.append(os.sched_getscheduler(pid())), ignore)
        tasks.io(lambda: seen.append(10 + os.sched_getscheduler(pid())), ignore)
        qtbot.waitUntil(lambda: len(seen) == 2)
        return sorted(seen)

    usual, lowered, others = os.SCHED_OTHER, os.SCHED_BATCH, 10 + os.SCHED_OTHER
    assert policies() == [usual, others]
    for wanted, policy in ((True, lowered), (True, lowered), (False, usual), (True, lowered)):
        tasks.make_way(wanted)
        assert policies() == [policy, others]


def test_nothing_begins_after_the_end(qtbot: QtBot) -> None:
    tasks = Tasks()
    assert tasks.close(10_000)
    ran: list[str] = []
    tasks.io(lambda: ran.append("io"), ignore)
    tasks.compute(lambda _: ran.append("compute"), ignore)
    tasks.net(lambda _: ran.append("net"), ignore)
    assert tasks.close(10_000), "what runs in the pools would be waited for"
    assert ran == []
