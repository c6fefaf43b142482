"""Trains the starter model on songs it makes itself.

    python train.py WORK --minutes 600
    python train.py WORK --minutes 60 --clips 32 --seconds 6 --workers 8 --every 0 --loaders 6

the second with a GPU. WORK holds the songs, the checkpoint, the log and the model as StemDesk reads
it, written anew every few minutes (WORK/export). Stopped, it goes on with --resume. Install
fluidsynth, its FluidR3 samples and espeak-ng first (Debian, Ubuntu: `apt install fluidsynth
fluid-soundfont-gm espeak-ng`). StemDesk's own requirements are the only Python packages needed.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

import data
import export
import midi
import muon
import network
import song
from dsp import RATE

_HERE = Path(__file__).resolve().parent
_FIRST_TRAINING, _FIRST_TEST = 1000, 1  # seeds of the songs
_CLIP = 5.0


@dataclass(slots=True)
class State:
    """What a checkpoint holds."""

    module: nn.Module
    average: nn.Module  # of the weights over the last steps
    optimisers: list[torch.optim.Optimizer]
    steps: int = 0
    seconds: float = 0.0  # trained so far, all runs together
    losses: list[float] = field(default_factory=list)


def main() -> None:
    options = _options()
    network.SHAPE.update(options.shape)
    _keep_memory()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    songs_folder: Path = options.work / "songs"
    songs_folder.mkdir(parents=True, exist_ok=True)
    samples = not options.no_samples
    tests = _make_songs(options.work / "tests", _FIRST_TEST, options.tests, samples)
    _make_songs(songs_folder, _FIRST_TRAINING, options.first_songs, samples)
    renderers = _start_renderers(options, songs_folder)
    try:
        _train(options, songs_folder, tests)
    finally:
        for renderer in renderers:
            renderer.terminate()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("work", type=Path, help="folder for songs, checkpoint, log and model")
    parser.add_argument("--minutes", type=float, default=600, help="how long, resumed runs too")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps (tests)")
    parser.add_argument("--clips", type=int, default=4, help="clips in a batch")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a clip")
    parser.add_argument("--rate", type=float, default=1e-3, help="the highest learning rate")
    parser.add_argument("--warm", type=int, default=100, help="steps up to the highest rate")
    parser.add_argument("--optimiser", choices=["adam", "muon"], default="muon")
    parser.add_argument("--small-rate", type=float, default=1e-3, help="beside Muon: biases")
    parser.add_argument("--scale-rate", type=float, default=3e-3, help="beside Muon: layer scales")
    parser.add_argument("--average", type=float, default=0.995, help="decay of the average")
    parser.add_argument("--first-songs", type=int, default=40, help="songs made before the start")
    parser.add_argument("--songs", type=int, default=600, help="songs made in all, while training")
    parser.add_argument(
        "--tests", type=int, default=5, help="songs kept back for the SDR in the log"
    )
    parser.add_argument("--every", type=float, default=12, help="seconds from one song to the next")
    parser.add_argument("--workers", type=int, default=1, help="processes that make songs")
    parser.add_argument("--loaders", type=int, default=1, help="threads that make batches")
    parser.add_argument("--threads", type=int, default=0, help="of the processor; 0: as torch does")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    parser.add_argument("--bf16", action="store_true", help="train in bfloat16 where it is safe")
    parser.add_argument("--loss", choices=["level", "ratio"], default="ratio")
    parser.add_argument("--floor", type=float, default=0.03, help="of ratio: less hardly counts")
    parser.add_argument("--enliven", action="store_true", help="a start that wakes inner layers")
    parser.add_argument("--start", type=Path, help="checkpoint or safetensors to start from")
    parser.add_argument(
        "--shape", type=json.loads, default={}, help="other arguments of HTDemucs, in JSON"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--no-samples", action="store_true", help="songs without other programs")
    options = parser.parse_args()
    if not options.no_samples and not midi.available():
        parser.error("install fluidsynth and fluid-soundfont-gm, or give --no-samples")
    if options.first_songs < 1 or options.tests < 1:
        parser.error("--first-songs and --tests need at least one song")
    return options


def _keep_memory() -> None:
    """On a processor a step takes a third of the time if freed memory stays with the process."""
    try:
        from stemdesk.memory import keep_freed
    except ImportError:
        return
    keep_freed()


def _make_songs(folder: Path, first: int, count: int, samples: bool) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        if not (folder / f"song{seed:06d}.npy").exists():
            data.store(folder, seed, song.make_song(seed, samples))
    return data.stored(folder)


def _start_renderers(options: argparse.Namespace, folder: Path) -> list[subprocess.Popen[bytes]]:
    left = options.songs - options.first_songs
    if left <= 0:
        return []
    share = -(-left // options.workers)
    first = _FIRST_TRAINING + options.first_songs
    extra = ["--no-samples"] if options.no_samples else []
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            [sys.executable, str(_HERE / "render.py"), str(folder), "--first",
             str(first + worker * share), "--count", str(share), "--every", str(options.every),
             *extra],
            env=environment, stdout=subprocess.DEVNULL,
        )
        for worker in range(options.workers)
    ]  # fmt: skip


def _train(options: argparse.Namespace, folder: Path, tests: list[Path]) -> None:
    device = torch.device(_device(options.device))
    torch.set_float32_matmul_precision("high")  # on a GPU: TF32
    state = _begin(options, device)
    log = (options.work / "train.log").open("a", encoding="utf-8", buffering=1)
    samples = int(options.seconds * RATE)
    budget, before = options.minutes * 60, state.seconds
    begun = saved = time.monotonic()
    state.module.train()
    with data.Feeder(
        folder, options.seed, options.clips, samples, state.steps, options.loaders
    ) as feeder:
        while state.seconds < budget and not (options.steps and state.steps >= options.steps):
            clips = torch.from_numpy(feeder.next()).to(device)
            _set_rate(options, state, budget)
            state.losses.append(_step(options, state, clips))
            state.steps += 1
            now = time.monotonic()
            state.seconds = before + now - begun
            if state.steps % 50 == 0:
                _note(log, state, feeder.songs, now - begun)
            if now - saved > options.save_every * 60:
                _save(options.work, state)
                _note_quality(log, state, tests, device)
                saved = time.monotonic()
    _save(options.work, state)
    _note_quality(log, state, tests, device)


def _device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def _begin(options: argparse.Namespace, device: torch.device) -> State:
    module = network.build().to(device)
    average = copy.deepcopy(module).eval()
    state = State(module, average, _optimisers(options, module))
    if options.enliven:
        _enliven(options, module)
        average.load_state_dict(module.state_dict())
    if options.start:
        weights = _weights(options.start)
        if not network.SHAPE.get("cac", True):
            weights = network.magnitudes(weights, module.state_dict())
        module.load_state_dict(weights)
        average.load_state_dict(weights)
    path: Path = options.work / "checkpoint.pt"
    if options.resume and path.exists():
        saved: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        module.load_state_dict(saved["module"])
        average.load_state_dict(saved["average"])
        for optimiser, values in zip(state.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(values)
        state.steps, state.seconds = saved["steps"], saved["seconds"]
    return state


def _optimisers(options: argparse.Namespace, module: nn.Module) -> list[torch.optim.Optimizer]:
    if options.optimiser == "muon":
        found = muon.optimisers(module, options.rate, options.small_rate, options.scale_rate)
    else:
        found = [torch.optim.Adam(module.parameters(), lr=options.rate, betas=(0.9, 0.99))]
    for optimiser in found:
        for group in optimiser.param_groups:
            group["highest"] = group["lr"]
    return found


def _weights(path: Path) -> dict[str, torch.Tensor]:
    """Of a checkpoint the average, or what a model's file holds."""
    if path.suffix == ".safetensors":
        return load_file(path)
    saved: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)[
        "average"
    ]
    return saved


