"""Makes the songs that the model is trained on.

    python render.py FOLDER --first 1000 --count 300 [--every 10] [--no-samples]

Songs that are there already are not made again. Install fluidsynth, its FluidR3 samples and
espeak-ng first (Debian, Ubuntu: `apt install fluidsynth fluid-soundfont-gm espeak-ng`), or the
songs have no sampled instruments (`--no-samples`).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import data
import midi
import song


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the songs go; made if need be")
    parser.add_argument("--first", type=int, default=1000, help="seed of the first song")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument(
        "--every", type=float, default=0, help="seconds from song to song, at least"
    )
    parser.add_argument("--no-samples", action="store_true", help="without other programs")
    options = parser.parse_args()
    if not options.no_samples and not midi.available():
        parser.error("install fluidsynth and fluid-soundfont-gm, or give --no-samples")
    options.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(options.first, options.first + options.count):
        if (options.folder / f"song{seed:06d}.npy").exists():
            continue
        begun = time.monotonic()
        try:
            data.store(options.folder, seed, song.make_song(seed, not options.no_samples))
        except Exception as error:  # one song less is no reason to end a night's training
            print(f"song {seed} failed: {error!r}", flush=True)
            continue
        taken = time.monotonic() - begun
        print(f"song {seed}: {taken:.1f} s", flush=True)
        time.sleep(max(0.0, options.every - taken))


if __name__ == "__main__":
    main()
