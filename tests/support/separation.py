"""Songs in scratch, models and plans for tests of the separation itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from stemdesk.audio.store import JobAudio, MixFacts, Samples, StemReader
from stemdesk.engine.pass_queue import PassQueue
from stemdesk.engine.plan import Plan, make_outline
from stemdesk.engine.plan import make_plan as plan_of
from stemdesk.models.library import ModelInfo, ModelLibrary
from support import models
from support.models import install

RATE = 16000  # fewer frames for half a second: quicker
SEGMENT = RATE // 2  # frames
STRIDE = int(0.75 * SEGMENT)
LONG = int(3.3 * SEGMENT)
MEAN, DEVIATION = 0.05, 0.2
small_htdemucs = functools.partial(models.small_htdemucs, samplerate=RATE)
small_hdemucs = functools.partial(models.small_hdemucs, samplerate=RATE)
IDENTITY = [[float(row == column) for column in range(4)] for row in range(4)]


def noise(frames: int, kind: str = "stereo") -> Samples:
    """A loud mix that is not centred, so that a wrong normalisation shows."""
    mix = np.random.default_rng(frames).normal(MEAN, DEVIATION, (2, frames)).astype(np.float32)
    if kind == "mono":
        mix[1] = mix[0]
    return mix if kind != "silent" else np.zeros_like(mix)


def scratch(folder: Path, mix: Samples) -> JobAudio:
    audio = JobAudio(folder / "job")

    def fill(append: Callable[[Samples], None]) -> MixFacts:
        append(mix)
        return MixFacts(mix.shape[1], RATE, MEAN, DEVIATION, "", RATE, 2)

    audio.write_mix(fill)
    return audio


def installed(folder: Path, *networks: nn.Module, **bag: Any) -> ModelInfo:
    install(folder, "m", networks, **bag)
    return ModelLibrary(folder).get("m")


def make_plan(
    model: ModelInfo, stems: tuple[str, ...], frames: int, overlap: float = 0.25, shifts: int = 0
) -> Plan:
    return plan_of(make_outline(model, stems, overlap, shifts), frames)


def queue_of(plan: Plan, audio: JobAudio) -> PassQueue:
    """A queue of all the passes that are not done yet."""
    queue = PassQueue(plan.outline, audio.has_pass)
    queue.grow(plan.frames, complete=True)
    return queue


def stems_of(plan: Plan, audio: JobAudio) -> Samples:
    """float32 [stems, channels, frames] of what was separated."""
    return np.stack(
        [StemReader(audio, stem, plan.pieces).read(0, plan.frames) for stem in plan.outline.stems]
    )