def _enliven(options: argparse.Namespace, module: nn.Module) -> None:
    songs = [data.opened(path) for path in data.stored(options.work / "songs")]
    rng = np.random.default_rng([options.seed, 2**31])
    clips = data.batch(rng, songs, options.clips, int(options.seconds * RATE))
    mix = torch.from_numpy(clips).sum(dim=1).to(next(module.parameters()).device)
    network.enliven(module, mix / (mix.std(dim=(1, 2), keepdim=True) + 1e-4))


def _set_rate(options: argparse.Namespace, state: State, budget: float) -> None:
    """Up over the first steps, then down a cosine to nothing at the end of the time (or steps)."""
    done = state.steps / options.steps if options.steps else state.seconds / budget
    share = min(1.0, (state.steps + 1) / max(1, options.warm))
    share *= max(0.002, 0.5 + 0.5 * math.cos(math.pi * min(1.0, done)))
    for optimiser in state.optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["highest"] * share


def _step(options: argparse.Namespace, state: State, clips: torch.Tensor) -> float:
    """One step on (clips, stems, 2, samples). Returns the loss."""
    mix = clips.sum(dim=1)
    scale = mix.std(dim=(1, 2), keepdim=True) + 1e-4
    with torch.autocast(mix.device.type, torch.bfloat16, enabled=options.bf16):
        heard = state.module(mix / scale)
    loss = _loss(options, heard.float(), clips / scale[:, None])
    for optimiser in state.optimisers:
        optimiser.zero_grad()
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(state.module.parameters(), _CLIP)
    for optimiser in state.optimisers:
        optimiser.step()
    keep = min(options.average, (state.steps + 1) / (state.steps + 10))
    with torch.no_grad():
        pairs = zip(state.average.parameters(), state.module.parameters(), strict=True)
        for mean, value in pairs:
            mean.lerp_(value, 1 - keep)
    return float(loss.item())


