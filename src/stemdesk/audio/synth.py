"""A small synthesizer in numpy: oscillators, envelopes, a singing voice, a room.

Sounds are float64 [frames], mono, about ±1. Everything is computed from its arguments: the same
call gives the same sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]
Samples = NDArray[np.float32]

VOWELS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
"""Formants in hertz: the averages of Peterson and Barney, 1952 (men)."""

_VOCAL_TRACT = 1.12  # a shorter one than theirs
_FORMANT_LEVELS = (1.0, 0.6, 0.35)
_FORMANT_WIDTHS = (90.0, 120.0, 180.0)


def pitch(name: str) -> float:
    """Hertz of a note such as "C4" or "F#3" (A4 = 440 Hz, equal temperament)."""
    semitone = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}[name[0]]
    semitone += name.count("#") + 12 * (int(name[-1]) - 4)
    return float(440.0 * 2.0 ** (semitone / 12.0))


def seconds(frames: int, rate: int) -> Sound:
    """The time of each frame, in seconds."""
    return np.arange(frames) / rate


def decay(frames: int, rate: int, half_s: float) -> Sound:
    """An exponential decay from 1 that halves every `half_s` seconds."""
    return np.asarray(0.5 ** (seconds(frames, rate) / half_s))


def gate(frames: int, rate: int, attack_s: float, release_s: float) -> Sound:
    """Rises in `attack_s`, holds 1, falls to 0 in the last `release_s` (raised cosines)."""
    shape = np.ones(frames)
    for end, length_s in ((shape, attack_s), (shape[::-1], release_s)):
        edge = min(frames, int(length_s * rate))
        end[:edge] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / edge) if edge else 1.0
    return shape


def noise(frames: int, seed: int) -> Sound:
    """White noise in ±1. `RandomState`: its stream never changes with numpy's version."""
    return np.random.RandomState(seed).uniform(-1.0, 1.0, frames)


def high_pass(sound: Sound, rate: int, cutoff: float) -> Sound:
    """Without what is below `cutoff` hertz (a soft edge in the spectrum)."""
    spectrum = np.fft.rfft(sound)
    edge = np.fft.rfftfreq(len(sound), 1 / rate) / cutoff
    return np.fft.irfft(spectrum * (edge**4 / (1 + edge**4)), len(sound))


def partials(hertz: Sound, levels: list[float], rate: int) -> Sound:
    """Harmonics of a pitch that may move (hertz per frame), with a level for each."""
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    return np.asarray(sum(a * np.sin((k + 1) * phase) for k, a in enumerate(levels)))


def pluck(hertz: float, frames: int, rate: int, *, bright: float, half_s: float) -> Sound:
    """A struck or plucked string: harmonics 1/k, the higher the sooner gone."""
    t = seconds(frames, rate)
    first = bright * 0.5 ** (t / half_s) * np.exp(2j * np.pi * hertz * t)
    tone, power = np.zeros(frames), first.copy()
    for k in range(1, min(12, int(rate / 2 / hertz))):
        tone += power.imag / k
        power *= first  # the next harmonic: its level and its decay are powers, too
    return tone / bright * gate(frames, rate, 0.004, 0.04)


@dataclass(frozen=True, slots=True)
class Syllable:
    """A sung note: its pitch in hertz, what it slides from, a vowel and a consonant before it
    ("s" hisses, "t" bursts, "" has none)."""

    hertz: float
    slide_from: float
    vowel: str
    consonant: str = ""


def sing(syllable: Syllable, frames: int, rate: int) -> Sound:
    """Additive formant synthesis: each harmonic's level follows from the vowel's formants.

    The pitch slides in, and vibrato (5.5 Hz, ±35 cents) sets in after a third of a second.
    """
    t = seconds(frames, rate)
    slide = np.exp(-t / 0.035) * np.log2(syllable.slide_from / syllable.hertz)
    vibrato = 35 / 1200 * np.sin(2 * np.pi * 5.5 * t) * np.clip((t - 0.3) / 0.4, 0.0, 1.0)
    hertz = syllable.hertz * 2.0 ** (slide + vibrato)
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    voice = np.zeros(frames)
    for k in range(1, int(min(5000, rate / 2.2) / syllable.hertz)):
        voice += _formants(k * hertz, syllable.vowel) / np.sqrt(k) * np.sin(k * phase)
    voice *= 0.2 / np.sqrt(np.mean(voice**2))  # all vowels equally loud
    voice += 0.01 * noise(frames, seed=frames)  # breath
    return voice * gate(frames, rate, 0.03, 0.07) + _consonant(syllable, frames, rate)


def _formants(hertz: Sound, vowel: str) -> Sound:
    """The vocal tract's level at these frequencies: one resonance for each formant."""
    level = np.full(len(hertz), 0.02)
    for centre, gain, width in zip(VOWELS[vowel], _FORMANT_LEVELS, _FORMANT_WIDTHS, strict=True):
        level += gain / (1.0 + ((hertz - centre * _VOCAL_TRACT) / width) ** 2)
    return level


def _consonant(syllable: Syllable, frames: int, rate: int) -> Sound:
    sound = np.zeros(frames)
    length_s, level, cutoff = {
        "s": (0.09, 0.30, 4500.0),
        "t": (0.025, 0.45, 2500.0),
        "": (0.0, 0.0, 1.0),
    }[syllable.consonant]
    length = min(frames, int(length_s * rate))
    if length:
        hiss = high_pass(noise(length, seed=length), rate, cutoff)
        sound[:length] = level * hiss * gate(length, rate, 0.2 * length_s, 0.6 * length_s)
    return sound


def place(stem: Samples, sound: Sound, start: int, level: float, pan: float = 0.0) -> None:
    """Add a sound to a stem float32 [2, frames] from frame `start`; pan -1 left … 1 right
    (constant power). What is beyond the end is cut."""
    part = sound[: stem.shape[1] - start]
    angle = (pan + 1) * np.pi / 4
    sides = level * np.sqrt(2.0) * np.array([[np.cos(angle)], [np.sin(angle)]])
    stem[:, start : start + len(part)] += (sides * part).astype(np.float32)


def in_room(stem: Samples, rate: int, wet: float, half_s: float = 0.12) -> Samples:
    """float32 [2, frames]: the stem with a room around it (decaying noise, another each side)."""
    frames = stem.shape[1]
    tail = int(half_s * 7 * rate)
    size = 1 << (frames + tail - 1).bit_length()
    result = stem.copy()
    for side in range(2):
        response = noise(tail, seed=100 + side) * decay(tail, rate, half_s)
        response[: int(0.012 * rate)] = 0.0  # the walls are some metres away
        response *= wet / np.sqrt(np.sum(response**2))
        spectrum = np.fft.rfft(stem[side], size) * np.fft.rfft(response, size)
        result[side] += np.fft.irfft(spectrum, size)[:frames].astype(np.float32)
    return result
