"""Trains the starter model on songs it makes itself.

    python train.py WORK --minutes 60 --processes 2
    python train.py WORK --minutes 60 --clips 64 --workers 8 --every 0 --loaders 6

the first on a processor, a process for each core, the second with a GPU. WORK holds the songs, the
checkpoint, the log and the model as StemDesk reads it, written anew every few minutes
(WORK/export). Stopped, it goes on with --resume. Install fluidsynth, its FluidR3 samples and
espeak-ng first (Debian, Ubuntu: `apt install fluidsynth fluid-soundfont-gm espeak-ng`). StemDesk's
own requirements are the only Python packages needed.

A new network begins as masks (masks.py). Only its spectral branch is trained: the waveform's hands
the mix on.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import distributed, nn
from torch.multiprocessing.spawn import spawn

import data
import export
import masks
import muon
import network
import song
import spectra
from options import parsed

_HERE = Path(__file__).resolve().parent
_FIRST_TRAINING, _FIRST_TEST = 1000, 1  # seeds of the songs
_CLIP = 5.0
_WEIGHTS = 0.9, 0.9, 1.4, 0.8  # of the stems' losses: the other stem is the hardest
_TESTED = slice(7 * network.RATE, 7 * network.RATE + int(network.SEGMENT * network.RATE))


@dataclass(slots=True)
class State:
    """What a checkpoint holds."""

    module: nn.Module
    average: nn.Module  # of the weights over the last steps
    optimisers: list[torch.optim.Optimizer]
    steps: int = 0
    batches: int = 0
    seconds: float = 0.0  # trained so far, all runs together
    losses: list[float] = field(default_factory=list)


def main() -> None:
    options = parsed(str(__doc__).splitlines()[0])
    songs_folder: Path = options.work / "songs"
    samples = not options.no_samples
    _make_songs(options.work / "tests", _FIRST_TEST, options.tests, samples)
    _make_songs(songs_folder, _FIRST_TRAINING, options.first_songs, samples)
    renderers = _start_renderers(options, songs_folder)
    try:
        if options.processes == 1:
            _train(0, options, "")
        else:
            with tempfile.TemporaryDirectory() as meeting:
                arguments = options, f"file://{meeting}/place"
                spawn(_train, arguments, options.processes)  # type: ignore[no-untyped-call]  # torch's
    finally:
        for renderer in renderers:
            renderer.terminate()


def _keep_memory() -> None:
    """On a processor a step takes a third of the time if freed memory stays with the process."""
    try:
        from stemdesk.memory import keep_freed
    except ImportError:
        return
    keep_freed()


def _make_songs(folder: Path, first: int, count: int, samples: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        if not (folder / f"song{seed:06d}.npy").exists():
            data.store(folder, seed, song.make_song(seed, samples))


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


def _train(rank: int, options: argparse.Namespace, meeting: str) -> None:
    """One of the processes that train together: each on clips of its own, all with the mean of
    their gradients. The first keeps the log and the checkpoint."""
    _keep_memory()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    torch.set_float32_matmul_precision("high")  # on a GPU: TF32
    if meeting:
        distributed.init_process_group("gloo", meeting, rank=rank, world_size=options.processes)
    device = torch.device(_device(options.device))
    state = _begin(options, device)
    tests = data.stored(options.work / "tests")[: options.tests]
    log = (options.work / "train.log").open("a", encoding="utf-8", buffering=1)
    plan = spectra.Plan(
        options.seed, options.clips, options.frames, whole=options.whole, half=options.half
    )

    def make(songs: Sequence[NDArray[np.int16]], number: int) -> list[spectra.Spectra]:
        return plan.make(songs, rank, number)

    before, begun = state.seconds, time.monotonic()
    saved = begun
    with data.Feeder(options.work / "songs", make, state.batches, options.loaders) as feeder:
        while not _over(options, state):
            for heard in feeder.next():
                _set_rate(options, state)
                state.losses.append(_step(options, state, heard, device))
                state.steps += 1
                state.seconds = _agreed(before + time.monotonic() - begun)
                if rank == 0 and state.steps % 50 == 0:
                    _note(log, state, feeder.songs, state.seconds - before)
                if _over(options, state):
                    break
            state.batches += 1
            if rank == 0 and time.monotonic() - saved > options.save_every * 60:
                _save(options.work, state)
                _note_quality(log, state, tests, device)
                saved = time.monotonic()
    if rank == 0:
        _save(options.work, state)
        _note_quality(log, state, tests, device)
    if meeting:
        distributed.destroy_process_group()


def _over(options: argparse.Namespace, state: State) -> bool:
    """Alike in all processes."""
    if options.steps and state.steps >= options.steps:
        return True
    over: bool = state.seconds >= options.minutes * 60
    return over


def _agreed(value: float) -> float:
    """The processes' greatest."""
    if not distributed.is_initialized():
        return value
    found = torch.tensor([value], dtype=torch.float64)
    distributed.all_reduce(found, op=distributed.ReduceOp.MAX)
    return float(found)


