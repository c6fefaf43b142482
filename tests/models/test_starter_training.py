"""The scripts that made the built-in model: songs from a number, and a training that ends in a
model the app loads. Without fluidsynth and espeak-ng: what needs them is not tried here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stemdesk.engine.htdemucs_support import supports
from stemdesk.engine.load import load_model
from stemdesk.models.library import ModelLibrary
from support.training import TRAINING, scripts

__all__ = ["scripts"]
(SHIPPED,) = TRAINING.parent.glob("*.safetensors")


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
def test_some_clips_stand_in_the_middle_and_most_do_not(tmp_path: Path) -> None:
    import data

    noise = np.random.default_rng(0).uniform(-0.2, 0.2, (4, 2, 44100)).astype(np.float32)
    songs = [data.opened(data.store(tmp_path, 0, noise))]
    clips = data.batch(np.random.default_rng(1), songs, 150, 1000)
    sides = np.square(clips[:, :, 0] - clips[:, :, 1]).sum(axis=2)
    power = np.square(clips).sum(axis=(2, 3)) + 1e-9
    mono = sides / power < 1e-6
    assert 0.05 < mono.all(axis=1).mean() < 0.2, "whole clips"
    assert 0.15 < mono.mean() < 0.4, "stems"


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


@pytest.mark.usefixtures("scripts")
def test_a_network_begins_as_masks_whose_stems_add_up_to_the_mix() -> None:
    import masks
    import network
    import spectra

    torch.manual_seed(0)
    module: Any = network.fresh().eval()
    mix = torch.randn(1, 2, int(network.SEGMENT * network.RATE)) * 0.3
    mix -= mix.mean()  # HTDemucs gives every stem the mix's
    heard = spectra.numbers(spectra.spectra(mix))
    masks.wake(module, lambda: network.spectral(module, heard / heard.std()))
    with torch.no_grad():
        stems = module(mix)[0]
    assert float((stems.sum(dim=0) - mix[0]).norm() / mix.norm()) < 0.003
    for stem in stems:
        share = float((stem * mix[0]).sum() / mix.square().sum())
        assert share == pytest.approx(0.25, abs=0.05)


@pytest.mark.usefixtures("scripts")
def test_phases_are_not_heard_before_or_after_training() -> None:
    """Of a mono song, each place turned by a right angle: the gates stay."""
    import masks
    import muon
    import network

    torch.manual_seed(0)
    module: Any = network.fresh()
    values = torch.randn(2, 2, 256, 12, dtype=torch.complex64)
    values *= torch.rand(2, 2, 256, 12) ** 3 * 5
    values[:, 1] = values[:, 0]
    turned = values * torch.where(torch.rand(2, 1, 256, 12) < 0.5, 1, -1) * 1j
    heard = _numbers(values)
    masks.wake(module, lambda: network.spectral(module, heard))
    optimisers = muon.optimisers(module, 1e-2, 1e-2, 1e-2)
    for _ in range(3):
        assert _gates(module, turned) == pytest.approx(_gates(module, values), abs=1e-5)
        torch.autograd.backward(network.spectral(module, heard).square().mean())
        masks.constrain(module)
        for optimiser in optimisers:
            optimiser.step()
    changed = _gates(module, values)
    assert np.ptp(changed) > 0.05, "the masks did not move"


def _numbers(values: torch.Tensor) -> torch.Tensor:
    import spectra

    return spectra.numbers(values)


def _gates(module: Any, values: torch.Tensor) -> Any:
    """Drums' part of each place of the spectrum."""
    import network

    with torch.no_grad():
        said = network.spectral(module, _numbers(values))
    kinds = said[:, :4].view(len(said), 2, 2, *said.shape[-2:])
    drums = torch.view_as_complex(kinds.movedim(2, -1).contiguous())
    parts = drums / values
    assert float(parts.imag.abs().max()) < 1e-3, "a phase was changed"
    return parts.real.numpy().ravel()


@pytest.mark.usefixtures("scripts")
def test_the_spectral_branch_alone_and_the_mix_are_the_whole_network() -> None:
    import network

    torch.manual_seed(0)
    module: Any = network.fresh().eval()
    mix = torch.randn(1, 2, int(network.SEGMENT * network.RATE)) * 0.3
    with torch.no_grad():
        wanted = module(mix)[0]
        spectrum = module._spec(mix)
        heard = _numbers(spectrum)
        mean, deviation = heard.mean(), heard.std()
        said = network.spectral(module, (heard - mean) / deviation) * deviation + mean
        kinds = said.view(4, 2, 2, *said.shape[-2:]).movedim(2, -1).contiguous()
        found = module._ispec(torch.view_as_complex(kinds), mix.shape[-1])
    found[2] += mix[0]
    assert float((found - wanted).norm() / wanted.norm()) < 0.005


