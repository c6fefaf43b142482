"""Runs a command and measures it: seconds, peak of all memory and of anonymous memory alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).parents[2]
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """`peak_bytes`: of all resident memory. `anonymous_bytes`: without mapped files, looked at 20
    times a second; 0 where the system does not tell."""

    seconds: float
    peak_bytes: int
    anonymous_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.seconds:7.1f} s  peak {self.peak_bytes / 1e9:5.2f} GB"
            f"  anonymous {self.anonymous_bytes / 1e9:5.2f} GB"
        )


def cost(command: Sequence[str | Path], home: Path, models: Path) -> Cost:
    """Run a command with folders of its own. Raises `CalledProcessError` with its output."""
    environment = {
        **os.environ,
        "STEMDESK_HOME": str(home),
        "STEMDESK_MODELS": str(models),
        "PYTHONPATH": str(ROOT / "src"),
    }
    begin = time.monotonic()
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    watch = _Watch(process.pid)
    _, errors = process.communicate()
    seconds = time.monotonic() - begin
    peak, anonymous = watch.end()
    if process.returncode:
        raise subprocess.CalledProcessError(
            process.returncode, list(map(str, command)), stderr=errors
        )
    return Cost(seconds, peak, anonymous)


class _Watch:
    """Looks at a process's memory until it is gone."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._peak = self._anonymous = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> tuple[int, int]:
        self._over.set()
        self._thread.join()
        return self._peak, self._anonymous

    def _run(self) -> None:
        while not self._over.wait(_LOOK_S):
            try:
                lines = self._status.read_text("ascii").splitlines()
            except OSError:
                continue
            facts = dict(line.split(":", 1) for line in lines)
            if "RssAnon" in facts:
                self._peak = max(self._peak, int(facts["VmHWM"].split()[0]) * 1024)
                self._anonymous = max(self._anonymous, int(facts["RssAnon"].split()[0]) * 1024)


def stemdesk(song: Path, out: Path, model: str, *options: str) -> list[str | Path]:
    """The command that splits a song with this checkout's source."""
    command: list[str | Path] = [sys.executable, "-m", "stemdesk", "split", song, "-o", out]
    return [*command, "--model", model, "--force", "--device", "cpu", *options]


def long_song(short: Path, target: Path, minutes: float) -> Path:
    """A FLAC of `minutes` that repeats `short`, a sound file that libsndfile reads."""
    samples, samplerate = soundfile.read(short, dtype="float32", always_2d=True)
    left = round(minutes * 60 * samplerate)
    with soundfile.SoundFile(target, "w", samplerate, samples.shape[1], "PCM_16") as file:
        while left > 0:
            file.write(np.ascontiguousarray(samples[:left]))
            left -= len(samples)
    return target


def spread(values: Sequence[float], unit: str = "") -> str:
    """Median and range, for people."""
    return f"{statistics.median(values):.2f}{unit} ({min(values):.2f} to {max(values):.2f})"
