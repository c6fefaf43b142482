"""How long the window stands still while a job runs, beside the same window with nothing to do.

    python tests/benchmarks/event_loop.py [song] [--seconds 30] [--rounds 3] [--models FOLDER]

Runs the real app on the display that is there, else on a virtual one, in turns with a job and
without one, each from the first paint on for the same time. With a job that holds the import of
torch, the loading of the full-size network and the first passes. A timer of 10 ms notes the gaps
between its calls: 10 ms is a window that does not wait. Goals: p99 at most 50 ms, the longest at
most 400 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "src")]

import numpy as np
from real_window import Orders, Seen, run, screen
from running import spread


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--seconds", type=float, default=30.0)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--models", type=Path, help="a folder with the full-size model, or for it")
    arguments = options.parse_args()
    with screen() as name, tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        models = arguments.models or folder / "models"
        song = song_and_model(arguments.song, models, folder)
        idle: list[Seen] = []
        busy: list[Seen] = []
        for number in range(arguments.rounds):
            for songs, seen in (((), idle), ((str(song),), busy)):
                home = folder / f"home-{number}-{len(songs)}"
                seen.append(run(home, models, Orders(songs, seconds=arguments.seconds)))
                _print("a job runs" if songs else "idle", seen[-1])
    print(f"\nthe window on {name}, {arguments.rounds} rounds of {arguments.seconds:g} s:")
    _sum_up("idle", idle)
    _sum_up("a job runs", busy)
    pairs = [(_figures(one), _figures(other)) for one, other in zip(busy, idle, strict=True)]
    for place, what in enumerate(("p50", "p99", "longest")):
        print(f"{what}, a job runs / idle: {spread([a[place] / b[place] for a, b in pairs])}")


def song_and_model(song: Path | None, models: Path, folder: Path) -> Path:
    """The song to split; the model is made where it is missing."""
    from make_full_size_model import NAME, make_full_size_model

    from stemdesk.audio.demo import write_demo_song

    if not (models / f"{NAME}.yaml").exists():
        make_full_size_model(models)
    return song.absolute() if song else write_demo_song(folder)


def _figures(seen: Seen) -> tuple[float, float, float]:
    """Median, 99th percentile and longest gap in ms."""
    p50, p99 = np.percentile(seen.gaps_ms, [50, 99])
    return float(p50), float(p99), max(seen.gaps_ms)


def _print(what: str, seen: Seen) -> None:
    p50, p99, longest = _figures(seen)
    print(
        f"{what:10}  p50 {p50:5.1f}  p99 {p99:5.1f}  longest {longest:4.0f} ms"
        f"  ({len(seen.gaps_ms)} turns, {seen.passes} passes)",
        flush=True,
    )


def _sum_up(what: str, rounds: list[Seen]) -> None:
    columns = zip(*map(_figures, rounds), strict=True)
    parts = (
        f"{name} {statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"
        for name, values in zip(("p50", "p99", "longest"), columns, strict=True)
    )
    print(f"{what:10}  {', '.join(parts)} ms")


if __name__ == "__main__":
    main()
