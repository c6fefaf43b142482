"""How fast the player is: seeks, changes while it plays, and what a second of sound costs.

    python tests/benchmarks/player_latency.py [SONG_FOLDER] [--rounds 200] [--stems 6]

Plays FLAC stems (those of SONG_FOLDER, else made-up ones of four minutes) to an output that is
asked by hand. `seek`: from the call of `seek` until the ring is full of the new place. `restart`:
what the render thread needs until a change is in the ring. `render`: how long a second of sound
takes to make, on the thread's own core.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "src"), str(Path(__file__).parents[1])]

import numpy as np
import soundfile

from stemdesk.audio.chain import Chain
from stemdesk.audio.finished import open_files
from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.null_output import NullOutput
from stemdesk.audio.player import Player
from stemdesk.audio.remix import Remix
from stemdesk.audio.sound import Sound
from stemdesk.audio.transport import RING_S, STRETCHED_FIRST_S
from support.outputs import HandOutput

SECONDS = 240
RATE = 44100


def made_up(folder: Path, stems: int) -> dict[str, Path]:
    """FLAC files of coloured noise, 24 bits."""
    rng = np.random.default_rng(0)
    files = {}
    for number in range(stems):
        files[f"stem {number}"] = path = folder / f"{number}.flac"
        with soundfile.SoundFile(path, "w", RATE, 2, "PCM_24") as file:
            for _ in range(SECONDS // 10):
                noise = rng.standard_normal((RATE * 10, 2)) * 0.03
                file.write(np.clip(noise + np.roll(noise, 1, axis=0), -1, 1))
    return files


def report(what: str, seconds: list[float]) -> None:
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    print(
        f"{what:46} p50 {p50:6.1f}  p95 {p95:6.1f}  max {max(seconds) * 1000:6.1f} ms", flush=True
    )


def seeks(files: dict[str, Path], rounds: int, speed: float) -> list[float]:
    """Seconds from `seek` until the ring is full of the new place."""
    output, rng = HandOutput(), np.random.default_rng(1)
    with Player(output.open) as player:
        player.load(partial(open_files, files), Remix.of(files))
        player.set_speed(speed)
        player.play()
        player.settle()
        taken = []
        for place in rng.integers(0, player.length_frames - RATE, rounds):
            began = time.perf_counter()
            player.seek(int(place))
            player.settle()
            output.take(64)
            taken.append(time.perf_counter() - began)
            player.settle()
        assert player.underruns == 0
    return taken


def storm(files: dict[str, Path], seconds: float) -> str:
    """Seeks, changes of speed and of the balance, as fast as they are done, while a clock takes
    the sound as a device would."""
    rng, remix = np.random.default_rng(2), Remix.of(files)
    turns, names = 0, list(files)
    with Player(lambda rate, pull, _device: NullOutput(rate, pull)) as player:
        player.load(partial(open_files, files), remix)
        player.play()
        player.settle()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            turns += 1
            player.seek(int(rng.integers(0, player.length_frames - RATE)))
            if turns % 5 == 0:
                player.set_speed(float(rng.choice([50.0, 80.0, 100.0, 150.0])))
            if turns % 3 == 0:
                player.set_remix(remix.with_muted(names[turns % len(names)], True))
            player.settle()
        return f"{turns} seeks in {seconds:.0f} s, underruns {player.underruns}"


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def restarts(files: dict[str, Path], rounds: int, sound: Sound) -> list[float]:
    """What a change costs until it is in the ring: as the transport does it."""
    song = open_files(files)
    mixer = SongMixer(song)
    first = round((STRETCHED_FIRST_S if sound.stretched else RING_S) * RATE)

    def change(place: int) -> None:
        Chain(song, mixer, sound, RATE, Fraction(place)).read(first)

    taken = [timed(partial(change, 30 * RATE + 1000 * turn)) for turn in range(rounds)]
    song.close()
    return taken


def render(files: dict[str, Path], sound: Sound, rate: int, seconds: int = 20) -> float:
    """Seconds of work for a second of sound."""
    song = open_files(files)
    chain = Chain(song, SongMixer(song), sound, rate, Fraction(RATE * 30))
    chain.read(rate // 10)
    block = round(0.02 * rate)
    began = time.thread_time()
    for _ in range(seconds * 50):
        chain.read(block)
    song.close()
    return (time.thread_time() - began) / seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path, nargs="?")
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--stems", type=int, default=6)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="stemdesk-bench-") as temporary:
        if arguments.folder:
            found = sorted(arguments.folder.glob("*.flac"))
            files = {path.stem: path for path in found[: arguments.stems]}
        else:
            files = made_up(Path(temporary), arguments.stems)
        stretched = Sound(speed_percent=80.0, key_semitones=2.0)
        print(f"{len(files)} FLAC stems")
        report("seek, as it is", seeks(files, arguments.rounds, 100.0))
        report("seek, at 80 %", seeks(files, arguments.rounds, 80.0))
        report("restart, as it is", restarts(files, arguments.rounds, Sound()))
        slow = Sound(speed_percent=80.0)
        report("restart, at 80 %", restarts(files, arguments.rounds, slow))
        report("restart, at 80 % and 2 semitones", restarts(files, arguments.rounds, stretched))
        print(f"storm on the null output: {storm(files, 10.0)}", flush=True)
        for what, sound, rate in (
            ("as it is", Sound(), RATE),
            ("to 48 kHz", Sound(), 48_000),
            ("at 80 %", slow, RATE),
            ("at 150 %", Sound(speed_percent=150.0), RATE),
            ("at 80 %, 2 semitones, to 48 kHz", stretched, 48_000),
        ):
            print(f"render, {what:38} {render(files, sound, rate) * 1000:6.1f} ms for each second")


if __name__ == "__main__":
    main()
