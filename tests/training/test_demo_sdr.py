from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import demo_sdr
from stemdesk.audio.demo import demo_stems

Samples = NDArray[np.float32]


class QuietApp:
    """Gives the true stems for the demo song's file, a tenth too quiet."""

    def __init__(self, folder: Path) -> None: ...

    def __enter__(self) -> QuietApp:
        return self

    def __exit__(self, *error: object) -> None: ...

    def split_file(self, path: Path) -> dict[str, Samples]:
        stems = demo_stems()
        song: Samples = soundfile.read(path, dtype="float32", always_2d=True)[0].T
        assert np.max(np.abs(song - np.sum(list(stems.values()), axis=0))) < 1 / 32000  # 16 bits
        return {stem: np.float32(0.9) * samples for stem, samples in stems.items()}


def test_each_stem_of_the_demo_song_is_measured_against_the_true_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_sdr, "App", QuietApp)
    monkeypatch.setattr(sys, "argv", ["demo_sdr.py"])
    demo_sdr.main()
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0] for row in rows] == ["drums", "bass", "other", "vocals"]
    for _, ratio, scale_invariant, mix in rows:
        assert (ratio, scale_invariant) == ("20.0", "100.0")
        assert float(mix) < 0
