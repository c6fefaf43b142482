"""The arithmetic of stems that sum to the mix, on any stems and any mix."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stemdesk.audio.encode import Rounded, Samples, rounded
from stemdesk.audio.exact_sum import NullMeter, sum_to_mix

PATIENT = settings(deadline=None)  # machines are busy at times
DEPTHS = pytest.mark.parametrize("bits", [16, 24])
LEVELS = st.floats(-1.5, 1.5, width=32)
EDGES = st.sampled_from([-1e30, -2.0, -1.0, -0.5, -(2.0**-23), 0.0, 2.0**-15, 0.5, 1.0, 2.0, 1e30])


def limits(bits: int) -> tuple[int, int]:
    """Lowest and highest integer of a depth, in its own steps."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def steps(samples: Rounded, bits: int) -> Any:
    """Integers as the file will hold them, int64."""
    assert samples.dtype == np.int32
    wide = samples.astype(np.int64)
    assert not (wide & ((1 << (32 - bits)) - 1)).any(), "nothing below the lowest bit of the depth"
    return wide >> (32 - bits)


def song(elements: st.SearchStrategy[float], most: int = 6) -> st.SearchStrategy[Samples]:
    """float32 [1 + stems, 2, frames]: a mix and its stems."""
    shapes = st.tuples(st.integers(2, most + 1), st.just(2), st.integers(1, 5))
    made: st.SearchStrategy[Samples] = arrays(np.float32, shapes, elements=elements)
    return made


@DEPTHS
@PATIENT
@given(parts=song(LEVELS | EDGES), data=st.data())
def test_integers_sum_to_the_mix_at_every_sample(
    bits: int, parts: Samples, data: st.DataObject
) -> None:
    mix, stems = rounded(parts[0], bits), rounded(parts[1:], bits)
    rest = data.draw(st.none() | st.integers(0, len(stems) - 1))
    exact = steps(sum_to_mix(stems, mix, rest, bits), bits)
    low, high = limits(bits)
    assert exact.min() >= low and exact.max() <= high
    assert np.array_equal(exact.sum(axis=0), steps(mix, bits))


@DEPTHS
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_there_is_room_for_every_mix_at_the_edge_of_the_range(bits: int, count: int) -> None:
    """Every stem at one end or the other, every mix: at most all stems must give way."""
    low, high = limits(bits)
    values = (low, low + 1, 0, high - 1, high)
    columns = np.array(list(itertools.product(values, repeat=count + 1)), dtype=np.int64)
    held = (columns.T << (32 - bits)).astype(np.int32)[:, None, :]
    for rest in (None, *range(count)):
        exact = steps(sum_to_mix(held[1:], held[0], rest, bits), bits)
        assert exact.min() >= low and exact.max() <= high
        assert np.array_equal(exact.sum(axis=0), steps(held[0], bits))


@DEPTHS
@PATIENT
@given(parts=song(LEVELS))
def test_only_the_rest_changes_where_it_has_room(bits: int, parts: Samples) -> None:
    mix, stems = rounded(parts[0], bits), rounded(parts[1:], bits)
    exact = sum_to_mix(stems, mix, 0, bits)
    others = steps(stems, bits)[1:]
    wanted = steps(mix, bits) - others.sum(axis=0)
    low, high = limits(bits)
    room = (low <= wanted) & (wanted <= high)
    assert np.array_equal(steps(exact, bits)[0][room], wanted[room])
    assert np.array_equal(steps(exact, bits)[1:][:, room], others[:, room])


@pytest.mark.parametrize(
    ("stems", "mix", "expected"),
    [
        ((30000, 20000, -10000), 32767, (22767, 20000, -10000)),  # the rest has room
        ((10000, -30000, 5000), 32767, (10000, 17767, 5000)),  # most headroom above
        ((0, 5000, 32000), -32768, (0, 0, -32768)),  # and then the next one
        ((20000, 30000, 25000), -32768, (20000, -32768, -20000)),  # one stem is not enough
        ((-32768, -32768, -32768), 32767, (32767, 32767, -32767)),  # all have to give way
    ],
)
def test_where_the_rest_has_no_room_those_with_most_headroom_take_it(
    stems: tuple[int, ...], mix: int, expected: tuple[int, ...]
) -> None:
    held = (np.array([mix, *stems], np.int64) << 16).astype(np.int32)[:, None, None]
    exact = steps(sum_to_mix(held[1:], held[0], 0, 16), 16)
    assert exact.ravel().tolist() == list(expected)


def test_without_a_rest_the_stem_with_most_headroom_takes_it_all() -> None:
    stems = (np.array([[300, -200], [-300, 200]], np.int64) << 16).astype(np.int32)[:, None]
    mix = (np.array([[100, 100]], np.int64) << 16).astype(np.int32)
    assert steps(sum_to_mix(stems, mix, None, 16), 16)[:, 0].tolist() == [[300, -100], [-200, 200]]
    loud = np.array([[0.3, -0.2], [-0.3, 0.2]], np.float32)[:, None]
    changed = sum_to_mix(loud, np.full((1, 2), 0.1, np.float32), None, 32) != loud
    assert changed[:, 0].tolist() == [[False, True], [True, False]]


