from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

import pytest

from cli.conftest import Command
from stemdesk.cli.display import TextDisplay
from stemdesk.cli.watched import Watched
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.jobs.pipeline import Pipeline, Result
from support.place import Place

PATIENCE_S = 20.0


def slow_clock() -> Callable[[], float]:
    """Ten seconds go by between two looks at it."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 10.0
        return now

    return clock


class Shown:
    """A display that notes what it hears and in which thread."""

    def __init__(self) -> None:
        self.heard: list[Progress] = []
        self.threads: set[str] = set()
        self.stalled = threading.Event()

    def progress(self, progress: Progress) -> None:
        self.heard.append(progress)
        self.threads.add(threading.current_thread().name)
        if progress.stalled_s is not None:
            self.stalled.set()


def test_a_pass_that_does_not_end_is_told_from_another_thread(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("stemdesk"), "propagate", True)
    shown = Shown()
    first = Progress(Stage.SEPARATING, 0.43, 30.0, pass_s=2.0)
    then = Progress(Stage.SEPARATING, 0.44, 29.0, pass_s=2.0)
    with Watched(shown, "abc", slow_clock(), every_s=0.001) as watched:
        watched.progress(first)
        assert shown.stalled.wait(PATIENCE_S)
        watched.progress(then)
        before = shown.heard.index(then)
    assert shown.heard[0] == first
    assert shown.heard[1] == Progress(Stage.SEPARATING, 0.43, None, 2.0, 60.0)
    assert all(one.stalled_s is not None for one in shown.heard[1:before])
    assert len(shown.threads) == 2
    said = [record.message for record in caplog.records if "job abc" in record.message]
    assert said[0] == (
        "job abc: no progress for 60 s, separating at 43 %, a pass usually takes 2.0 s"
    )
    assert len(said) <= 2, "once for each stall"


def test_its_thread_ends_with_the_song() -> None:
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError), Watched(Shown(), "abc"):
        assert set(threading.enumerate()) - before
        raise ZeroDivisionError
    assert not set(threading.enumerate()) - before  # an earlier test's may end meanwhile


def test_a_song_that_hangs_is_said_and_goes_on(
    place: Place, stemdesk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, show = Pipeline.run, TextDisplay.progress
    hangs, told = threading.Event(), threading.Event()
    running = slow_clock()

    def hanging(self: Pipeline, job: Job, report: Report, cancel: CancelToken) -> Result:
        def slowly(progress: Progress) -> None:
            report(progress)
            if progress.pass_s is not None and not told.is_set():
                hangs.set()
                assert told.wait(PATIENCE_S)
                hangs.clear()

        return run(self, job, slowly, cancel)

    def listening(self: TextDisplay, progress: Progress) -> None:
        show(self, progress)
        if progress.stalled_s is not None and progress.stalled_s >= 180.0:
            told.set()

    watched = partial(Watched, clock=lambda: running() if hangs.is_set() else 0.0, every_s=0.001)
    monkeypatch.setattr("stemdesk.cli.split.Watched", watched)
    monkeypatch.setattr(Pipeline, "run", hanging)
    monkeypatch.setattr(TextDisplay, "progress", listening)
    said = stemdesk("split", place.song(seconds=6.0), "-o", place.out)
    assert said.code == 0
    lines = [line for line in said.err.splitlines() if "separating" in line]
    stalled = [number for number, line in enumerate(lines) if "no progress for 1 min" in line]
    assert len(stalled) == 1, "once, however often somebody looks"
    assert "left" in lines[stalled[0] + 1], "and the next pass is told"
    assert "Saved" in said.out
