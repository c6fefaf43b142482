"""The scripts that made the built-in model: songs from a number, and a training that ends in a
model the app loads. Without fluidsynth and espeak-ng: what needs them is not tried here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from stemdesk.engine.htdemucs_support import supports
from stemdesk.engine.load import load_model
from stemdesk.models.library import ModelLibrary

TRAINING = Path(__file__).parents[2] / "resources" / "models" / "starter" / "training"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scripts' folder on the path, as when one of them is run."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(TRAINING))
    yield
    for name in set(sys.modules) - before:
        path = getattr(sys.modules[name], "__file__", None) or ""
        if Path(path).parent == TRAINING:
            del sys.modules[name]


@pytest.mark.usefixtures("scripts")
def test_a_song_is_its_seed_and_has_four_stems() -> None:
    import song

    stems = song.make_song(4, samples=False)
    np.testing.assert_array_equal(stems, song.make_song(4, samples=False))
    assert stems.shape == (4, 2, 22 * 44100)
    assert np.isfinite(stems).all()
    loud = np.sqrt(np.square(stems).mean(axis=(1, 2)))
    assert (loud > 0.003).all(), "a silent stem"
    assert np.abs(stems.sum(axis=0)).max() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.usefixtures("scripts")
def test_clips_come_from_the_songs_and_repeat_for_a_seed(tmp_path: Path) -> None:
    import data

    rng = np.random.default_rng(0)
    songs = []
    for seed in range(2):
        noise = rng.uniform(-0.2, 0.2, (4, 2, 44100)).astype(np.float32)
        songs.append(data.opened(data.store(tmp_path, seed, noise)))
    assert [path.name for path in data.stored(tmp_path)] == ["song000000.npy", "song000001.npy"]
    clips = data.batch(np.random.default_rng(1), songs, 3, 8000)
    np.testing.assert_array_equal(clips, data.batch(np.random.default_rng(1), songs, 3, 8000))
    assert clips.shape == (3, 4, 2, 8000)
    assert clips.dtype == np.float32
    assert (np.square(clips).mean(axis=(1, 2, 3)) > 1e-5).all()


def test_two_steps_of_training_end_in_a_model_the_app_loads(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for folder, first, count in (("songs", 1000, 1), ("tests", 1, 1)):
        (tmp_path / folder).mkdir()
        for seed in range(first, first + count):
            noise = rng.integers(-5000, 5000, (4, 2, 30000), dtype=np.int16)
            np.save(tmp_path / folder / f"song{seed:06d}.npy", noise)
    command = [
        *(sys.executable, str(TRAINING / "train.py"), str(tmp_path), "--steps", "2"),
        *("--first-songs", "1", "--songs", "1", "--tests", "1", "--seconds", "0.5", "--clips", "1"),
        *("--threads", "1", "--device", "cpu", "--no-samples", "--enliven"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "SDR in dB after 2 steps" in (tmp_path / "train.log").read_text(encoding="utf-8")
    (file,) = ModelLibrary(tmp_path / "export").get("starter").files
    assert file.path.stat().st_size < 12e6
    assert supports(load_model(file)) is None
