from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.ring import Ring

FADE = 4


def ring_with(first: int, frames: int, capacity: int = 16) -> Ring:
    ring = Ring(capacity, FADE)
    ring.jump(first, ramp(first, frames), last=False, fade_in=False)
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
        ring.write(ramp(ring.end, ring.free), last=False)
    assert heard == [float(100 + i) for i in range(140)]
    assert (ring.position, ring.end, ring.underruns) == (240, 256, 0)


def test_missing_frames_are_silence_and_one_underrun_for_each_call() -> None:
    ring = ring_with(1, 3)
    assert take(ring, 5) == [1, 2, 3, 0, 0]
    assert take(ring, 2) == [0, 0]
    assert (ring.underruns, ring.position) == (2, 4)


def test_silence_after_the_last_frame_is_no_underrun() -> None:
    ring = ring_with(1, 2)
    ring.write(ramp(3, 1), last=True)
    assert take(ring, 5) == [1, 2, 3, 0, 0]
    assert (ring.underruns, ring.position) == (0, 4)


def test_a_jump_is_heard_at_once_and_crossfaded() -> None:
    ring = Ring(16, FADE)
    ring.jump(0, constant(1, 16), last=False, fade_in=False)
    assert take(ring, 3) == [1, 1, 1]
    ring.jump(500, constant(3, 8), last=False)
    assert ring.position == 500
    assert take(ring, 6) == [1.0, 1.5, 2.0, 2.5, 3.0, 3.0]
    assert ring.position == 506


def test_a_revision_leaves_out_what_was_handed_over_meanwhile() -> None:
    ring = ring_with(0, 16)
    version = ramp(0, 16) * np.float32(10)
    take(ring, 5)
    ring.revise(0, version, last=False)
    heard = take(ring, 11)
    assert heard[0] == 5  # still the old one, where it was
    assert heard[FADE:] == [90, 100, 110, 120, 130, 140, 150]
    assert ring.position == 16


def test_a_revision_that_comes_too_late_drops_nothing_twice() -> None:
    ring = ring_with(0, 8)
    take(ring, 8)
    ring.revise(0, ramp(0, 4), last=False)
    assert (ring.available, ring.position, ring.end) == (0, 8, 8)


def test_fading_out_ends_in_silence_while_the_position_rests() -> None:
    ring = Ring(16, FADE)
    ring.jump(8, constant(1, 16), last=False, fade_in=False)
    take(ring, 2)
    ring.fade_out()
    assert take(ring, 6) == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert (ring.position, ring.underruns) == (10, 0)


def test_a_jump_after_a_fade_moves_the_position_again() -> None:
    ring = ring_with(0, 16)
    ring.fade_out(40)
    assert ring.position == 40
    ring.jump(40, ramp(40, 16), last=False)
    take(ring, 6)
    assert ring.position == 46
