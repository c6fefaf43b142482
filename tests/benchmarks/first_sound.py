"""From the start of a job to the first separated sound, against the song's length.

    python tests/benchmarks/first_sound.py [song] [--minutes 4 60 180] [--rounds 3]

In a fresh process for each: the time until the first frames of a `Pipeline`'s job are final,
torch's import and the loading of the full-size HTDemucs (random weights) included. The reference is
the sum of the parts that cannot be done without: import and load, in a process of their own, and
one pass.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(Path(__file__).parent)]

from make_full_size_model import make_full_size_model
from running import long_song, spread

from stemdesk.audio.demo import write_demo_song

JOB = """
import sys, time
begin = time.monotonic()
from stemdesk import memory
memory.keep_freed()
from pathlib import Path
from stemdesk.core.errors import Cancelled
from stemdesk.core.job import new_job
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Track
from stemdesk.jobs.pipeline import Pipeline, Workplace
from stemdesk.models.library import ModelLibrary

song, model, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
place = Workplace(folder / "scratch", folder / "lock", ModelLibrary(folder / "models"), "cpu",
                  checks=folder / "checks.json")
pipeline, cancel, passes = Pipeline(place), CancelToken(), []

def report(progress):
    if pipeline.final():
        passes.append(time.monotonic() - begin)
        if len(passes) == 3:
            cancel.cancel()

job = new_job(Track(song), SeparationOptions(model), ExportOptions(), folder / "out")
try:
    pipeline.run(job, report, cancel)
except Cancelled:
    pass
import json
print(json.dumps([passes[0], passes[-1] - passes[-2]]))
"""

PARTS = """
import sys, time
begin = time.monotonic()
from stemdesk import memory
memory.keep_freed()
from pathlib import Path
from stemdesk.engine.network import Network
from stemdesk.engine.setup import Implementation
from stemdesk.models.library import ModelLibrary
info = ModelLibrary(Path(sys.argv[3]) / "models").get(sys.argv[2])
Network(info.files[0], info.segment_of(0), "cpu", Implementation.FAST)
print(time.monotonic() - begin)
"""


def run(script: str, song: Path, model: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, str(song), model, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    return done.stdout.splitlines()[-1]


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--minutes", type=float, nargs="*", default=[4.0, 60.0, 180.0])
    options.add_argument("--rounds", type=int, default=3)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        model = make_full_size_model(folder / "models")
        short = arguments.song.absolute() if arguments.song else write_demo_song(folder)
        songs = {
            minutes: long_song(short, folder / f"{minutes}.flac", minutes)
            for minutes in arguments.minutes
        }
        run(JOB, short, model, folder)  # the self-check
        firsts: dict[float, list[float]] = {minutes: [] for minutes in songs}
        parts = []
        for _ in range(arguments.rounds):
            for minutes, song in songs.items():
                first, one_pass = json.loads(run(JOB, song, model, folder))
                firsts[minutes].append(first)
            parts.append(float(run(PARTS, short, model, folder)) + one_pass)
        print(f"import, load and one pass: {spread(parts, ' s')}")
        for minutes, found in firsts.items():
            ratios = [first / part for first, part in zip(found, parts, strict=True)]
            print(f"first sound of {minutes:5.0f} min: {spread(found, ' s')}")
            print(f"  over import, load and one pass: {spread(ratios)}")


if __name__ == "__main__":
    main()
