"""Peak memory of a job against the song's length.

    python tests/benchmarks/memory.py [song] [--minutes 3 20] [--hours 3]

With the full-size HTDemucs (random weights) for the given minutes, and with a small network, one
stem, for 3 minutes and the given hours. The reference of each is its shortest song.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parents[2] / "src"),
    str(Path(__file__).parents[1]),
    str(Path(__file__).parent),
]

from make_full_size_model import make_full_size_model
from running import Cost, cost, long_song, stemdesk

from stemdesk.audio.demo import write_demo_song

SMALL_MINUTES = 3.0


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--minutes", type=float, nargs="*", default=[3.0, 20.0])
    options.add_argument("--hours", type=float, default=3.0, help="0: not with the small network")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        short = arguments.song.absolute() if arguments.song else write_demo_song(folder)
        models = {make_full_size_model(folder / "models"): arguments.minutes}
        if arguments.hours:
            models[small_model(folder / "models")] = [SMALL_MINUTES, arguments.hours * 60]
        for model, minutes in models.items():
            print(model)
            costs = [measure(short, folder, model, length) for length in minutes]
            for length, found in zip(minutes, costs, strict=True):
                more = (found.anonymous_bytes - costs[0].anonymous_bytes) / 1e6
                ratio = found.anonymous_bytes / costs[0].anonymous_bytes
                print(f"  {length:6.1f} min {found}  {more:+.0f} MB anonymous, ratio {ratio:.3f}")


def measure(short: Path, folder: Path, model: str, minutes: float) -> Cost:
    song = long_song(short, folder / "long.flac", minutes)
    stems = ["--stems", "vocals"] if model == "small" else []
    found = cost(stemdesk(song, folder / "out", model, *stems), folder / "home", folder / "models")
    print(f"  ({minutes:.0f} min done in {found.seconds:.0f} s)", flush=True)
    return found


def small_model(folder: Path) -> str:
    from support.models import install, small_htdemucs

    install(folder, "small", [small_htdemucs(segment=Fraction(39, 5), channels=8, t_layers=0)])
    return "small"


if __name__ == "__main__":
    main()
