"""Separates with StemDesk itself: its decoder, its engine, its saved stems."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "src"))

import numpy as np
import soundfile
from numpy.typing import NDArray

from stemdesk.core.job import new_job
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Track
from stemdesk.jobs.pipeline import Pipeline, Workplace
from stemdesk.models.library import ModelLibrary

Samples = NDArray[np.float32]

MODEL = "measured"
EXACT = ExportOptions(AudioFormat.WAV, 32)


class App:
    """StemDesk with one model, in a temporary folder: `with App(folder) as app`.

    `model_folder`: holds one yaml and its safetensors, as resources/models/starter. They are
    copied under another name, so that no built-in model is taken in their place.
    Raises `ValueError` where there is not exactly one yaml.
    """

    def __init__(self, model_folder: Path, device: str = "cpu") -> None:
        yamls = sorted(model_folder.glob("*.yaml"))
        if len(yamls) != 1:
            raise ValueError(f"{len(yamls)} yaml files in {model_folder}: one is needed")
        self._temporary = TemporaryDirectory(prefix="stemdesk-measuring-")
        self._folder = Path(self._temporary.name)
        models = self._folder / "models"
        models.mkdir()
        copyfile(yamls[0], models / f"{MODEL}.yaml")
        for path in model_folder.glob("*.safetensors"):
            copyfile(path, models / path.name)
        place = Workplace(
            scratch=self._folder / "scratch",
            compute_lock=self._folder / "compute.lock",
            library=ModelLibrary(models),
            device=device,
        )
        self._pipeline = Pipeline(place)

    def split(self, mix: Samples, rate: int) -> dict[str, Samples]:
        """Separate float32 [2, frames] as a 32-bit file; the saved stems, of the same shape."""
        path = self._folder / "mix.wav"
        soundfile.write(path, mix.T, rate, subtype="FLOAT")
        return self.split_file(path, EXACT)

    def split_file(self, path: Path, export: ExportOptions | None = None) -> dict[str, Samples]:
        """Split a file as `stemdesk split` does and read its saved stems: float32 [2, frames] each.

        Raises `StemDeskError`.
        """
        export = export or ExportOptions()
        with TemporaryDirectory(dir=self._folder) as output:
            job = new_job(Track(path), SeparationOptions(MODEL), export, Path(output))
            result = self._pipeline.run(job, lambda progress: None, CancelToken())
            paths = result.folder.glob(f"*.{export.format.value}")
            return {file.stem: _read(file) for file in paths}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipeline.rest()
        self._temporary.cleanup()


def _read(path: Path) -> Samples:
    samples: Samples = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    return np.ascontiguousarray(samples)
