"""Time and peak memory of the whole command, from process start to the last stem on the disk.

    python tests/benchmarks/memory_and_time.py [song] [--minutes 20] [--rounds 1]

Uses the full-size HTDemucs with random weights, which costs what htdemucs costs. The reference is
the `demucs` command of the same environment with the same weights and `--shifts 0`, on the short
song only: its memory grows with the length.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "src"), str(Path(__file__).parent)]

import numpy as np
import soundfile
from make_full_size_model import make_full_size_model, save_for_demucs

from stemdesk.audio.demo import write_demo_song

RATE = 44100


@dataclass(frozen=True, slots=True)
class Cost:
    seconds: float
    peak_bytes: int

    def __str__(self) -> str:
        return f"{self.seconds:8.1f} s {self.peak_bytes / 1e9:6.2f} GB"


def cost(command: list[str], home: Path) -> Cost:
    """Run a command in a process group of its own and measure it.

    `RUSAGE_CHILDREN` keeps the largest child only, so each run gets a fresh parent.
    """
    parent = (
        "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    )
    environment = {**os.environ, "STEMDESK_HOME": str(home), "PYTHONPATH": str(Path("src"))}
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", parent, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    seconds = time.monotonic() - begin
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, int(done.stdout.split()[-1]) * unit)


def long_song(short: Path, target: Path, minutes: float) -> Path:
    """A FLAC of `minutes` that repeats `short`."""
    samples, samplerate = soundfile.read(short, dtype="float32", always_2d=True)
    left = int(minutes * 60 * samplerate)
    with soundfile.SoundFile(target, "w", samplerate, samples.shape[1], "PCM_16") as file:
        while left > 0:
            file.write(np.ascontiguousarray(samples[:left]))
            left -= len(samples)
    return target


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--minutes", type=float, default=20.0)
    options.add_argument("--rounds", type=int, default=1)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        models = make_full_size_model(folder / "models")
        save_for_demucs(folder / "models", folder / "repo")
        short = arguments.song.absolute() if arguments.song else write_demo_song(folder)
        seconds = soundfile.info(short).duration
        long = long_song(short, folder / "long.flac", arguments.minutes)
        stemdesk = [sys.executable, "-m", "stemdesk", "split", "--model", models, "--force"]
        demucs = [sys.executable, "-m", "demucs", "--shifts", "0", "--repo", str(folder / "repo")]
        os.environ["STEMDESK_MODELS"] = str(folder / "models")
        for _ in range(arguments.rounds):
            ours = cost([*stemdesk, str(short), "-o", str(folder / "out")], folder / "home")
            print(f"stemdesk {seconds / 60:6.2f} min {ours}", flush=True)
            theirs = cost([*demucs, "-n", models, "-o", str(folder / "demucs"), str(short)], folder)
            print(f"demucs   {seconds / 60:6.2f} min {theirs}", flush=True)
            print(f"ratio of times {theirs.seconds / ours.seconds:.2f}", flush=True)
        ours = cost([*stemdesk, str(long), "-o", str(folder / "out")], folder / "home")
        print(f"stemdesk {arguments.minutes:6.2f} min {ours}")
        limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"(this script itself: {limit * 1024 / 1e9:.2f} GB)")


if __name__ == "__main__":
    main()
