from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sdr import MOST_DB, sdr, si_sdr, windowed_sdr

RATE = 1000

Samples = NDArray[np.float32]


def sine(seconds: float, turns_a_second: int = 10, level: float = 1.0) -> Samples:
    wave = level * np.sin(2 * np.pi * turns_a_second * np.arange(round(seconds * RATE)) / RATE)
    return np.stack((wave, -wave)).astype(np.float32)


def test_an_error_of_a_tenth_is_20_decibels() -> None:
    true = sine(3)
    assert sdr(true, np.float32(0.9) * true) == pytest.approx(20, abs=1e-4)
    assert windowed_sdr(true, np.float32(1.1) * true, RATE) == pytest.approx(20, abs=1e-4)


def test_silence_and_the_doubled_stem_are_0_decibels() -> None:
    true = sine(2)
    assert sdr(true, np.zeros_like(true)) == 0
    assert sdr(true, 2 * true) == 0


def test_a_perfect_stem_has_a_number_too() -> None:
    assert sdr(sine(1), sine(1)) == MOST_DB
    assert si_sdr(sine(1), 4 * sine(1)) == MOST_DB


def test_the_level_does_not_count_in_the_scale_invariant_ratio() -> None:
    true, other = sine(2), sine(2, turns_a_second=30)  # orthogonal over whole seconds
    for level in (0.01, 1.0, 7.0):
        found = np.float32(level) * (true + np.float32(0.1) * other)
        assert si_sdr(true, found) == pytest.approx(20, abs=1e-3)
    assert sdr(true, np.float32(0.01) * true) == pytest.approx(0.0873, abs=1e-3)


def test_an_estimate_without_anything_of_the_stem_is_the_worst() -> None:
    assert si_sdr(sine(1), np.zeros((2, RATE), dtype=np.float32)) == -MOST_DB


def test_the_median_is_over_the_seconds_in_which_the_stem_sounds() -> None:
    true = np.concatenate((sine(3), np.zeros((2, 2 * RATE), dtype=np.float32)), axis=1)
    found = true.copy()
    found[:, :RATE] *= np.float32(0.9)  # 20 dB
    found[:, RATE : 2 * RATE] *= np.float32(0.5)  # 6 dB
    found[:, 2 * RATE : 3 * RATE] *= np.float32(0.99)  # 40 dB
    found[:, 3 * RATE :] = 0.7  # the stem is silent there: does not count
    assert windowed_sdr(true, found, RATE) == pytest.approx(20, abs=1e-3)


def test_half_a_second_at_the_end_does_not_count_but_a_short_song_does() -> None:
    true = sine(1.5)
    found = true.copy()
    found[:, RATE:] = 0
    assert windowed_sdr(true, found, RATE) == MOST_DB
    assert windowed_sdr(true[:, :300], np.float32(0.9) * true[:, :300], RATE) == pytest.approx(
        20, abs=1e-4
    )


def test_what_cannot_be_measured_is_an_error() -> None:
    silence = np.zeros((2, RATE), dtype=np.float32)
    for measure in (sdr, si_sdr):
        with pytest.raises(ValueError, match="silent"):
            measure(silence, sine(1))
        with pytest.raises(ValueError, match="estimate"):
            measure(sine(1), sine(2))
    with pytest.raises(ValueError, match="silent"):
        windowed_sdr(np.float32(1e-4) * sine(1), sine(1), RATE)
