from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

import evaluate
import heldout
from heldout import Samples
from heldout_sound import RATE
from stemdesk_app import App
from support.models import install_small

SECONDS = 1.5


@pytest.fixture(scope="module")
def stems() -> dict[str, Samples]:
    return heldout.render(heldout.SONGS[4], SECONDS, programs=False)


def test_the_app_splits_a_mix_into_stems_of_its_length(
    tmp_path: Path, stems: dict[str, Samples]
) -> None:
    install_small(tmp_path, "starter")
    with App(tmp_path) as app:
        found = app.split(heldout.mix_of(stems), RATE)
        again = app.split(heldout.mix_of(stems), RATE)
    assert set(found) == set(heldout.STEMS)
    for stem, samples in found.items():
        assert samples.shape == stems[stem].shape
        assert samples.any()
        assert np.array_equal(samples, again[stem])


def test_a_folder_with_two_models_is_refused(tmp_path: Path) -> None:
    install_small(tmp_path, "one")
    install_small(tmp_path, "two")
    with pytest.raises(ValueError, match="2 yaml files"):
        App(tmp_path)


def arguments(**changes: object) -> argparse.Namespace:
    values = {"songs": 3, "minutes": 60.0, "cache": None, "synth_only": True}
    return argparse.Namespace(**{**values, **changes})


class FakeApp:
    """Separates by a wrong scale: `share` of the true stem, which it is told."""

    def __init__(self, stems: dict[str, Samples], share: float) -> None:
        self._stems = stems
        self._share = np.float32(share)

    def split(self, mix: Samples, rate: int) -> dict[str, Samples]:
        return {stem: self._share * samples for stem, samples in self._stems.items()}


@pytest.mark.parametrize(("share", "met"), [(0.99, True), (0.2, False)])
def test_the_bar_is_three_decibels_above_the_baseline_in_every_stem(
    stems: dict[str, Samples],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    share: float,
    met: bool,
) -> None:
    monkeypatch.setattr(heldout, "songs", lambda *_, **__: iter([("one", stems), ("two", stems)]))
    app: object = FakeApp(stems, share)
    result = evaluate.evaluate(app, arguments())  # type: ignore[arg-type]
    assert result["met"] is met
    assert set(result["songs"]) == {"one", "two"}
    for stem, values in result["medians"].items():
        assert values["model"] == pytest.approx(-20 * np.log10(1 - share), abs=0.01)
        assert values["model si"] > 90
        assert result["above_baseline"][stem] == values["model"] - values["baseline"]
    assert "| drums |" in evaluate.table(result["medians"])
    assert capsys.readouterr().out.count("vocals") == 2  # a line a song


def test_one_stem_below_the_bar_is_enough() -> None:
    good = {"model": 9.0, "baseline": 5.0, "mix": 0.0}
    assert evaluate.gains({"a": good, "b": {**good, "model": 7.9}})["b"] < evaluate.BAR_DB
