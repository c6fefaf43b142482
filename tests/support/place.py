"""A place to work in: scratch, a models folder with one small model, songs made on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, Progress, Stage
from stemdesk.jobs.pipeline import Pipeline, Result, Workplace
from stemdesk.models.library import ModelLibrary
from support.jobs import a_job
from support.media import Samples, bursts, make
from support.models import SAMPLERATE, install_small


@dataclass
class Place:
    """Folders of one test below `root`; the model is called "small"."""

    root: Path

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def song(self, name: str = "song.wav", seconds: float = 1.2, seed: int = 7) -> Path:
        """A stereo song at the model's rate, exactly as its samples say (float WAV)."""
        samples = bursts(round(seconds * SAMPLERATE), SAMPLERATE, seed=seed)
        return make(self.root / name, "wav-f32", samples, SAMPLERATE)

    def pipeline(self, **changes: object) -> Pipeline:
        """A pipeline of its own, as another process would have; `changes` to its workplace."""
        values: dict[str, object] = {
            "scratch": self.scratch,
            "compute_lock": self.root / "compute.lock",
            "library": ModelLibrary(self.models),
            "device": "cpu",
        }
        return Pipeline(Workplace(**{**values, **changes}))  # type: ignore[arg-type]

    def job(self, source: Path, **changes: Any) -> Job:
        return a_job(source, **{"root": self.out, **changes})

    def run(self, job: Job, **changes: object) -> Result:
        return self.pipeline(**changes).run(job, lambda _: None, CancelToken())


def make_place(root: Path) -> Place:
    place = Place(root)
    root.mkdir(parents=True, exist_ok=True)
    install_small(place.models)
    return place


def read(path: Path) -> Samples:
    """float32 [channels, frames] of a sound file."""
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.T)


class Stopper:
    """A report that cancels or pauses the job once it has come to a place, and remembers."""

    def __init__(self, stage: Stage, fraction: float, how: str = "cancel") -> None:
        self.token = CancelToken()
        self.seen: list[Progress] = []
        self._place = (stage, fraction)
        self._how = how

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        stage, fraction = self._place
        if progress.stage is stage and progress.fraction >= fraction:
            getattr(self.token, self._how)()
