"""What the window keeps of the machine's memory before a job, and when it has rested after one.

    python tests/benchmarks/idle_memory.py [song] [--models FOLDER]

Runs the real app with the full-size network on the display that is there, else on a virtual one.
"At once" closes it right after the job; after ten seconds the model is let go. Linux only: the
numbers are those of /proc/self/status. Goal: at most 600 MB resident (VmRSS) after a rest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "src")]

from event_loop import song_and_model
from real_window import Orders, run, screen

_REST_S = 12.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--models", type=Path, help="a folder with the full-size model, or for it")
    arguments = options.parse_args()
    with screen(), tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        models = arguments.models or folder / "models"
        song = song_and_model(arguments.song, models, folder)
        for what, rest_s in (("at once", 0.0), (f"after {_REST_S:g} s", _REST_S)):
            seen = run(folder / what, models, Orders((str(song),), rest_s=rest_s))
            for when, memory in zip(("at the first paint", what), seen.memory_mb, strict=True):
                figures = ", ".join(f"{name} {value:.0f} MB" for name, value in memory.items())
                print(f"{when:20} {figures}", flush=True)


if __name__ == "__main__":
    main()
