"""The system programs of the held-out songs: fluidsynth with FluidR3 (programs that training
leaves out) and espeak-ng. Both are found on the PATH; Debian: fluidsynth fluid-soundfont-gm
espeak-ng."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from heldout_score import Hit, Note
from heldout_sound import RATE, Mono, Stereo

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
PROGRAMS = {
    "bandoneon": 23,
    "guitar harmonics": 31,
    "contrabass": 43,
    "bass and lead": 87,
    "crystal": 98,
    "atmosphere": 99,
    "brightness": 100,
    "shamisen": 106,
    "shanai": 111,
    "steel drums": 114,
}
"""General MIDI programs, counted from 0, that no training song uses (training/song.py)."""

KITS = {"orchestra kit": 48}
_DRUM_NOTES = {
    "kick": 36, "snare": 38, "stick": 37, "hat": 42, "open": 46, "ride": 51, "crash": 49,
    "low": 45, "mid": 47, "high": 50, "shaker": 70, "clap": 39,
}  # fmt: skip
_ORCHESTRA = {"hat": 27, "open": 29, "ride": 30, "crash": 59, "low": 43, "mid": 46, "high": 50}
_TICKS = 960  # a second: 480 a beat at 120 beats a minute


def missing_programs() -> list[str]:
    """What of it is not on this machine."""
    missing = [name for name in ("fluidsynth", "espeak-ng") if shutil.which(name) is None]
    return missing + ([] if SOUNDFONT.is_file() else [SOUNDFONT.name])


def play_notes(notes: list[Note], program: int, length: int) -> Stereo:
    """The notes by a program of the sound font, dry: float64 [2, length]."""
    events = [(note.start_s, note.length_s, note.pitch, note.level) for note in notes]
    return _rendered(midi_file(events, program, channel=0), length)


def play_hits(hits: list[Hit], kit: int, length: int) -> Stereo:
    """The strokes by a kit of the sound font, dry: float64 [2, length]."""
    keys = _DRUM_NOTES | (_ORCHESTRA if kit == KITS["orchestra kit"] else {})
    events = [(hit.start_s, 0.2, keys[hit.piece], hit.level) for hit in hits]
    return _rendered(midi_file(events, kit, channel=9), length)


def midi_file(events: list[tuple[float, float, int, float]], program: int, channel: int) -> bytes:
    """A standard MIDI file of (start s, length s, key, level 0 to 1)."""
    timed = [(0, bytes([0xC0 | channel, program]))]
    for start, length, key, level in events:
        first, end = round(start * _TICKS), round((start + length) * _TICKS)
        velocity = max(1, min(127, round(30 + 97 * level)))
        timed.append((first, bytes([0x90 | channel, key, velocity])))
        timed.append((max(end, first + 1), bytes([0x80 | channel, key, 0])))
    # Ends before beginnings at the same tick, so that a repeated key sounds again.
    timed.sort(key=lambda event: (event[0], event[1][0] & 0x10))
    track, now = bytearray(), 0
    for tick, message in timed:
        track += _variable(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, _TICKS // 2)
    return header + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def _variable(value: int) -> bytes:
    """MIDI's quantities: seven bits a byte, the highest bit on all but the last."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def _rendered(midi: bytes, length: int) -> Stereo:
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "score.mid", Path(folder) / "sound.wav"
        score.write_bytes(midi)
        command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE)]
        command += ["-O", "float", "-F", str(sound), str(SOUNDFONT), str(score)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        data, rate = soundfile.read(sound, dtype="float64", always_2d=True)
    assert rate == RATE
    stem = np.zeros((2, length))
    part = data.T[:, :length]
    stem[:, : part.shape[1]] = part
    return stem


def speak(text: str, voice: str, pitch: int, speed: int) -> Mono:
    """espeak-ng's reading of a text, without the silence around it: float64 [frames]."""
    command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(speed), "--stdout", text]
    result = subprocess.run(command, check=True, capture_output=True, timeout=60)
    data, rate = soundfile.read(io.BytesIO(result.stdout), dtype="float64")
    heard = np.flatnonzero(np.abs(data) > 0.01)
    return np.asarray(soxr.resample(data[heard[0] : heard[-1] + 1], rate, RATE))
