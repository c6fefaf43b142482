from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from baseline import separate
from sdr import windowed_sdr

RATE = 44100
SECONDS = 3

Samples = NDArray[np.float32]


def song() -> dict[str, Samples]:
    """Clicks at the sides, a low tone, tones in the middle, tones at one side: the case that the
    method was thought out for."""
    t = np.arange(SECONDS * RATE) / RATE
    clicks = np.zeros((2, len(t)))
    burst = np.random.RandomState(0).normal(0, 1, (2, 200)) * np.exp(-np.arange(200) / 40)
    for start in range(RATE // 4, len(t) - 200, RATE // 2):
        clicks[:, start : start + 200] += burst
    low = 0.4 * np.sin(2 * np.pi * 55 * t)
    middle = sum(0.1 * np.sin(2 * np.pi * 437 * k * t) for k in range(1, 6))
    side = sum(0.1 * np.sin(2 * np.pi * 601 * k * t) for k in range(1, 6))
    stems = {
        "drums": clicks,
        "bass": np.stack((low, low)),
        "other": np.stack((side, -0.3 * side)),
        "vocals": np.stack((middle, middle)),
    }
    return {name: stem.astype(np.float32) for name, stem in stems.items()}


@pytest.fixture(scope="module")
def case() -> tuple[dict[str, Samples], Samples, dict[str, Samples]]:
    """True stems, the mix, and what the baseline makes of it."""
    stems = song()
    mix = np.sum(list(stems.values()), axis=0)
    return stems, mix, separate(mix, RATE)


@pytest.mark.parametrize("stem", ["drums", "bass", "other", "vocals"])
def test_an_easy_song_is_taken_apart(
    case: tuple[dict[str, Samples], Samples, dict[str, Samples]], stem: str
) -> None:
    stems, mix, found = case
    reached = windowed_sdr(stems[stem], found[stem], RATE)
    assert reached > windowed_sdr(stems[stem], mix, RATE) + 6
    assert reached > 5


def test_the_stems_sum_to_the_mix(
    case: tuple[dict[str, Samples], Samples, dict[str, Samples]],
) -> None:
    _, mix, found = case
    total = np.sum(list(found.values()), axis=0)
    assert total.shape == mix.shape
    assert np.max(np.abs(total - mix)) < 1e-5


def test_silence_stays_silent() -> None:
    silence = np.zeros((2, 20000), dtype=np.float32)
    assert all(not stem.any() for stem in separate(silence, RATE).values())
