from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemdesk.audio.peaks import (
    BASE_FRAMES,
    COARSEST_FRAMES,
    FACTOR,
    FULL,
    Pyramid,
    joined,
    without,
)

PATIENT = settings(deadline=None)  # machines are busy at times

RATE = 44100
STEP = FULL / 32767
SHARE = st.floats(0, 1, allow_subnormal=False)  # torch, where it is loaded, flushes them to 0


def noise(frames: int, seed: int = 0) -> NDArray[np.float32]:
    """float32 [2, frames] within ±1, its loudness changing along the way."""
    rng = np.random.default_rng(seed)
    samples = (
        rng.uniform(-1.0, 1.0, (2, frames))
        * rng.uniform(0.0, 1.0, -(-frames // 97)).repeat(97)[:frames]
    )
    return samples.astype(np.float32)


def of(samples: NDArray[np.float32]) -> Pyramid:
    made = Pyramid(RATE, samples.shape[1])
    made.add(0, samples)
    return made


@st.composite
def a_cut_song(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """A song's length and blocks of it: unaligned, in any order, some missing, some twice."""
    frames = draw(st.integers(1, 5 * FACTOR * BASE_FRAMES))
    cuts = draw(st.lists(st.integers(0, frames), max_size=12))
    edges = sorted({0, frames, *cuts})
    parts = list(itertools.pairwise(edges))
    chosen = draw(st.lists(st.sampled_from(parts), min_size=1, max_size=2 * len(parts)))
    return frames, chosen


@PATIENT
@given(a_cut_song(), st.integers(1, 40), SHARE, st.floats(0.001, 1), st.integers(0, 99))
def test_columns_hold_their_frames_and_little_more(
    song: tuple[int, list[tuple[int, int]]], columns: int, at: float, share: float, seed: int
) -> None:
    frames, parts = song
    samples = noise(frames, seed)
    pyramid = Pyramid(RATE)
    known = np.zeros(frames, bool)
    for begin, end in parts:
        pyramid.add(begin, samples[:, begin:end])
        known[begin:end] = True
    first = at * frames
    last = first + share * frames
    seen = pyramid.view(first, last, columns)
    assert seen.shape == (columns, 2)
    assert seen.dtype == np.float32
    step = (last - first) / columns
    slack = max(float(BASE_FRAMES), step / 4)
    for number in range(columns):
        left, right = first + number * step, first + (number + 1) * step
        inner = np.arange(int(np.ceil(left)), min(frames, int(np.ceil(right))))
        outer = np.arange(max(0, int(left - slack)), min(frames, int(np.ceil(right + slack))))
        inner, outer = inner[known[inner]], outer[known[outer]]
        low, high = seen[number]
        if len(inner):
            assert low <= samples[:, inner].min()
            assert high >= samples[:, inner].max()
        if np.isnan(low):
            assert np.isnan(high)
            assert not len(inner)
        else:
            assert low >= samples[:, outer].min() - STEP * 1.01
            assert high <= samples[:, outer].max() + STEP * 1.01
    assert pyramid.covers() == joined(parts)


@pytest.mark.parametrize("buckets", [1, 3, 4, 16, 64, 200, 1024, 5000])
def test_every_zoom_shows_the_same_song(buckets: int) -> None:
    frames = 2_000_003
    samples = noise(frames)
    seen = of(samples).view(0, frames // BASE_FRAMES * BASE_FRAMES, buckets)
    edges = (np.arange(buckets + 1) * (frames // BASE_FRAMES * BASE_FRAMES)) // buckets
    lows = np.minimum.reduceat(samples.min(axis=0), edges[:-1])
    highs = np.maximum.reduceat(samples.max(axis=0), edges[:-1])
    assert (seen[:, 0] <= lows).all()
    assert (seen[:, 1] >= highs).all()
    assert seen[:, 0].min() == pytest.approx(samples.min(), abs=STEP * 1.01)
    assert seen[:, 1].max() == pytest.approx(samples.max(), abs=STEP * 1.01)


def test_a_single_peak_is_seen_at_any_zoom() -> None:
    samples = np.zeros((2, 10_000_000), np.float32)
    samples[1, 6_543_210] = -0.75
    pyramid = of(samples)
    for columns in (10, 100, 1000, 10_000):
        seen = pyramid.view(0, 10_000_000, columns)
        column = 6_543_210 * columns // 10_000_000
        assert seen[column, 0] == pytest.approx(-0.75, abs=STEP * 1.01)
        assert np.count_nonzero(seen[:, 0] < -0.5) <= 2


@pytest.mark.parametrize("window", [(-5000.0, -1.0), (20_000.0, 30_000.0)])
def test_nothing_is_known_outside(window: tuple[float, float]) -> None:
    assert np.isnan(of(noise(10_000)).view(*window, 50)).all()


def test_half_in_the_song_is_half_known() -> None:
    seen = of(noise(12_800)).view(-12_800, 25_600, 30)
    assert np.isnan(seen[:10]).all()
    assert not np.isnan(seen[10:20]).any()
    assert np.isnan(seen[20:]).all()


def test_an_empty_window_has_no_columns_that_are_known() -> None:
    pyramid = of(noise(1000))
    assert pyramid.view(5, 5, 3).shape == (3, 2)
    assert np.isnan(pyramid.view(5, 5, 3)).all()
    assert pyramid.view(0, 1000, 0).shape == (0, 2)
    pyramid.add(7, noise(0))
    assert pyramid.covers() == ((0, 1000),)


def test_what_is_no_number_is_silence_and_what_is_too_loud_is_cut() -> None:
    samples = np.zeros((2, 3 * BASE_FRAMES), np.float32)
    samples[0, 5] = np.nan
    samples[0, BASE_FRAMES] = np.inf
    samples[1, 2 * BASE_FRAMES] = -99.0
    seen = of(samples).view(0, samples.shape[1], 3)
    np.testing.assert_allclose(seen, np.array([[0.0, 0.0], [0.0, FULL], [-FULL, 0.0]]))


def test_the_loudest_is_known() -> None:
    assert Pyramid(RATE, 1000).loudest == 0.0
    samples = noise(100_000)
    assert of(samples).loudest == pytest.approx(np.abs(samples).max(), abs=STEP * 1.01)


def test_three_hours_in_six_lanes_take_119_megabytes() -> None:
    pyramid = Pyramid(RATE, 3 * 3600 * RATE)
    pyramid.add(3 * 3600 * RATE - 1, np.zeros((2, 1), np.float32))
    assert 6 * pyramid.nbytes == pytest.approx(119e6, rel=0.01)


@settings(PATIENT, max_examples=25)
@given(song=a_cut_song())
def test_what_is_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, song: tuple[int, list[tuple[int, int]]]
) -> None:
    frames, parts = song
    samples = noise(frames)
    pyramid = Pyramid(48000)
    for begin, end in parts:
        pyramid.add(begin, samples[:, begin:end])
    path = tmp_path_factory.mktemp("cache") / "stem.peaks"
    pyramid.save(path)
    loaded = Pyramid.load(path)
    assert loaded is not None
    assert loaded.samplerate == 48000
    assert loaded.covers() == pyramid.covers()
    for columns in (3, frames):
        np.testing.assert_array_equal(
            loaded.view(0, frames, columns), pyramid.view(0, frames, columns)
        )
    loaded.add(0, samples)  # it goes on growing
    assert loaded.covers() == ((0, frames),)


def test_damaged_files_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "stem.peaks"
    assert Pyramid.load(path) is None
    of(noise(100_000)).save(path)
    whole = path.read_bytes()
    assert Pyramid.load(path) is not None
    for broken in (b"", whole[:10], whole[:-1], whole + b"x", b"x" + whole[1:]):
        path.write_bytes(broken)
        assert Pyramid.load(path) is None
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert Pyramid.load(path) is None, place


ranges = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)))


@PATIENT
@given(ranges, ranges)
def test_ranges_are_sets_of_frames(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    def frames(parts: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
        return {frame for begin, end in parts for frame in range(begin, end)}

    assert frames(joined(one)) == frames(one)
    left = without(one, other)
    assert frames(left) == frames(one) - frames(other)
    for parts in (joined(one), left):
        assert all(begin < end for begin, end in parts)
        assert all(a[1] < b[0] for a, b in itertools.pairwise(parts))


def test_a_day_takes_little_memory_and_is_drawn_and_kept_all_the_same(tmp_path: Path) -> None:
    frames = 24 * 3600 * 44_100
    pyramid = Pyramid(44_100, frames)
    assert pyramid.base == COARSEST_FRAMES
    block = np.full((2, 65_536), 0.5, np.float32)
    for start in (0, 5 * 65_536, frames - 65_536):
        pyramid.add(start, block)
    assert pyramid.nbytes < 15_000_000
    pyramid.save(tmp_path / "day.peaks")
    loaded = Pyramid.load(tmp_path / "day.peaks")
    assert loaded is not None
    for one in (pyramid, loaded):
        seen = one.view(frames - 65_536, frames, 16)
        np.testing.assert_allclose(seen[:, 1], 0.5, atol=2 * FULL / 32767)
        assert np.isnan(one.view(10 * 65_536, 11 * 65_536, 16)).all()
        assert one.covers() == pyramid.covers()


def test_a_length_that_lies_takes_no_memory() -> None:
    pyramid = Pyramid(44_100, 1 << 50)
    assert pyramid.nbytes < 10_000_000
    samples = np.random.default_rng(0).uniform(-1, 1, (2, 100_000)).astype(np.float32)
    pyramid.add(0, samples)
    assert np.isfinite(pyramid.view(0, 100_000, 40)).all()
