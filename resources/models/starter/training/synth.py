"""Electronic and modelled instruments: oscillators with many shapes, plucked strings, organs,
electric pianos, pads.

A tone is read from one-period tables, band-limited for its pitch; four tables, from the bright
start to the darker end, are faded into each other, as a filter's envelope would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp import RATE, SAMPLES, Random, Sound, add_at, decay, faded, high_passed, noise, panned
from plan import Note

_TABLE, _STAGES = 2048, 4


@dataclass(frozen=True, slots=True)
class Patch:
    """A sound. Times in seconds; brightness in Hz, where its harmonics begin to fall."""

    harmonics: NDArray[np.float64]  # how loud each of them is
    attack: float
    fall: float  # time until it is 1/e of itself, when it is not held
    held: float  # the level it keeps while the key is down
    release: float
    bright: tuple[float, float]
    bright_time: float
    voices: int
    detune: float  # in cents
    vibrato: float  # depth in cents
    frequency_modulation: float  # depth; 0 for none
    ratio: float
    pick: float  # noise at the start


def random_patch(rng: Random, role: str) -> Patch:
    """A patch for `role`: bass, pluck, keys, pad or lead."""
    count = 256
    order = np.arange(1, count + 1)
    shape = str(rng.choice(["saw", "square", "pulse", "triangle", "organ", "string", "sine"]))
    harmonics = {
        "saw": 1 / order,
        "square": (order % 2) / order,
        "pulse": np.abs(np.sin(np.pi * order * rng.uniform(0.1, 0.4))) / order,
        "triangle": (order % 2) / order**2,
        "organ": np.isin(order, [1, 2, 3, 4, 6, 8, 10, 12, 16]) * rng.uniform(0, 1, count),
        "string": np.abs(np.sin(np.pi * order * rng.uniform(0.05, 0.3))) / order**1.2,
        "sine": (order == 1) + 0.1 * (order == 2),
    }[shape].astype(np.float64)
    harmonics[0] += 0.02
    lively = role in ("bass", "pluck", "keys")
    low = {"bass": 150, "pluck": 500, "keys": 700, "pad": 700, "lead": 1200}[role]
    end = float(low * np.exp(rng.uniform(0, 1.8)))
    start = float(end * np.exp(rng.uniform(0, 2.0 if lively else 0.6)))
    return Patch(
        harmonics,
        attack=float(rng.uniform(0.001, 0.012) if lively else rng.uniform(0.02, 0.4)),
        fall=float(rng.uniform(0.1, 0.9)),
        held=float(0.0 if role == "pluck" else rng.uniform(0.2, 1.0)),
        release=float(rng.uniform(0.02, 0.15) if role != "pad" else rng.uniform(0.2, 0.8)),
        bright=(start, end),
        bright_time=float(rng.uniform(0.05, 0.5)),
        voices=1 if role == "bass" and rng.random() < 0.7 else int(rng.choice([1, 2, 3, 5])),
        detune=float(rng.uniform(2, 22)),
        vibrato=float(rng.uniform(5, 35)) if role == "lead" else float(rng.uniform(0, 4)),
        frequency_modulation=float(rng.uniform(0.5, 3)) if rng.random() < 0.25 else 0.0,
        ratio=float(rng.choice([0.5, 1, 1, 2, 3, 7, 14])),
        pick=float(rng.uniform(0, 0.3)) if lively else 0.0,
    )


def played(rng: Random, patch: Patch, notes: Sequence[Note], transposed: float = 0.0) -> Sound:
    """The notes with this patch, (2, SAMPLES)."""
    track = np.zeros((2, SAMPLES), dtype=np.float32)
    for note in notes:
        hertz = 440 * 2 ** ((note.pitch + transposed - 69) / 12)
        add_at(track, _tone(rng, patch, hertz, note.length) * np.float32(note.loud), note.start)
    return track


def _tone(rng: Random, patch: Patch, hertz: float, seconds: float) -> Sound:
    ring = 4 * patch.fall if patch.held == 0 else seconds + patch.release
    count = max(64, int(min(ring, 8.0) * RATE))
    time = np.arange(count, dtype=np.float32) / RATE
    if patch.voices == 1:
        tone = panned(_voice(rng, patch, hertz, time), 0.0)
    else:
        places = np.linspace(-0.8, 0.8, patch.voices)
        cents = np.linspace(-patch.detune, patch.detune, patch.voices)
        tone = np.zeros((2, count), dtype=np.float32)
        for place, cent in zip(places, cents, strict=True):
            voice = _voice(rng, patch, hertz * 2 ** (cent / 1200), time)
            tone += panned(voice, float(place)) / np.float32(patch.voices**0.5)
    level = patch.held + (1 - patch.held) * decay(count, patch.fall)
    tone *= level.astype(np.float32)
    if patch.pick:
        strike = min(count, int(0.02 * RATE))
        tone[:, :strike] += np.float32(patch.pick) * high_passed(
            noise(rng, strike) * decay(strike, 0.003), 1500
        )
    return faded(tone, patch.attack, patch.release if patch.held else 0.02)


def _voice(rng: Random, patch: Patch, hertz: float, time: Sound) -> Sound:
    phase = hertz * time.astype(np.float64) + rng.random()
    if patch.vibrato:
        rate = rng.uniform(4.5, 6.5)
        depth = (2 ** (patch.vibrato / 1200) - 1) * hertz / (2 * np.pi * rate)
        phase += (
            depth * np.sin(2 * np.pi * rate * time + rng.uniform(0, 6)) * np.minimum(1, time / 0.4)
        )
    if patch.frequency_modulation:
        swing = np.sin(2 * np.pi * patch.ratio * phase) * np.exp(-time / patch.fall)
        bent = phase + patch.frequency_modulation / (2 * np.pi) * swing
        wave: Sound = np.sin(2 * np.pi * bent)
        return wave.astype(np.float32)
    index = ((phase % 1.0) * _TABLE).astype(np.int32) % _TABLE
    stage = (1 - np.exp(-time / patch.bright_time)) * (_STAGES - 1)
    tables = np.stack([_table(patch, hertz, step / (_STAGES - 1)) for step in range(_STAGES)])
    lower = np.minimum(stage.astype(np.int32), _STAGES - 2)
    part = stage - lower
    faded_over: Sound = tables[lower, index] * (1 - part) + tables[lower + 1, index] * part
    return faded_over.astype(np.float32)


def _table(patch: Patch, hertz: float, stage: float) -> Sound:
    start, end = patch.bright
    cut = start * (end / start) ** stage
    count = min(len(patch.harmonics), int(20000 / hertz))
    order = np.arange(1, count + 1)
    levels = patch.harmonics[:count] / (1 + (order * hertz / max(cut, hertz)) ** 4) ** 0.5
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
    spectrum[1 : count + 1] = levels * np.exp(2j * np.pi * 0.618 * order**2 / 7)
    table: Sound = np.fft.irfft(spectrum)
    table *= 0.5 / (np.sqrt(np.square(table).mean()) + 1e-9)
    return table.astype(np.float32)
