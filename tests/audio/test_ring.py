from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.ring import Block, Ring, Span, loudest

FADE = 4


def block(samples: NDArray[np.float32], first: int, *, last: bool = False) -> Block:
    """Samples that follow each other in the song from frame `first` on."""
    spans = (Span(samples.shape[1], Fraction(first)),) if samples.shape[1] else ()
    return Block(samples, spans, last)


def ring_with(first: int, frames: int, capacity: int = 16) -> Ring:
    ring = Ring(capacity, FADE)
    ring.jump(Fraction(first), block(ramp(first, frames), first), fade_in=False)
    return ring


def ramp(first: int, frames: int) -> NDArray[np.float32]:
    left = np.arange(first, first + frames, dtype=np.float32)
    return np.stack((left, -left))


def constant(value: float, frames: int) -> NDArray[np.float32]:
    left = np.full(frames, value, dtype=np.float32)
    return np.stack((left, -left))


def take(ring: Ring, frames: int) -> list[float]:
    out = np.full((frames, 2), np.nan, dtype=np.float32)
    ring.read_into(out)
    assert np.array_equal(out[:, 0], -out[:, 1])
    return [float(sample) for sample in out[:, 0]]


def test_frames_come_out_in_order_across_the_wrap() -> None:
    ring = ring_with(100, 16)
    heard: list[float] = []
    for _ in range(20):
        heard += take(ring, 7)
        end = int(ring.end)
        ring.write(block(ramp(end, ring.free), end))
    assert heard == [float(100 + i) for i in range(140)]
    assert (int(ring.position), int(ring.end), ring.underruns) == (240, 256, 0)


def test_missing_frames_are_silence_and_one_underrun_for_each_call() -> None:
    ring = ring_with(1, 3)
    assert take(ring, 5) == [1, 2, 3, 0, 0]
    assert take(ring, 2) == [0, 0]
    assert (ring.underruns, int(ring.position)) == (2, 4)


def test_silence_after_the_last_frame_is_no_underrun() -> None:
    ring = ring_with(1, 2)
    ring.write(block(ramp(3, 1), 3, last=True))
    assert take(ring, 5) == [1, 2, 3, 0, 0]
    assert (ring.underruns, int(ring.position)) == (0, 4)


def test_a_jump_is_heard_at_once_and_crossfaded() -> None:
    ring = Ring(16, FADE)
    ring.jump(Fraction(0), block(constant(1, 16), 0), fade_in=False)
    assert take(ring, 3) == [1, 1, 1]
    ring.jump(Fraction(500), block(constant(3, 8), 500))
    assert ring.position == 500
    assert take(ring, 6) == [1.0, 1.5, 2.0, 2.5, 3.0, 3.0]
    assert ring.position == 506


def test_a_revision_leaves_out_what_was_handed_over_meanwhile() -> None:
    ring = ring_with(0, 16)
    version = ramp(0, 16) * np.float32(10)
    place = ring.place()
    assert (place.handed, place.unread) == (0, 16)
    take(ring, 5)
    ring.revise(place.handed, block(version, int(place.position)))
    heard = take(ring, 11)
    assert heard[0] == 5  # still the old one, where it was
    assert heard[FADE:] == [90, 100, 110, 120, 130, 140, 150]
    assert ring.position == 16


def test_a_revision_that_comes_too_late_drops_nothing_twice() -> None:
    ring = ring_with(0, 8)
    take(ring, 8)
    ring.revise(0, block(ramp(0, 4), 0))
    assert (ring.available, int(ring.position)) == (0, 4)  # where its writer goes on


def test_fading_out_ends_in_silence_while_the_position_rests() -> None:
    ring = Ring(16, FADE)
    ring.jump(Fraction(8), block(constant(1, 16), 8), fade_in=False)
    take(ring, 2)
    ring.fade_out()
    assert take(ring, 6) == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert (int(ring.position), ring.underruns) == (10, 0)


def test_a_jump_after_a_fade_moves_the_position_again() -> None:
    ring = ring_with(0, 16)
    ring.fade_out(Fraction(40))
    assert ring.position == 40
    ring.jump(Fraction(40), block(ramp(40, 16), 40))
    take(ring, 6)
    assert ring.position == 46


def test_a_jump_to_what_is_not_there_fades_out_and_waits_there() -> None:
    ring = Ring(32, FADE)
    ring.jump(Fraction(8), block(constant(1, 16), 8), fade_in=False)
    take(ring, 2)
    ring.jump(Fraction(500), Block(np.zeros((2, 0), np.float32), ()))
    assert ring.position == ring.end == 500
    ring.write(block(constant(1, 6), 500), fade_in=True)  # at once: the fade is still unread
    assert take(ring, 10) == [1.0, 0.75, 0.5, 0.25, 0, 0.25, 0.5, 0.75, 1, 1]
    assert (int(ring.position), ring.underruns) == (506, 0)


def test_a_revision_that_has_nothing_fades_out_and_is_no_underrun() -> None:
    ring = ring_with(0, 16)
    handed = ring.place().handed
    ring.revise(handed, Block(np.zeros((2, 0), np.float32), ()))
    assert ring.available == FADE
    take(ring, 10)
    assert (int(ring.position), ring.underruns) == (0, 0)


def test_the_position_follows_loops_and_other_speeds() -> None:
    ring = Ring(32, FADE)
    spans = (Span(4, Fraction(96)), Span(6, Fraction(10), Fraction(3, 2)))
    ring.jump(Fraction(96), Block(constant(1, 10), spans), fade_in=False)
    places = []
    for _ in range(10):
        places.append(ring.position)
        take(ring, 1)
    assert places[:4] == [96, 97, 98, 99]
    assert places[4:] == [10, Fraction(23, 2), 13, Fraction(29, 2), 16, Fraction(35, 2)]
    assert ring.position == 19


def test_a_revision_cuts_its_spans_where_the_reader_is() -> None:
    ring = ring_with(0, 10)
    handed = ring.place().handed
    take(ring, 5)
    spans = (Span(3, Fraction(0)), Span(7, Fraction(50), Fraction(2)))
    ring.revise(handed, Block(constant(1, 10), spans))
    assert (int(ring.position), ring.available, int(ring.end)) == (54, 5, 64)


def test_what_is_let_run_dry_ends_softly_and_is_no_underrun() -> None:
    ring = Ring(32, FADE)
    ring.jump(Fraction(0), block(constant(1, 10), 0), fade_in=False)
    ring.hold()
    assert take(ring, 12) == [1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0, 0]
    assert (int(ring.position), ring.underruns) == (10, 0)
    ring.write(block(constant(1, 6), 10), fade_in=True)
    assert take(ring, 6) == [0, 0.25, 0.5, 0.75, 1, 1]
    take(ring, 1)
    assert ring.underruns == 1  # it is due again


def test_what_was_heard_last_is_known() -> None:
    ring = Ring(32, FADE)
    spans = tuple(
        Span(4, Fraction(4 * i), stems=(0.1 * i, 0.5), master=(0.2, 0.05 * i)) for i in range(5)
    )
    ring.jump(Fraction(0), Block(constant(1, 20), spans), fade_in=False)
    assert ring.heard(8) == ()
    take(ring, 9)
    assert ring.heard(5) == spans[1:3]  # nothing of what was written ahead
    assert list(loudest(ring.heard(9))) == [0.2, 0.5, 0.2, 0.1]
    assert list(loudest(())) == []
