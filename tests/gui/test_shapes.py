from __future__ import annotations

import numpy as np
import pytest

from stemdesk.audio.peaks import Pyramid
from stemdesk.gui.shapes import common_scale, shares, stacked, summed


def level(*heights: float) -> np.ndarray:
    values = np.array(heights, dtype=np.float32)
    return np.stack((-values, values), axis=1)


def pyramid(*heights: float) -> Pyramid:
    made = Pyramid(8000)
    made.add(0, np.array([heights], np.float32))
    return made


def test_the_loudest_stem_fills_its_lane() -> None:
    assert common_scale([pyramid(0.1, -0.5), pyramid(0.2, 0.25)]) == pytest.approx(2.0, rel=1e-3)


def test_near_silence_is_not_blown_up() -> None:
    assert common_scale([pyramid(0.0, 0.001)]) == pytest.approx(20.0)
    assert common_scale([]) == 1.0


def test_heights_are_stacked_and_the_larger_half_counts() -> None:
    lopsided = np.array([[-0.8, 0.1], [-0.1, 0.2]], np.float32)
    heights = stacked([lopsided, level(0.2, 0.6)])
    np.testing.assert_allclose(heights, [[0.8, 0.2], [1.0, 0.8]], rtol=1e-6)


def test_the_loudest_moment_of_the_sum_fills_the_height() -> None:
    shape = summed(stacked([level(0.2, 0.0, np.nan), level(0.2, 0.2, 0.1)]))
    np.testing.assert_allclose(shape[:2], [[-1.0, 1.0], [-0.5, 0.5]], rtol=1e-6)
    assert np.isnan(shape[2]).all()
    assert np.abs(summed(stacked([level(0.001)]))).max() == pytest.approx(0.02)


def test_shares_say_how_much_is_a_stems() -> None:
    got = shares(stacked([level(0.1, 0.0, np.nan), level(0.3, 0.0, 0.5)]))
    np.testing.assert_allclose(got[:, 0], [0.25, 1.0], rtol=1e-6)
    np.testing.assert_array_equal(got[:, 1], [1.0, 1.0])  # silence: any