def _loss(options: argparse.Namespace, heard: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """How wrong the stems are. "level": by how much on average. "ratio": the logarithm of each
    stem's wrong part, as in its SDR, so that a quiet stem counts like a loud one; the mix has the
    power 1, and errors below `--floor` of it count less and less: a low floor makes what leaks
    into silent stems the greatest part of the gradient."""
    if options.loss == "level":
        return (heard - wanted).abs().mean()
    return torch.log((heard - wanted).square().mean(dim=(2, 3)) + options.floor).mean()


def _note(log: Any, state: State, songs: int, seconds: float) -> None:
    recent = statistics.fmean(state.losses[-50:])
    rate = state.optimisers[0].param_groups[0]["lr"]
    speed = len(state.losses) / seconds
    log.write(f"step {state.steps}  {state.seconds / 60:.1f} min  loss {recent:.4f}  "
              f"rate {rate:.2e}  {speed:.3f} steps/s  {songs} songs\n")  # fmt: skip


def _save(work: Path, state: State) -> None:
    """The checkpoint and the model, each under its name only when it is complete."""
    saved = {
        "module": state.module.state_dict(),
        "average": state.average.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in state.optimisers],
        "steps": state.steps,
        "seconds": state.seconds,
    }
    waiting = work / ".checkpoint.tmp"
    torch.save(saved, waiting)
    waiting.replace(work / "checkpoint.pt")
    export.export(state.average.state_dict(), work / "export")


def _note_quality(log: Any, state: State, tests: list[Path], device: torch.device) -> None:
    """The median SDR over the test songs, of the average's weights, for each stem."""
    rows = []
    for path in tests:
        stems = torch.from_numpy(data.whole(path)).to(device)
        heard = network.separated(state.average, stems.sum(dim=0))
        error = (stems - heard).square().sum(dim=(1, 2))
        rows.append((10 * torch.log10(stems.square().sum(dim=(1, 2)) / (error + 1e-9))).tolist())
    medians = [statistics.median(row[index] for row in rows) for index in range(len(rows[0]))]
    words = "  ".join(
        f"{name} {value:.2f}" for name, value in zip(song.STEMS, medians, strict=True)
    )
    log.write(f"SDR in dB after {state.steps} steps: {words}\n")


if __name__ == "__main__":
    main()
