"""The whole command, from the start of the process to the last stem on the disk, beside demucs'.

    python tests/benchmarks/whole_command.py [song] [--minutes 4] [--rounds 3]

`stemdesk split` and the `demucs` command of the same environment, with `--shifts 0`, on the CPU,
with the same full-size HTDemucs with random weights and the same format of files (demucs' own
default, 16-bit WAV); one after the other in each round. The songs: the given one (or the demo
song), and the same repeated to so many minutes. StemDesk's self-check of the model, once for each
machine, happens before the first round.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "src"), str(Path(__file__).parent)]

import soundfile
from make_full_size_model import make_full_size_model, save_for_demucs
from running import Cost, cost, long_song, spread, stemdesk

from stemdesk.audio.demo import write_demo_song

_AS_DEMUCS_SAVES = ("--format", "wav", "--bits", "16")


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("song", nargs="?", type=Path)
    options.add_argument("--minutes", type=float, default=4.0, help="0: the short song only")
    options.add_argument("--rounds", type=int, default=3)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        folder = Path(temporary)
        model = make_full_size_model(folder / "models")
        save_for_demucs(folder / "models", folder / "repo")
        short = arguments.song.absolute() if arguments.song else write_demo_song(folder)
        ours(short, folder, model)  # the self-check
        songs = [short]
        if arguments.minutes:
            songs.append(long_song(short, folder / "long.flac", arguments.minutes))
        for song in songs:
            compare(song, folder, model, arguments.rounds)


def ours(song: Path, folder: Path, model: str) -> Cost:
    command = stemdesk(song, folder / "out", model, *_AS_DEMUCS_SAVES)
    return cost(command, folder / "home", folder / "models")


def theirs(song: Path, folder: Path, model: str) -> Cost:
    command = [sys.executable, "-m", "demucs", "--shifts", "0", "-d", "cpu", "-n", model]
    where: list[str | Path] = ["--repo", folder / "repo", "-o", folder / "demucs", song]
    return cost([*command, *where], folder / "home", folder / "models")


def compare(song: Path, folder: Path, model: str, rounds: int) -> None:
    print(f"{soundfile.info(song).duration / 60:.2f} minutes", flush=True)
    ratios = []
    for _ in range(rounds):
        both = theirs(song, folder, model), ours(song, folder, model)
        ratios.append(both[0].seconds / both[1].seconds)
        print(f"  demucs   {both[0]}\n  stemdesk {both[1]}  ratio {ratios[-1]:.2f}", flush=True)
    print(f"  demucs' time over ours: {spread(ratios)}", flush=True)


if __name__ == "__main__":
    main()
