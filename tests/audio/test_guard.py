from __future__ import annotations

import numpy as np

from stemdesk.audio.guard import KNEE, guard


def test_what_is_below_the_knee_stays_bit_for_bit() -> None:
    quiet = np.random.default_rng(0).uniform(-KNEE, KNEE, (2, 1000)).astype(np.float32)
    assert guard(quiet) is quiet
    mixed = np.concatenate((quiet, np.full((2, 1), 3.0, np.float32)), axis=1)
    assert np.array_equal(guard(mixed)[:, :-1], quiet)


def test_what_is_above_bends_smoothly_and_stays_within_full_scale() -> None:
    rising = np.linspace(-40, 40, 800_001, dtype=np.float32)
    bent = guard(rising)
    assert bent.dtype == np.float32
    assert np.abs(bent).max() <= 1.0
    steps = np.diff(bent)
    assert (steps >= 0).all()  # never turns back
    assert steps.max() <= np.diff(rising).max() + 1e-6  # never steeper than what came in
    assert np.array_equal(bent, -bent[::-1])
    assert guard(np.array([0.95], np.float32))[0] < 0.95


def test_nothing_in_nothing_out_and_no_number_is_silence() -> None:
    assert guard(np.zeros((2, 0), np.float32)).shape == (2, 0)
    assert guard(np.array([np.nan, 2.0], np.float32))[0] == 0.0
