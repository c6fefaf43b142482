"""The held-out songs: twelve of 20 s that no training ever sees, from generators of another kind.

    python heldout.py FOLDER [--songs 3] [--synth-only]

writes each song's stems as 32-bit float WAV below FOLDER, and keeps what is there. Four stems,
drums, bass, other and vocals, float32 [2, frames] at 44100 Hz; the mix is their sum. Songs that use
fluidsynth and espeak-ng (heldout_programs.py) have another instrument there with `--synth-only`.

What differs from the training songs: drums by modes and by frequency modulation, strings by
waveguides, pulse waves, a drawbar organ; sound font programs and a kit set aside for this; voices
by formant wave functions and by moved periods of speech, other languages; rooms by feedback
delays; a compressor and a limiter over all stems alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

import heldout_drums
import heldout_programs
from heldout_mix import Mix, mixed
from heldout_parts import Lead, Part, others, vocals
from heldout_score import GROOVES, Score, bass_notes, drum_hits
from heldout_sound import RATE, Random, Stereo, frames
from heldout_tones import BASSES, perform

Samples = NDArray[np.float32]

STEMS = ("drums", "bass", "other", "vocals")
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Song:
    """One song. `drums`: "modal", "fm" or a kit of `heldout_programs`; `bass`: one of `BASSES` or a
    program; `parts`: the other stem's; `leads`: who sings."""

    name: str
    groove: str
    bpm: float
    tonic: int
    mode: str
    chords: tuple[int, ...]
    drums: str
    bass: str
    parts: tuple[Part, ...]
    leads: tuple[Lead, ...]
    mix: Mix
    bass_low: int = 31

    @property
    def seed(self) -> int:
        """From the name, so that the order of songs does not matter."""
        return int.from_bytes(self.name.encode(), "big") % (2**31)


SONGS = (
    Song("break", "break", 104, 4, "dorian", (0, 3, 0, 4), "modal", "plucked",
         (Part("comp", "tine", 55), Part("tune", "shamisen", 60, -0.4)),
         (Lead("chant", 57),), Mix(0.9, 0.3, 0.10)),
    Song("shuffle", "shuffle", 118, 9, "mixolydian", (0, 0, 3, 0, 4, 3), "modal", "bass and lead",
         (Part("comp", "organ", 53), Part("tune", "steel drums", 67, 0.3)),
         (Lead("speech", 48, "id"),), Mix(0.6, 0.5, 0.06)),
    Song("six", "six", 132, 2, "minor", (0, 5, 2, 6), "orchestra kit", "plucked",
         (Part("broken", "guitar", 55), Part("pad", "strings", 60)),
         (Lead("voice", 62), Lead("choir", 60)), Mix(2.2, 0.4, 0.22)),
    Song("waltz", "waltz", 150, 7, "major", (0, 3, 4, 0, 5, 3, 4, 4), "modal", "contrabass",
         (Part("comp", "bandoneon", 53), Part("tune", "shanai", 67, 0.4)),
         (Lead("speech", 55, "fi"),), Mix(1.6, 0.6, 0.18)),
    Song("jungle", "jungle", 168, 0, "minor", (0, 0, 5, 3), "fm", "growl",
         (Part("pad", "strings", 58), Part("broken", "bell", 72)),
         (Lead("chant", 60), Lead("whisper", 60)), Mix(1.2, 0.2, 0.14, lossy=True)),
    Song("train", "train", 112, 7, "major", (0, 3, 4, 0), "modal", "plucked",
         (Part("comp", "guitar", 52), Part("tune", "fuzz", 64, -0.5)),
         (Lead("speech", 45, "eo"),), Mix(0.5, 0.3, 0.07)),
    Song("half", "half", 76, 10, "minor", (0, 5, 3, 4), "fm", "fm",
         (Part("comp", "crystal", 58), Part("tune", "brightness", 72, 0.3)),
         (Lead("voice", 50), Lead("double", 50)), Mix(0.8, 0.4, 0.10), 28),
    Song("bossa", "bossa", 126, 5, "major", (0, 5, 1, 4), "modal", "contrabass",
         (Part("comp", "guitar harmonics", 52), Part("tune", "bandoneon", 60, 0.35)),
         (Lead("chant", 60),), Mix(1.0, 0.5, 0.12)),
    Song("four", "four", 124, 6, "minor", (5, 6, 0, 0), "fm", "fm",
         (Part("comp", "strings", 57), Part("broken", "tine", 60)),
         (Lead("voice", 64), Lead("choir", 64)), Mix(1.4, 0.2, 0.14, lossy=True), 30),
    Song("toms", "toms", 92, 2, "dorian", (0, 6, 3, 0), "modal", "growl",
         (Part("pad", "organ", 50), Part("broken", "steel drums", 65)),
         (Lead("speech", 52, "ja"), Lead("choir", 57)), Mix(2.6, 0.3, 0.2), 28),
    Song("motorik", "motorik", 146, 9, "mixolydian", (0, 6, 3, 0), "modal", "plucked",
         (Part("comp", "fuzz", 45), Part("comp", "fuzz", 52, 0.8), Part("broken", "organ", 64)),
         (Lead("chant", 55), Lead("double", 55)), Mix(0.5, 0.3, 0.08, drive=0.15)),
    Song("reggae", "reggae", 142, 11, "minor", (0, 3, 0, 4), "modal", "bass and lead",
         (Part("comp", "organ", 59), Part("pad", "atmosphere", 60, -0.4)),
         (Lead("voice", 48), Lead("whisper", 48)), Mix(1.8, 0.6, 0.16), 28),
)  # fmt: skip


