"""Sampled instruments: notes to a small MIDI file, and that through fluidsynth.

To install (Debian, Ubuntu): the packages `fluidsynth` and `fluid-soundfont-gm` (the MIT-licensed
FluidR3 General MIDI samples). Another General MIDI sound font can be named in STARTER_SOUNDFONT.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dsp import RATE, SAMPLES, Sound
from plan import Note

_TICKS, _MICROSECONDS = 960, 500_000  # a quarter note has 960 ticks and lasts half a second
_PER_SECOND = _TICKS * 1_000_000 / _MICROSECONDS
_DRUM_CHANNEL = 9
_FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"


@dataclass(frozen=True, slots=True)
class Part:
    """What one instrument plays. `program` counts from 0; pan 0 left to 127 right; bend in
    semitones, at most 2."""

    notes: Sequence[Note]
    program: int
    drums: bool = False
    pan: int = 64
    volume: int = 100
    bend: float = 0.0


def available() -> bool:
    """Whether fluidsynth and its samples are installed."""
    return shutil.which("fluidsynth") is not None and font().exists()


def font() -> Path:
    return Path(os.environ.get("STARTER_SOUNDFONT", _FONT))


def played(parts: Sequence[Part], reverb: bool = False) -> Sound:
    """The parts as fluidsynth plays them, (2, SAMPLES). Raises RuntimeError if it fails."""
    with tempfile.TemporaryDirectory(prefix="starter-") as name:
        song, sound = Path(name, "song.mid"), Path(name, "song.wav")
        song.write_bytes(midi_file(parts))
        effects = ["-R", "1" if reverb else "0", "-C", "0"]
        command = ["fluidsynth", "-ni", "-q", *effects, "-g", "0.4", "-r", str(RATE),
                   "-O", "float", "-F", str(sound), str(font()), str(song)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode or not sound.exists():
            raise RuntimeError(
                f"fluidsynth failed ({done.stderr.strip()[:200]}). Install the packages "
                f"fluidsynth and fluid-soundfont-gm."
            )
        heard, _ = soundfile.read(str(sound), dtype="float32", always_2d=True)
    track = np.zeros((2, SAMPLES), dtype=np.float32)
    count = min(SAMPLES, len(heard))
    track[:, :count] = heard[:count].T
    return track


def midi_file(parts: Sequence[Part]) -> bytes:
    """A standard MIDI file of format 0 with all parts, each on a channel of its own."""
    events: list[tuple[int, int, bytes]] = []  # (tick, order, message)
    end = int(SAMPLES / RATE * _PER_SECOND)
    free = [channel for channel in range(16) if channel != _DRUM_CHANNEL]
    for part in parts:
        channel = _DRUM_CHANNEL if part.drums else free.pop(0)
        wheel = min(16383, max(0, 8192 + int(part.bend / 2 * 8191)))
        for message in (
            bytes([0xC0 | channel, part.program]),
            bytes([0xB0 | channel, 10, part.pan]),
            bytes([0xB0 | channel, 7, part.volume]),
            bytes([0xE0 | channel, wheel & 127, wheel >> 7]),
        ):
            events.append((0, 0, message))
        for note in part.notes:
            first = max(0, int(note.start * _PER_SECOND))
            if not 0 <= note.pitch <= 127 or first > end - 40:
                continue
            # a note without an end would have fluidsynth play on for ever
            last = min(end, max(first + 20, int((note.start + note.length) * _PER_SECOND)))
            loud = min(127, max(1, int(note.loud * 127)))
            events.append((first, 2, bytes([0x90 | channel, note.pitch, loud])))
            events.append((last, 1, bytes([0x80 | channel, note.pitch, 0])))
    for channel in range(16):  # all sound off: fluidsynth plays on until it is silent
        events.append((end, 3, bytes([0xB0 | channel, 120, 0])))
    events.append((end, 4, b"\xff\x2f\x00"))
    track, now = bytearray(), 0
    for tick, _, message in sorted(events):
        track += _variable(tick - now) + message
        now = tick
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, _TICKS)
    return head + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def _variable(number: int) -> bytes:
    """A number in MIDI's form: seven bits a byte, the highest first."""
    parts = [number & 127]
    while number := number >> 7:
        parts.append(number & 127 | 128)
    return bytes(reversed(parts))
