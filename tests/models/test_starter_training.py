"""The scripts that made the built-in model: songs from a number, and a training that ends in a
model the app loads. Without fluidsynth and espeak-ng: what needs them is not tried here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stemdesk.engine.htdemucs_support import supports
from stemdesk.engine.load import load_model
from stemdesk.models.library import ModelLibrary

TRAINING = Path(__file__).parents[2] / "resources" / "models" / "starter" / "training"
(SHIPPED,) = TRAINING.parent.glob("*.safetensors")


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


@pytest.mark.usefixtures("scripts")
def test_muon_moves_every_direction_alike_however_small_the_gradient() -> None:
    import torch

    import muon

    torch.manual_seed(0)
    gradient = torch.randn(12, 5, 8) * torch.logspace(0, -2, 12)[:, None, None]
    moved = []
    for factor in (1.0, 1e-8):
        weight = torch.nn.Parameter(torch.zeros(12, 5, 8))
        weight.grad = gradient * factor
        muon.Muon([weight], lr=0.01).step()
        moved.append(weight.detach().reshape(12, 40))
    torch.testing.assert_close(moved[0], moved[1], rtol=0.05, atol=2e-4)
    before = torch.linalg.svdvals(gradient.reshape(12, 40))
    after = torch.linalg.svdvals(moved[0])
    assert before[0] / before[-1] > 50
    assert after[0] / after[-1] < 2
    assert float((moved[0] * gradient.reshape(12, 40)).sum()) < 0, "not downhill"
    # the root mean square is 0.2 of the rate
    assert float(moved[0].square().mean().sqrt()) == pytest.approx(0.002, rel=0.2)


@pytest.mark.usefixtures("scripts")
def test_muon_and_adam_share_the_networks_weights() -> None:
    import muon
    import network

    module = network.build()
    rates = {"rate": 1.0, "small_rate": 2.0, "scale_rate": 3.0}
    matrices, others = muon.optimisers(module, **rates)
    owned = [p for o in (matrices, others) for group in o.param_groups for p in group["params"]]
    assert sorted(map(id, owned)) == sorted(map(id, module.parameters()))
    assert all(weight.dim() > 1 for weight in matrices.param_groups[0]["params"])
    assert [group["lr"] for group in others.param_groups] == [2.0, 3.0]


@pytest.mark.parametrize("optimiser", ["muon", "adam"])
def test_two_steps_of_training_end_in_a_model_the_app_loads(tmp_path: Path, optimiser: str) -> None:
    log = _trained(tmp_path, "--steps", "2", "--enliven", "--optimiser", optimiser)
    assert "SDR in dB after 2 steps" in log
    (file,) = ModelLibrary(tmp_path / "export", built_in=None).get("starter").files
    assert file.path.stat().st_size < 12e6
    assert supports(load_model(file)) is None


def test_training_goes_on_from_a_shipped_model(tmp_path: Path) -> None:
    log = _trained(tmp_path, "--start", str(SHIPPED), "--minutes", "0")
    assert "SDR in dB after 0 steps" in log
    (written,) = (tmp_path / "export").glob("*.safetensors")
    assert written.name == SHIPPED.name, "other weights: the name is their hash"
    _trained(tmp_path, "--start", str(SHIPPED), "--steps", "1")
    (moved,) = (tmp_path / "export").glob("*.safetensors")
    assert moved.name != SHIPPED.name


def test_training_goes_on_with_magnitudes(tmp_path: Path) -> None:
    magnitudes = '{"cac": false, "wiener_iters": -1, "end_iters": -1}'
    _trained(tmp_path, "--start", str(SHIPPED), "--shape", magnitudes, "--steps", "1")
    (file,) = ModelLibrary(tmp_path / "export", built_in=None).get("starter").files
    made: Any = load_model(file)
    assert supports(made) is None
    kept = load_model(ModelLibrary(SHIPPED.parent).get("starter").files[0]).state_dict()
    name = "encoder.1.conv.weight"
    assert torch.allclose(made.state_dict()[name], kept[name], atol=0.01)
    again = _trained(tmp_path, "--start", str(file.path), "--shape", magnitudes, "--minutes", "0")
    assert "SDR in dB after 0 steps" in again
    assert (tmp_path / "export" / file.path.name).exists(), "other weights"


def _trained(folder: Path, *options: str) -> str:
    """Runs train.py on noise in place of songs; its log."""
    rng = np.random.default_rng(0)
    for kind, seed in (("songs", 1000), ("tests", 1)):
        (folder / kind).mkdir(exist_ok=True)
        noise = rng.integers(-5000, 5000, (4, 2, 30000), dtype=np.int16)
        np.save(folder / kind / f"song{seed:06d}.npy", noise)
    command = [
        *(sys.executable, str(TRAINING / "train.py"), str(folder)),
        *("--first-songs", "1", "--songs", "1", "--tests", "1", "--seconds", "0.5", "--clips", "1"),
        *("--threads", "1", "--device", "cpu", "--no-samples", *options),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "train.log").read_text(encoding="utf-8")