def render(song: Song, seconds: float = SECONDS, programs: bool = True) -> dict[str, Samples]:
    """The song's stems, float32 [2, frames] each; their sum is within ±1.

    `programs`: with fluidsynth and espeak-ng, or with other instruments and no program.
    Raises `FileNotFoundError` where a program that is needed is missing.
    """
    if programs and (missing := heldout_programs.missing_programs()):
        raise FileNotFoundError(f"not on this machine: {', '.join(missing)} (see --synth-only)")
    groove = GROOVES[song.groove]
    score = Score(groove, song.bpm, song.tonic, song.mode, song.chords, seconds)
    length = frames(seconds)
    chance = {stem: Random(song.seed + number) for number, stem in enumerate(STEMS)}
    dry = {
        "drums": _drums(song, score, chance["drums"], length, programs),
        "bass": _bass(song, score, chance["bass"], length, programs),
        "other": others(song.parts, score, chance["other"], length, programs),
        "vocals": vocals(song.leads, score, chance["vocals"], length, programs),
    }
    return mixed(dry, song.mix, Random(song.seed + len(STEMS)))


def _drums(song: Song, score: Score, random: Random, length: int, programs: bool) -> Stereo:
    hits = drum_hits(score, random)
    if programs and song.drums in heldout_programs.KITS:
        return heldout_programs.play_hits(hits, heldout_programs.KITS[song.drums], length)
    kit = heldout_drums.FmKit(random) if song.drums == "fm" else heldout_drums.Kit(random)
    return heldout_drums.play(hits, kit, random, length)


def _bass(song: Song, score: Score, random: Random, length: int, programs: bool) -> Stereo:
    notes = bass_notes(score, random, song.bass_low)
    if programs and song.bass in heldout_programs.PROGRAMS:
        return heldout_programs.play_notes(notes, heldout_programs.PROGRAMS[song.bass], length)
    return perform(notes, BASSES.get(song.bass, BASSES["plucked"]), random, length, spread=0.0)


def songs(
    cache: Path | None = None,
    count: int = len(SONGS),
    seconds: float = SECONDS,
    programs: bool = True,
) -> Iterator[tuple[str, dict[str, Samples]]]:
    """The first `count` songs' names and stems, one after the other (see `stems_of`)."""
    for song in SONGS[:count]:
        yield song.name, stems_of(song, cache, seconds, programs)


def stems_of(
    song: Song, cache: Path | None = None, seconds: float = SECONDS, programs: bool = True
) -> dict[str, Samples]:
    """The song's stems, from the folder `cache` if they lie there, else rendered and kept there."""
    if cache is None:
        return render(song, seconds, programs)
    folder = cache / (f"{seconds:g}s" + ("" if programs else "-synth-only")) / song.name
    if not (folder / "done").is_file():
        _write(folder, render(song, seconds, programs))
    return {stem: _read(folder / f"{stem}.wav") for stem in STEMS}


def _write(folder: Path, stems: dict[str, Samples]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stem, samples in {**stems, "mix": mix_of(stems)}.items():
        soundfile.write(folder / f"{stem}.wav", samples.T, RATE, subtype="FLOAT")
    (folder / "done").touch()


def _read(path: Path) -> Samples:
    samples: Samples = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    return np.ascontiguousarray(samples)


def mix_of(stems: dict[str, Samples]) -> Samples:
    """The song: its stems' sum."""
    return stems["drums"] + stems["bass"] + stems["other"] + stems["vocals"]


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--songs", type=int, default=len(SONGS), help="only so many")
    options.add_argument("--synth-only", action="store_true", help="no fluidsynth, no espeak-ng")
    arguments = options.parse_args()
    for name, stems in songs(arguments.folder, arguments.songs, programs=not arguments.synth_only):
        levels = (10 * np.log10(np.mean(stem.astype(float) ** 2)) for stem in stems.values())
        print(
            f"{name:10}", *(f"{stem} {db:5.1f} dB" for stem, db in zip(STEMS, levels, strict=True))
        )


if __name__ == "__main__":
    main()
