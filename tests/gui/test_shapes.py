from __future__ import annotations

import numpy as np
import pytest

from stemdesk.gui.shapes import common_scale, stacked


def level(*heights: float) -> np.ndarray:
    values = np.array(heights, dtype=np.float32)
    return np.stack((-values, values), axis=1)


def test_the_loudest_stem_fills_its_lane() -> None:
    assert common_scale({"a": level(0.1, 0.5), "b": level(0.2, 0.25)}) == pytest.approx(2.0)


def test_near_silence_is_not_blown_up() -> None:
    assert common_scale({"a": level(0.0, 0.001)}) == pytest.approx(20.0)
    assert common_scale({}) == 1.0


def test_stems_are_stacked_outermost_first() -> None:
    layers = stacked({"a": level(0.2, 0.0), "b": level(0.2, 0.6)}, ["a", "b"])
    assert [stem for stem, _ in layers] == ["b", "a"]
    outer, inner = (peaks[:, 1] for _, peaks in layers)
    np.testing.assert_allclose(outer, [0.4 / 0.6, 1.0], rtol=1e-6)
    np.testing.assert_allclose(inner, [0.2 / 0.6, 0.0], rtol=1e-6)
    np.testing.assert_array_equal(layers[0][1][:, 0], -outer)


def test_only_stems_that_are_heard_and_known_are_stacked() -> None:
    overviews = {"a": level(0.5), "b": level(0.5)}
    assert [stem for stem, _ in stacked(overviews, ["b", "c"])] == ["b"]
    assert stacked(overviews, []) == []


def test_the_larger_half_counts() -> None:
    lopsided = np.array([[-0.8, 0.1]], dtype=np.float32)
    np.testing.assert_allclose(stacked({"a": lopsided}, ["a"])[0][1], [[-1.0, 1.0]])
