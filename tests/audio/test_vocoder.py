from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio.vocoder import Vocoder, lead
from support.songs import pitch, sine

RATE = 44100
SPEEDS = [Fraction(1, 2), Fraction(4, 5), Fraction(119, 100), Fraction(3, 2)]

Samples = NDArray[np.float32]


def source(samples: Samples, before: int, start: int = 0) -> Callable[[int], Samples]:
    """Reads on from `before` frames before frame `start`."""
    padded = np.pad(samples, ((0, 0), (before, 0)))
    at = start

    def read(frames: int) -> Samples:
        nonlocal at
        at += frames
        return padded[:, at - frames : at]

    return read


def stretched(samples: Samples, speed: Fraction, start: int = 0, block: int = 1000) -> Samples:
    vocoder = Vocoder(source(samples, lead(RATE, speed), start), RATE, speed)
    parts = []
    while (part := vocoder.read(block)).shape[1]:
        parts.append(part)
    return np.concatenate(parts, axis=1)


def test_at_full_speed_what_comes_out_is_what_went_in() -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, RATE)).astype(np.float32)
    out = stretched(noise, Fraction(1))
    assert out.shape[1] > RATE - 4096  # all but what it has to look ahead
    np.testing.assert_allclose(out, noise[:, : out.shape[1]], atol=1e-6)


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_tone_stays_a_pure_tone_of_the_same_pitch(speed: Fraction) -> None:
    out = stretched(sine(440.0, 3 * RATE), speed)
    assert out.shape[1] == pytest.approx(3 * RATE / speed, abs=8000)
    steady = out[:, 8000:48000]
    assert pitch(steady) == pytest.approx(440.0, abs=0.01)
    at = 2 * np.pi * 440 * np.arange(steady.shape[1]) / RATE
    both = np.stack((np.sin(at), np.cos(at)), axis=1)
    parts, *_ = np.linalg.lstsq(both, steady[0], rcond=None)
    assert np.hypot(*parts) == pytest.approx(0.5, abs=0.001)
    assert np.abs(steady[0] - both @ parts).max() < 1e-4  # no seam anywhere


@pytest.mark.parametrize("speed", SPEEDS)
def test_clicks_are_where_they_belong(speed: Fraction) -> None:
    clicks = [30_000, 61_003, 90_007]
    samples = np.zeros((2, 3 * RATE), np.float32)
    samples[:, clicks] = 1.0
    out = stretched(samples, speed)[0]
    for click in clicks:
        there = int(click / speed)
        power = out[there - 4000 : there + 4000] ** 2
        centre = (power * np.arange(-4000, 4000)).sum() / power.sum()
        assert abs(centre) < 0.003 * RATE
        assert power.sum() > 0.2


def test_it_begins_at_any_frame_in_step() -> None:
    tone = sine(300.0, 2 * RATE)
    for start in (5000, 5001, 12_345):
        out = stretched(tone, Fraction(3, 4), start)
        np.testing.assert_allclose(out[0, :64], tone[0, start : start + 64], atol=0.01)


def test_blocks_of_any_size_give_the_same() -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, RATE)).astype(np.float32)
    whole = stretched(noise, Fraction(4, 5), block=100_000)
    assert np.array_equal(whole, stretched(noise, Fraction(4, 5), block=77))


def test_both_channels_keep_their_relation() -> None:
    left = sine(440.0, RATE)[0] + np.random.default_rng(2).uniform(-0.2, 0.2, RATE)
    samples = np.stack((left, -0.25 * left)).astype(np.float32)
    out = stretched(samples, Fraction(4, 5))
    np.testing.assert_allclose(out[1], -0.25 * out[0], atol=1e-5)


def test_input_that_ends_for_now_goes_on_later_without_a_trace() -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, (2, RATE)).astype(np.float32)
    speed = Fraction(4, 5)
    before, allowed, at = lead(RATE, speed), 9000, 0
    padded = np.pad(noise, ((0, 0), (before, 0)))

    def read(frames: int) -> Samples:
        nonlocal at
        start, at = at, min(at + frames, allowed)
        return padded[:, start:at]

    vocoder = Vocoder(read, RATE, Fraction(4, 5))
    first = vocoder.read(50_000)
    assert 0 < first.shape[1] < 9000
    assert vocoder.read(10).shape[1] == 0
    allowed = padded.shape[1]
    rest = vocoder.read(100_000)
    whole = stretched(noise, Fraction(4, 5))
    assert np.array_equal(np.concatenate((first, rest), axis=1), whole)


def test_silence_stays_silence() -> None:
    assert not stretched(np.zeros((2, RATE), np.float32), Fraction(3, 2)).any()


@pytest.mark.parametrize("speed", [*SPEEDS, Fraction(163, 100)])
def test_beats_stay_as_steep_as_they_were_and_where_they_belong(speed: Fraction) -> None:
    beats = [20_011, 41_500, 60_003, 83_777, 101_234]
    noise = np.random.default_rng(4).uniform(-0.8, 0.8, (2, 6000)).astype(np.float32)
    samples = sine(220.0, 3 * RATE, level=0.1)
    for beat in beats:
        samples[:, beat : beat + 6000] += noise * np.exp(-np.arange(6000) / 1500).astype(np.float32)
    power = (np.diff(stretched(samples, speed)) ** 2).sum(axis=0)
    for beat in beats:
        there = round(beat / speed)
        early = power[there - 3000 : there - 132].sum()  # up to 3 ms before
        soon = power[there - 132 : there + 220].sum()  # and up to 5 ms after
        late = power[there + 220 : there + 1500].sum()
        whole = early + soon + late
        assert early < 0.04 * whole, (beat, early / whole)
        assert soon > 0.28 * whole, (beat, soon / whole)
