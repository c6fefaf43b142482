from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemdesk.audio.energy import MOST_DB, Energies
from stemdesk.audio.mixer import Mixer
from stemdesk.audio.remix import Remix

PATIENT = settings(deadline=None)  # machines are busy at times

STEMS = ("vocals", "drums", "bass")
FRAMES = 3000


class Held:
    """A `Reader` of samples in memory."""

    def __init__(self, samples: NDArray[np.float32]) -> None:
        self.samples = samples

    def read(self, start: int, frames: int) -> NDArray[np.float32]:
        return self.samples[:, start : start + frames]


@pytest.fixture(scope="module")
def stems() -> dict[str, NDArray[np.float32]]:
    """Not independent of each other: they share a tone."""
    rng = np.random.default_rng(5)
    tone = np.sin(np.arange(FRAMES) / 9)
    return {
        name: (0.2 * tone + rng.standard_normal((2, FRAMES)) * level).astype(np.float32)
        for name, level in zip(STEMS, (0.1, 0.3, 0.05), strict=True)
    }


def measured(
    stems: dict[str, NDArray[np.float32]], original: NDArray[np.float32] | None, block: int = 700
) -> Energies:
    made = Energies(STEMS)
    for start in reversed(range(0, FRAMES, block)):
        part = slice(start, start + block)
        whole = None if original is None else original[:, part]
        made.add([stems[name][:, part] for name in STEMS], whole)
    return made


def level(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


@PATIENT
@given(
    st.lists(
        st.tuples(st.floats(-20, 12), st.floats(-1, 1), st.booleans(), st.booleans()),
        min_size=3,
        max_size=3,
    ),
    st.floats(-60, 12),
)
def test_the_original_gets_the_remixs_level(
    stems: dict[str, NDArray[np.float32]],
    balance: list[tuple[float, float, bool, bool]],
    master: float,
) -> None:
    remix = Remix.of(STEMS).with_master(master)
    for name, (gain, pan, muted, soloed) in zip(STEMS, balance, strict=True):
        remix = remix.with_gain(name, gain).with_pan(name, pan)
        remix = remix.with_muted(name, muted).with_soloed(name, soloed)
    original = sum(stems.values(), np.zeros((2, FRAMES), np.float32))
    mixed = Mixer({name: Held(stems[name]) for name in STEMS}).read(0, FRAMES, remix)
    got = measured(stems, original).match_db(remix)
    if not mixed.any():
        assert got == -MOST_DB
    else:
        wanted = level(mixed) - level(original)
        assert got == pytest.approx(min(MOST_DB, max(-MOST_DB, wanted)), abs=1e-4)


def test_nothing_is_matched_where_there_is_nothing(
    stems: dict[str, NDArray[np.float32]],
) -> None:
    remix = Remix.of(STEMS)
    silence = np.zeros((2, FRAMES), np.float32)
    assert measured(stems, None).match_db(remix) == 0.0
    assert measured(stems, silence).match_db(remix) == 0.0
    assert measured(dict.fromkeys(STEMS, silence), stems["bass"]).match_db(remix) == 0.0


def test_what_is_no_number_is_silence(stems: dict[str, NDArray[np.float32]]) -> None:
    broken = {name: samples.copy() for name, samples in stems.items()}
    clean = {name: samples.copy() for name, samples in stems.items()}
    for samples in broken.values():
        samples[:, ::50] = np.nan
        samples[:, 7] = np.inf
    for samples in clean.values():
        samples[:, ::50] = samples[:, 7] = 0.0
    remix = Remix.of(STEMS)
    got = measured(broken, broken["drums"]).match_db(remix)
    assert got == pytest.approx(measured(clean, clean["drums"]).match_db(remix))


def test_they_are_kept_as_json(stems: dict[str, NDArray[np.float32]]) -> None:
    import json

    made = measured(stems, stems["drums"])
    again = Energies.from_json(json.loads(json.dumps(made.to_json())))
    remix = Remix.of(STEMS).with_gain("drums", -4).with_pan("bass", 0.5)
    assert again.match_db(remix) == made.match_db(remix)
    assert again.stems == STEMS
    without_original = Energies.from_json(json.loads(json.dumps(measured(stems, None).to_json())))
    assert without_original.match_db(remix) == 0.0


@pytest.mark.parametrize(
    "wrong",
    [{}, {"stems": ["a"], "gram": [[1]], "original": 1}, {"stems": 5, "gram": [], "original": 0}],
)
def test_other_json_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="energies"):
        Energies.from_json(wrong)
