"""How often sound breaks off while a job runs, with and without the compute threads making way.

    python tests/benchmarks/playback.py SONG_FOLDER [song] [--seconds 30] [--rounds 2]

Plays the stems of SONG_FOLDER (without a sound device: to a clock) in the real window, while it
splits `song` with the full-size network. Underruns should be 0. The gaps between the calls of a
timer of 10 ms in the window's thread show finer how long a thread with little to do waits.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "src")]

import numpy as np
from event_loop import song_and_model
from real_window import Orders, run, screen


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--seconds", type=float, default=30.0)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--models", type=Path, help="a folder with the full-size model, or for it")
    arguments = options.parse_args()
    if not any(arguments.folder.glob("*.flac")) and not any(arguments.folder.glob("*.wav")):
        options.error(f"{arguments.folder} holds no stems; stemdesk demo makes some")
    play = str(arguments.folder.absolute())
    with screen(), tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        models = arguments.models or folder / "models"
        song = song_and_model(arguments.song, models, folder)
        for number in range(arguments.rounds):
            for songs, make_way in (((), True), ((str(song),), False), ((str(song),), True)):
                home = folder / f"home-{number}-{len(songs)}-{make_way}"
                orders = Orders(songs, play, arguments.seconds, make_way=make_way)
                seen = run(home, models, orders)
                what = "no job" if not songs else "making way" if make_way else "not making way"
                p99, p999 = np.percentile(seen.gaps_ms, [99, 99.9])
                print(
                    f"{what:15} underruns {seen.underruns}  p99 {p99:.1f}  p99.9 {p999:.1f} ms"
                    f"  ({seen.passes} passes)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