def _device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def _begin(options: argparse.Namespace, device: torch.device) -> State:
    if options.start:
        module = network.build()
        module.load_state_dict(_weights(options.start))
    else:
        module = network.fresh()
        _wake(options, module)
    module.to(device)
    average = copy.deepcopy(module).eval()
    optimisers = muon.optimisers(module, options.rate, options.small_rate, options.scale_rate)
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["highest"] = group["lr"]
    state = State(module, average, optimisers)
    path: Path = options.work / "checkpoint.pt"
    if options.resume and path.exists():
        saved: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        module.load_state_dict(saved["module"])
        average.load_state_dict(saved["average"])
        for optimiser, values in zip(state.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(values)
        state.steps, state.batches = saved["steps"], saved["batches"]
        state.seconds = saved["seconds"]
    return state


def _weights(path: Path) -> dict[str, torch.Tensor]:
    """Of a checkpoint the average, or what a model's file holds."""
    if path.suffix == ".safetensors":
        return load_file(path)
    saved: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)[
        "average"
    ]
    return saved


def _wake(options: argparse.Namespace, module: nn.Module) -> None:
    songs = [data.opened(path) for path in data.stored(options.work / "songs")]
    plan = spectra.Plan(options.seed, options.clips, options.frames, turns=1, whole=1)
    (heard,) = plan.make(songs, 0, 2**31)
    masks.wake(module, lambda: network.spectral(module, heard.mix))


def _set_rate(options: argparse.Namespace, state: State) -> None:
    """Up over the first steps, held, then down a cosine to the end of the time (or steps)."""
    done = state.seconds / (options.minutes * 60 + 1e-9)
    if options.steps:
        done = state.steps / options.steps
    falling = max(0.0, min(1.0, (done - options.hold) / (1 - options.hold)))
    share = min(1.0, (state.steps + 1) / max(1, options.warm))
    share *= options.end + (1 - options.end) * (0.5 + 0.5 * math.cos(math.pi * falling))
    for optimiser in state.optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["highest"] * share


def _step(
    options: argparse.Namespace, state: State, heard: spectra.Spectra, device: torch.device
) -> float:
    """One step. Returns the loss."""
    with torch.autocast(device.type, torch.bfloat16):
        said = network.lean(state.module, heard.mix.to(device))
    loss = _loss(options.floor, said, heard.wanted.to(device), heard.power.to(device))
    for optimiser in state.optimisers:
        optimiser.zero_grad()
    torch.autograd.backward(loss)
    masks.constrain(state.module)
    weights = [weight for weight in state.module.parameters() if weight.grad is not None]
    _shared(weights)
    nn.utils.clip_grad_norm_(weights, _CLIP)
    for optimiser in state.optimisers:
        optimiser.step()
    keep = min(options.average, (state.steps + 1) / (state.steps + 10))
    with torch.no_grad():
        pairs = zip(state.average.parameters(), state.module.parameters(), strict=True)
        for mean, value in pairs:
            mean.lerp_(value, 1 - keep)
    return float(loss.item())


def _shared(weights: Sequence[nn.Parameter]) -> None:
    """The gradients' mean over all processes, in place."""
    if not distributed.is_initialized():
        return
    slopes = [weight.grad for weight in weights if weight.grad is not None]
    flat = torch.cat([slope.flatten() for slope in slopes])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    parts = torch.split(flat, [slope.numel() for slope in slopes])
    for slope, part in zip(slopes, parts, strict=True):
        slope.copy_(part.view_as(slope))


def _loss(
    floor: float, said: torch.Tensor, wanted: torch.Tensor, power: torch.Tensor
) -> torch.Tensor:
    """The logarithm of each stem's wrong part, as in its SDR, so that a quiet stem counts like a
    loud one; the mix has the power 1, and errors below `floor` count less and less: a low floor
    makes what leaks into silent stems the greatest part of the gradient."""
    clips, stems = len(said), len(network.SOURCES)
    wrong = (said - wanted).view(clips, stems, -1).square().sum(dim=2) / power[:, None]
    return (torch.log(wrong + floor) * wrong.new_tensor(_WEIGHTS)).mean()


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
        "batches": state.batches,
        "seconds": state.seconds,
    }
    waiting = work / "checkpoint.tmp"
    torch.save(saved, waiting)
    waiting.replace(work / "checkpoint.pt")
    export.export(state.average.state_dict(), work / "export")


def _note_quality(log: Any, state: State, tests: list[Path], device: torch.device) -> None:
    """The SDR of the average's weights for each stem: the mean over the test songs, of 7.8 s each
    (a stem that is silent there does not count)."""
    rows = []
    for path in tests:
        stems = torch.from_numpy(data.whole(path)[..., _TESTED]).to(device)
        heard = network.separated(state.average, stems.sum(dim=0))
        power, wrong = stems.square().sum(dim=(1, 2)), (stems - heard).square().sum(dim=(1, 2))
        ratio = 10 * torch.log10((power + 1e-9) / (wrong + 1e-9))
        rows.append(ratio.where(power > 1e-3, torch.nan))
    means = torch.stack(rows).nanmean(dim=0).tolist()
    words = "  ".join(f"{name} {value:.2f}" for name, value in zip(song.STEMS, means, strict=True))
    log.write(f"SDR in dB after {state.steps} steps: {words}\n")


if __name__ == "__main__":
    main()