@PATIENT
@given(parts=song(st.floats(-0.5, 0.5, width=32)), data=st.data())
def test_floats_sum_to_the_mix_however_a_mixer_adds_them(
    parts: Samples, data: st.DataObject
) -> None:
    mix, stems = rounded(parts[0], 32), rounded(parts[1:], 32)
    rest = data.draw(st.none() | st.integers(0, len(stems) - 1))
    exact = sum_to_mix(stems, mix, rest, 32)
    assert exact.dtype == np.float32
    assert np.abs(exact.sum(axis=0, dtype=np.float64) - mix).max() <= 2.0**-23
    single = np.zeros_like(mix)
    for stem in data.draw(st.permutations(range(len(stems)))):
        single += exact[stem]
    assert np.abs(single.astype(np.float64) - mix).max() <= 1e-6


@PATIENT
@given(parts=song(st.floats(-40, 40, width=32)))
def test_loud_floats_are_not_clipped_and_exact_in_proportion(parts: Samples) -> None:
    mix, stems = rounded(parts[0], 32), rounded(parts[1:], 32)
    exact = sum_to_mix(stems, mix, 0, 32)
    loudest = max(1.0, float(np.abs(exact).max()))
    assert np.array_equal(exact[1:], stems[1:])
    assert np.abs(exact.sum(axis=0, dtype=np.float64) - mix).max() <= 1e-6 * loudest


@PATIENT
@given(parts=song(st.sampled_from([np.inf, -np.inf, np.nan, 3e38, -3e38, 1.0, 0.0])))
def test_floats_without_bounds_stay_finite(parts: Samples) -> None:
    exact = sum_to_mix(rounded(parts[1:], 32), rounded(parts[0], 32), 0, 32)
    assert np.isfinite(exact).all()


def by_hand(mix: Any, stems: Any) -> float:
    left = mix.astype(np.float64) - stems.astype(np.float64).sum(axis=0)
    rms = np.sqrt(np.mean(left**2)), np.sqrt(np.mean(mix.astype(np.float64) ** 2))
    return float(20 * np.log10(rms[0] / rms[1]))


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("block", [1000, 17])
def test_the_null_depth_is_measured_over_all_blocks(bits: int, block: int) -> None:
    draw = np.random.default_rng(3)
    stems = rounded(draw.uniform(-0.4, 0.4, (3, 2, 1000)).astype(np.float32), bits)
    error = draw.uniform(-0.01, 0.01, (2, 1000)).astype(np.float32)
    whole = np.clip(stems.astype(np.float64).sum(axis=0) / 2.0 ** (0 if bits == 32 else 31), -1, 1)
    mix = rounded(whole.astype(np.float32) + error, bits)
    saved = sum_to_mix(stems, mix, 2, bits)
    meter = NullMeter(bits)
    for start in range(0, 1000, block):
        part = slice(start, start + block)
        meter.add(mix[:, part], stems[:, :, part], saved[:, :, part])
    depth = meter.depth()
    assert depth.plain_db == pytest.approx(by_hand(mix, stems), abs=0.01)
    assert depth.plain_db is not None and depth.plain_db > -50
    if bits == 32:
        assert depth.saved_db is not None and depth.saved_db < -140
        assert depth.saved_db == pytest.approx(by_hand(mix, saved), abs=0.01)
    else:
        assert depth.saved_db is None


def test_one_step_off_at_one_sample_is_not_exact() -> None:
    mix = np.full((2, 100_000), 1 << 30, np.int32)
    stems = np.stack([mix, np.zeros_like(mix)])
    meter = NullMeter(24)
    meter.add(mix, stems, stems)
    assert meter.depth().saved_db is None
    stems[1, 1, -1] = 1 << 8
    meter.add(mix, stems, stems)
    depth = meter.depth()
    assert depth.saved_db is not None and depth.plain_db == depth.saved_db
    assert depth.saved_db == pytest.approx(20 * np.log10(2.0**-22 / np.sqrt(400_000)), abs=0.01)


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_silence_has_a_null_depth(bits: int) -> None:
    silence = rounded(np.zeros((2, 50), np.float32), bits)
    step = rounded(np.full((2, 50), 2.0 ** (1 - min(bits, 24)), np.float32), bits)
    meter = NullMeter(bits)
    meter.add(silence, silence[None], silence[None])
    assert meter.depth().plain_db is None
    meter.add(silence, step[None], silence[None])
    depth = meter.depth()
    assert depth.plain_db == pytest.approx(-3.01, abs=0.01), "half of it is one step loud"
    assert depth.saved_db is None


def test_the_quietest_mix_is_not_silence() -> None:
    mix = np.full((2, 50), 1 << 16, np.int32)
    meter = NullMeter(16)
    meter.add(mix, np.zeros((2, 2, 50), np.int32), np.stack([mix, -mix]))
    depth = meter.depth()
    assert (depth.plain_db, depth.saved_db) == (0.0, 0.0), "all of it is missing"