@pytest.mark.usefixtures("scripts")
def test_what_training_leaves_out_changes_nothing() -> None:
    import masks
    import muon
    import network

    torch.manual_seed(0)
    module: Any = network.fresh()
    heard = torch.randn(2, 4, 256, 12)
    wanted = torch.randn(2, 16, 256, 12)
    masks.wake(module, lambda: network.spectral(module, heard))
    optimisers = muon.optimisers(module, 1e-2, 1e-2, 1e-2)
    for _ in range(3):
        said, slopes = [], []
        for way in (network.spectral, network.lean):
            module.zero_grad()
            said.append(way(module, heard))
            torch.autograd.backward((said[-1] - wanted).square().mean())
            masks.constrain(module)
            slopes.append({n: p.grad for n, p in module.named_parameters() if p.grad is not None})
        torch.testing.assert_close(said[1], said[0], atol=1e-5, rtol=1e-4)
        assert slopes[0].keys() == slopes[1].keys()
        for name, slope in slopes[0].items():
            assert float((slopes[1][name] - slope).norm()) <= 1e-4 * float(slope.norm()), name
        for optimiser in optimisers:
            optimiser.step()
    with torch.no_grad():
        assert float((said[0] - network.spectral(module, heard)).norm()) > 0.01, "nothing learned"


@pytest.mark.usefixtures("scripts")
def test_batches_of_spectra_are_mixes_of_their_stems(tmp_path: Path) -> None:
    import data
    import spectra

    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.2, 0.2, (4, 2, 60000)).astype(np.float32)
    songs = [data.opened(data.store(tmp_path, 0, noise))]
    seen = set()
    for number in range(12):
        plan = spectra.Plan(seed=0, clips=4, frames=6, whole=0.3, half=0.35)
        made = plan.make(songs, part=0, number=number)
        assert len({one.mix.shape[2] for one in made}) == 1
        bins = made[0].mix.shape[2]
        assert bins == plan.make(songs, part=1, number=number)[0].mix.shape[2]
        seen.add(bins)
        for one in made:
            stems = one.wanted.view(len(one.mix), 4, *one.mix.shape[1:])
            # the other stem's is less the mix, so that all four leave nothing
            torch.testing.assert_close(
                stems.sum(dim=1), torch.zeros_like(one.mix), atol=1e-3, rtol=0
            )
            assert (one.power > 0).all()
        whole = [one.wanted.view(len(one.mix), 4, *one.mix.shape[1:]) for one in made]
        for one, stems in zip(made, whole, strict=True):
            stems[:, 2] += one.mix
            parts = stems.flatten(2)[:, :, None] * whole[0].flatten(2).transpose(0, 1)[None]
            like = parts.sum(dim=-1).abs() / (
                stems.flatten(2).norm(dim=2)[:, :, None] * whole[0].flatten(2).norm(dim=2).T[None]
                + 1e-9
            )
            found = like.amax(dim=2)[stems.flatten(2).norm(dim=2) > 0.1]
            if bins < 2048:  # else not all of the batch's clips are there
                assert float(found.min()) > 0.99, "a stem that is in no clip"
    assert seen == {256, 512, 2048}
    again = spectra.Plan(seed=0, clips=4, frames=6).make(songs, 0, 3)
    torch.testing.assert_close(
        again[1].mix, spectra.Plan(seed=0, clips=4, frames=6).make(songs, 0, 3)[1].mix
    )


@pytest.mark.parametrize("processes", ["1", "2"])
def test_two_steps_of_training_end_in_a_model_the_app_loads(tmp_path: Path, processes: str) -> None:
    log = _trained(tmp_path, "--steps", "2", "--processes", processes)
    assert "SDR in dB after 2 steps" in log
    (file,) = ModelLibrary(tmp_path / "export", built_in=None).get("starter").files
    assert file.path.stat().st_size < 12e6
    assert supports(load_model(file)) is None
    log = _trained(tmp_path, "--steps", "3", "--processes", processes, "--resume")
    assert "SDR in dB after 3 steps" in log


def test_training_goes_on_from_a_shipped_model(tmp_path: Path) -> None:
    log = _trained(tmp_path, "--start", str(SHIPPED), "--minutes", "0")
    assert "SDR in dB after 0 steps" in log
    (written,) = (tmp_path / "export").glob("*.safetensors")
    assert written.name == SHIPPED.name, "other weights: the name is their hash"
    _trained(tmp_path, "--start", str(SHIPPED), "--steps", "1")
    (moved,) = (tmp_path / "export").glob("*.safetensors")
    assert moved.name != SHIPPED.name


def _trained(folder: Path, *options: str) -> str:
    """Runs train.py on noise in place of songs; its log."""
    rng = np.random.default_rng(0)
    for kind, seed in (("songs", 1000), ("tests", 1)):
        (folder / kind).mkdir(exist_ok=True)
        noise = rng.integers(-5000, 5000, (4, 2, 700000), dtype=np.int16)
        np.save(folder / kind / f"song{seed:06d}.npy", noise)
    command = [
        *(sys.executable, str(TRAINING / "train.py"), str(folder)),
        *("--first-songs", "1", "--songs", "1", "--tests", "1", "--frames", "8", "--clips", "2"),
        *("--device", "cpu", "--no-samples", *options),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return (folder / "train.log").read_text(encoding="utf-8")
