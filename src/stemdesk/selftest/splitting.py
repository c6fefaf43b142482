"""Splits a second of the demo song with the built-in model and checks what comes out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile

from stemdesk.audio.demo import demo_stems
from stemdesk.core.job import new_job
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken, ignore_progress
from stemdesk.core.track import Track
from stemdesk.jobs.pipeline import Pipeline, Result, Workplace
from stemdesk.models.library import BUILT_IN, ModelLibrary
from stemdesk.selftest.report import TroubleError
from stemdesk.selftest.samples import Samples

_RATE = 44_100
_FROM_S = 10.0  # drums, bass, keys and voice are all there
_SDR_MIN_DB = 1.5
"""Of each stem against the true one; the built-in model has 2.7 to 6.5 dB in this second. Silence
has 0 dB, another stem at most 0.6, the mix less than -2."""


def check(folder: Path, device: str = "cpu") -> str:
    """`device`: a preference. Raises `TroubleError`, `StemDeskError`."""
    start = round(_FROM_S * _RATE)
    true = {name: stem[:, start : start + _RATE] for name, stem in demo_stems(_RATE).items()}
    song = folder / "second.wav"
    mix = np.sum(list(true.values()), axis=0)
    soundfile.write(song, mix.T, _RATE, subtype="FLOAT")
    checks = folder / "checks.json"
    place = Workplace(
        scratch=folder / "scratch",
        compute_lock=folder / "compute.lock",
        library=ModelLibrary(folder / "models"),
        device=device,
        checks=checks,
    )
    export = ExportOptions(AudioFormat.WAV, 32)
    job = new_job(Track(song), SeparationOptions(BUILT_IN), export, folder / "stems")
    pipeline = Pipeline(place)
    try:
        result = pipeline.run(job, ignore_progress, CancelToken())
    finally:
        pipeline.rest()
    verdicts = json.loads(checks.read_bytes()) if checks.exists() else {}
    if not verdicts or not all(verdicts.values()):
        raise TroubleError("our network does not compute what demucs' own does")
    found = _found(result, true)
    said = ", ".join(f"{name} {_sdr_db(true[name], stem):.1f} dB" for name, stem in found.items())
    if not all(_sdr_db(true[name], stem) >= _SDR_MIN_DB for name, stem in found.items()):
        raise TroubleError(f"the stems are not those of the song: {said}")
    return f"as demucs does it, and near the true stems: {said}"


def _found(result: Result, true: dict[str, Samples]) -> dict[str, Samples]:
    """The saved stems, float32 [2, frames] each. Raises `TroubleError`."""
    found: dict[str, Samples] = {}
    for name, stem in true.items():
        path = result.folder / f"{name}.wav"
        if not path.is_file():
            raise TroubleError(f"{name} was not saved")
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        if rate != _RATE or samples.T.shape != stem.shape or not np.isfinite(samples).all():
            raise TroubleError(f"{name} has {samples.shape[0]} frames at {rate} Hz, or no numbers")
        found[name] = samples.T
    return found


def _sdr_db(true: Samples, found: Samples) -> float:
    """10 · log10(energy of the true stem / energy of the difference), both channels together."""
    signal = float(np.sum(true.astype(np.float64) ** 2))
    noise = float(np.sum((true.astype(np.float64) - found) ** 2))
    return 10 * float(np.log10(signal / max(noise, 1e-12)))
