"""How far a batch is and how long it takes still."""

from __future__ import annotations

import itertools
from pathlib import Path

from stemdesk.jobs.exports.pace import DECODED, DECODING, Pace
from stemdesk.jobs.exports.values import ExportProgress, ExportSong

SONGS = [ExportSong(Path(name), Path(f"{name}.wav"), name) for name in ("one", "two")]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_songs_count_by_their_length_and_steps_by_their_weight() -> None:
    seen: list[ExportProgress] = []
    clock = Clock()
    pace = Pace(SONGS, [30.0, 10.0], seen.append, clock)
    steps = pace.song(0)
    decode = steps.step(DECODING)
    decode(1.0)
    steps.plan([3.0, 1.0])
    write = steps.step(3.0, "one.wav")
    clock.now += 10.0
    write(0.5)
    assert (seen[-1].file, seen[-1].song, seen[-1].index, seen[-1].count) == (
        "one.wav",
        "one",
        0,
        2,
    )
    done = 0.75 * (DECODED + (1 - DECODED) * 3 / 8)
    assert abs(seen[-1].fraction - done) < 1e-9
    left = 10.0 / (done - 0.75 * DECODED) * (1 - done)
    assert seen[-1].left_s is not None and abs(seen[-1].left_s - left) < 1e-6
    pace.end(0)
    assert abs(seen[-1].fraction - 0.75) < 1e-9
    pace.song(1)
    pace.end(1)
    assert seen[-1].fraction == 1.0
    assert all(a.fraction <= b.fraction for a, b in itertools.pairwise(seen))


def test_songs_that_took_no_work_do_not_count_as_speed() -> None:
    seen: list[ExportProgress] = []
    clock = Clock()
    songs = [ExportSong(Path(str(n)), Path(f"{n}.wav"), str(n)) for n in range(4)]
    pace = Pace(songs, [10.0] * 4, seen.append, clock)
    for index in (0, 3):
        steps = pace.song(index)
        steps.plan([1.0])
        clock.now += 10.0
        steps.step(1.0)(1.0)
        pace.end(index)
        if index == 0:
            for there_already in (1, 2):
                pace.song(there_already)
                pace.end(there_already)
            assert seen[-1].fraction == 0.75
            assert seen[-1].left_s is not None and abs(seen[-1].left_s - 10.0) < 1e-6
    assert seen[-1].fraction == 1.0 and seen[-1].left_s == 0.0


def test_it_is_told_twenty_times_a_second_but_each_file_at_once() -> None:
    seen: list[ExportProgress] = []
    clock = Clock()
    steps = Pace(SONGS, [1.0, 1.0], seen.append, clock).song(0)
    steps.plan([1.0, 1.0])
    for name in ("a.wav", "b.wav"):
        report = steps.step(1.0, name)
        for hundredth in range(100):
            clock.now += 0.01
            report(hundredth / 100)
    assert {"a.wav", "b.wav"} <= {progress.file for progress in seen}
    assert len(seen) <= 2 * 20 + 4


def test_all_is_not_said_to_be_done_before_the_last_song_is() -> None:
    for failed in (True, False):
        seen: list[ExportProgress] = []
        pace = Pace(SONGS, [1.0, 1.0], seen.append, Clock())
        pace.song(0)
        pace.end(0)
        steps = pace.song(1)
        steps.plan([1.0])
        steps.step(1.0, "two.wav")(1.0)
        before = len(seen)
        assert seen[-1].fraction < 1.0
        pace.end(1, failed)
        assert [progress.fraction for progress in seen[before:]] == ([] if failed else [1.0])
