"""The real calls, on threads of their own, and as a user without any rights."""

from __future__ import annotations

import multiprocessing
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stemdesk import priority
from stemdesk.priority import compute_threads, hurry, make_way, name_compute_thread, rush
from support.live_jobs import wait_until

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="does nothing elsewhere")

NOBODY = 65534


@contextmanager
def computing() -> Iterator[list[int]]:
    """A compute thread that has started another one; their numbers."""
    numbers: list[int] = []
    ready, over = threading.Barrier(3), threading.Event()

    def wait() -> None:
        numbers.append(threading.get_native_id())
        ready.wait(30)
        over.wait(30)

    def begin() -> None:
        name_compute_thread()
        other = threading.Thread(target=wait)
        other.start()
        wait()
        other.join()

    thread = threading.Thread(target=begin)
    thread.start()
    ready.wait(30)
    try:
        yield numbers
    finally:
        over.set()
        thread.join()


def test_the_compute_thread_hurries_and_makes_way_again() -> None:
    policies: list[int] = []

    def note() -> None:
        policies.append(os.sched_getscheduler(threading.get_native_id()))

    def work() -> None:
        with hurry():  # it is no compute thread yet
            make_way(True)
            note()
        name_compute_thread()
        make_way(True)
        note()
        with hurry():
            note()
            make_way(True, 1)  # sound begins to play
            note()
        note()
        make_way(False)
        with hurry():
            make_way(True)
        note()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    make_way(False)
    other, batch = os.SCHED_OTHER, os.SCHED_BATCH
    assert policies == [other, batch, other, other, batch, batch]


def test_threads_take_short_turns_until_the_last_rush_is_over() -> None:
    usual_s = sys.getswitchinterval()
    with rush():
        short_s = sys.getswitchinterval()
        with rush():
            pass
        assert sys.getswitchinterval() == short_s < usual_s
    assert sys.getswitchinterval() == usual_s


def test_threads_that_the_compute_thread_starts_are_found_by_its_name() -> None:
    with computing() as numbers:
        found = set(compute_threads())
        assert set(numbers) <= found
        assert threading.get_native_id() not in found
    # The system's thread ends a little after Python's.
    wait_until(lambda: not set(numbers) & set(compute_threads()))


def _there_and_back(before: Callable[[], None] = lambda: None) -> list[list[int]]:
    """The policies of both threads, lowered and restored some times."""
    with computing() as numbers:
        before()
        policies = []
        for wanted in (True, True, False, True, False):
            make_way(wanted)
            policies.append([os.sched_getscheduler(number) for number in numbers])
        assert os.sched_getscheduler(threading.get_native_id()) == os.SCHED_OTHER
    return policies


LOWERED, RESTORED = [3, 3], [0, 0]  # SCHED_BATCH, SCHED_OTHER


def test_they_are_lowered_and_restored() -> None:
    assert _there_and_back() == [LOWERED, LOWERED, RESTORED, LOWERED, RESTORED]


def _give_up_rights() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _as_nobody(results: Callable[[object], None]) -> None:
    policies = _there_and_back(_give_up_rights)
    results((os.getuid(), policies))


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root to give up its rights"
)
def test_an_ordinary_user_may_do_both() -> None:
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    process = context.Process(target=_as_nobody, args=(results.put,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert results.get() == (NOBODY, [LOWERED, LOWERED, RESTORED, LOWERED, RESTORED])


def test_a_machine_whose_system_call_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "a new one")
    assert _there_and_back()[:3] == [LOWERED, LOWERED, RESTORED]


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "_THREADS", priority._THREADS / "nowhere")
    name_compute_thread()
    assert list(compute_threads()) == []
    make_way(True)


def test_they_share_some_processors_and_get_all_back() -> None:
    ours = os.sched_getaffinity(0)
    with computing() as numbers:
        for wanted, most, count in ((True, 1, 1), (True, 0, len(ours)), (True, 1, 1)):
            make_way(wanted, most)
            shared = [os.sched_getaffinity(number) for number in numbers]
            assert [len(one) for one in shared] == [count, count]
            assert os.sched_getaffinity(0) == ours
        make_way(False, 1)
        assert [os.sched_getaffinity(number) for number in numbers] == [ours, ours]
        make_way(True, len(ours) + 5)
        assert os.sched_getaffinity(numbers[0]) == ours


def test_cores_are_shared_before_their_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, siblings in enumerate(["0-1", "0-1", "2-3", "2-3"]):
        folder = tmp_path / f"cpu{number}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings)
    monkeypatch.setattr(priority, "_TOPOLOGY", tmp_path)
    assert priority._apart({0, 1, 2, 3, 7}) == [0, 2, 7, 1, 3]
