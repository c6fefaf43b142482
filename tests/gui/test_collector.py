"""Circles of Qt's objects, beside threads that make many objects."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from stemdesk.gui.collector import Collections, Collector
from support.desk import WAIT_MS


@pytest.fixture
def thresholds() -> Iterator[None]:
    """Small ones; nothing is due yet."""
    before = gc.get_threshold()
    gc.set_threshold(1000, 3, 3)
    gc.collect()
    yield
    gc.set_threshold(*before)


class Ring(QObject):
    """Holds itself, and a timer that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self
        self.timer = QTimer(self, interval=60_000)
        self.timer.start()


class Circle:
    def __init__(self) -> None:
        self.itself = self


def make_circles(number: int) -> list[weakref.ref[Circle]]:
    return [weakref.ref(Circle()) for _ in range(number)]


def in_a_thread(number: int) -> list[weakref.ref[Circle]]:
    made: list[weakref.ref[Circle]] = []
    thread = threading.Thread(target=lambda: made.extend(make_circles(number)))
    thread.start()
    thread.join()
    return made


def test_circles_end_in_the_gui_thread_whoever_makes_objects(qtbot: QtBot) -> None:
    gc.enable()
    ended_in: list[threading.Thread] = []
    collector = Collector(look_ms=10)
    weakref.finalize(Ring(), lambda: ended_in.append(threading.current_thread()))
    circles = in_a_thread(20_000)
    assert not gc.isenabled()
    assert not ended_in and all(one() is not None for one in circles)  # not in that thread
    qtbot.waitUntil(lambda: bool(ended_in), timeout=WAIT_MS)
    assert ended_in == [threading.main_thread()]
    qtbot.waitUntil(lambda: all(one() is None for one in circles), timeout=WAIT_MS)
    collector.deleteLater()


def test_what_is_left_is_bounded_by_what_is_made_between_two_looks(thresholds: None) -> None:
    collections = Collections()
    left = []
    for _ in range(20):
        circles = in_a_thread(5000)
        collections.look()
        left.append(sum(one() is not None for one in circles))
    assert left == [0] * 20


@pytest.mark.parametrize(("made", "generation"), [(10, None), (700, 0), (2500, 1), (40_000, 2)])
def test_the_more_was_made_the_more_is_looked_at(
    thresholds: None, made: int, generation: int | None
) -> None:
    kept = make_circles(made)
    assert Collections().look() == generation
    assert len(kept) == made


def test_all_is_looked_at_now_and_then_and_not_again_before_a_rest(thresholds: None) -> None:
    now = iter(range(10_000))
    collections = Collections(lambda: float(next(now)))

    def look() -> int | None:
        make_circles(10_000)
        return collections.look()

    while look() != 2:  # it comes
        pass
    # One second at each look at the clock, three of them in the first turn.
    assert [look() for _ in range(28)] == [1] * 28
    assert 2 in [look() for _ in range(6)]


def test_a_threshold_of_zero_means_not_now(thresholds: None) -> None:
    gc.set_threshold(0)
    circles = make_circles(10_000)
    assert Collections().look() is None
    assert circles[0]() is not None
