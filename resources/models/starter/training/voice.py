"""Singing voices: a glottal pulse train on the tune and breath, through a mouth that changes from
frame to frame. The mouth comes from formants, or from syllables that espeak-ng speaks.

A frame is 256 samples; its mouth is a complex, minimum-phase response of 1025 bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp import RATE, SAMPLES, Random, Response, Sound
from plan import Note

HOP, WINDOW, LENGTH = 256, 1024, 2048
FRAMES = SAMPLES // HOP + 6
HERTZ = np.fft.rfftfreq(LENGTH, 1 / RATE)
Floats = NDArray[np.float64]

_VOWELS = np.array([
    (730, 1090, 2440, 3400, 4500), (530, 1840, 2480, 3500, 4500), (270, 2290, 3010, 3600, 4600),
    (570, 840, 2410, 3300, 4400), (300, 870, 2240, 3200, 4300), (660, 1720, 2410, 3400, 4500),
    (490, 1350, 1690, 3200, 4300), (640, 1190, 2390, 3300, 4400), (390, 1990, 2550, 3500, 4500),
], dtype=np.float64)  # fmt: skip
_GLIDES = {"l": (360, 1000, 2600), "w": (290, 610, 2150), "r": (350, 1060, 1400),
           "y": (260, 2070, 3020)}  # fmt: skip
_NASALS = {"m": (250, 900, 2200), "n": (250, 1400, 2300)}
# noise: where in Hz, how wide (q), how loud, how long
_NOISES = {"s": (6500, 2.0, 0.5, 0.1), "sh": (3400, 1.8, 0.5, 0.1), "f": (5000, 0.5, 0.15, 0.08),
           "h": (1500, 0.5, 0.2, 0.06), "th": (5500, 0.6, 0.12, 0.07)}  # fmt: skip
_STOPS = {"p": (900, 0.6, 0.4), "t": (4500, 1.0, 0.6), "k": (2000, 1.5, 0.5), "b": (700, 0.6, 0.2),
          "d": (3500, 0.9, 0.25), "g": (1800, 1.2, 0.25)}  # fmt: skip
_STARTS = ["", "", "l", "w", "r", "y", "m", "n", "s", "sh", "f", "h", "th",
           "p", "t", "k", "b", "d", "g"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mouth:
    """What a text does to the sound: for each frame its filter, how loud the pulses and the
    breath are in it, and the breath's own filter (None: the same one)."""

    filter: Response  # (frames, bins)
    voiced: Floats
    breath: Floats
    breath_filter: Response | None


@dataclass(frozen=True, slots=True)
class Singer:
    size: float  # 1 a man, 1.17 a woman, 1.35 a child
    vibrato: float  # in cents
    rate: float
    glide: float  # seconds from one pitch to the next
    breath: float
    tilt: float  # decibel an octave
    unsteady: float  # in cents
    width: float = 1.0  # of the formants
    accent: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)  # where each formant lies, as a factor


def random_singer(rng: Random, size: float) -> Singer:
    return Singer(
        size * float(np.exp(rng.normal(0, 0.07))),
        vibrato=float(rng.choice([0, rng.uniform(10, 110), rng.uniform(20, 45)])),
        rate=float(rng.uniform(4.2, 7.2)),
        glide=float(rng.choice([0.01, 0.03, 0.05, 0.09])),
        breath=float(np.exp(rng.uniform(np.log(0.003), np.log(0.3)))),
        tilt=float(rng.uniform(-13, -3)),
        unsteady=float(rng.uniform(1, 28)),
        width=float(np.exp(rng.normal(0, 0.3))),
        accent=tuple(np.exp(rng.normal(0, 0.07, 5)).tolist()),
    )


def sung(rng: Random, singer: Singer, notes: Sequence[Note], mouth: Mouth,
         cents: float = 0.0, shift: int = 0) -> Sound:  # fmt: skip
    """The notes in this voice, mono (SAMPLES,). Two takes of the same are never the same."""
    pitch = _pitch_line(rng, singer, notes) * 2 ** (cents / 1200 + shift / 12)
    frames = np.arange(SAMPLES) / HOP
    hertz = np.interp(frames, np.arange(FRAMES), pitch)
    phase = np.cumsum(hertz) / RATE
    top = np.maximum(1, np.floor(14000 / pitch)).astype(np.float64)
    count = np.repeat(top, HOP)[:SAMPLES]
    below = np.sin(np.pi * phase)
    below = np.where(np.abs(below) < 1e-5, 1e-5, below)
    pulses = np.sin((2 * count + 1) * np.pi * phase) / (2 * below) - 0.5
    pulses /= np.sqrt(count)
    shimmer = np.exp(_wander(rng, 0.06))
    loud = _loudness(notes)
    done = _through(pulses, mouth.filter, mouth.voiced * shimmer * loud)
    air = rng.standard_normal(SAMPLES)
    level = (mouth.breath + singer.breath * mouth.voiced) * loud
    if mouth.breath_filter is None:
        return done + _through(air, mouth.filter, level)
    return done + _through(air, mouth.breath_filter, level)


def _through(sound: Floats, response: Response, level: Floats) -> Sound:
    """Short-time filtering: Hann frames with a quarter's hop, added up."""
    window = np.hanning(WINDOW + 1)[:-1]
    padded = np.pad(sound, (WINDOW // 2, WINDOW + HOP * 8)).astype(np.float32)
    done = np.zeros(HOP * (FRAMES + LENGTH // HOP), dtype=np.float32)
    wanted = np.flatnonzero(level > 1e-4)
    wanted = wanted[wanted < len(response)]
    for part in np.array_split(wanted, max(1, len(wanted) // 256)):
        places = part[:, None] * HOP + np.arange(WINDOW)
        spectra = np.fft.rfft(padded[places] * window, LENGTH) * response[part]
        pieces = np.fft.irfft(spectra * level[part, None], LENGTH).astype(np.float32)
        for frame, piece in zip(part.tolist(), pieces, strict=True):
            done[frame * HOP : frame * HOP + LENGTH] += piece
    return done[WINDOW // 2 : WINDOW // 2 + SAMPLES] * np.float32(0.5)


def _pitch_line(rng: Random, singer: Singer, notes: Sequence[Note]) -> Floats:
    """The pitch in Hz for each frame, with glides, scoops, vibrato and unsteadiness."""
    line = np.full(FRAMES, np.nan)
    vibrato = np.zeros(FRAMES)
    for note in notes:
        first, last = int(note.start * RATE / HOP), int((note.start + note.length) * RATE / HOP)
        line[first : last + 1] = note.pitch + rng.normal(0, 0.05)
        if rng.random() < 0.25:
            scoop = line[first : first + 14]
            scoop -= np.linspace(rng.uniform(0.3, 1.5), 0, 14)[: len(scoop)]
        span = vibrato[first : last + 1]
        time = np.arange(len(span)) * HOP / RATE
        span[:] = np.clip((time - rng.uniform(0.1, 0.35)) / 0.25, 0, 1)
    known = np.flatnonzero(~np.isnan(line))
    line = np.interp(np.arange(FRAMES), known, line[known])
    width = max(1, int(singer.glide * RATE / HOP))
    line = np.convolve(np.pad(line, width, "edge"), np.hanning(2 * width + 1)
                       / np.hanning(2 * width + 1).sum(), "valid")[:FRAMES]  # fmt: skip
    time = np.arange(FRAMES) * HOP / RATE
    turns = singer.rate * time + 0.1 * np.cumsum(rng.normal(0, 0.05, FRAMES))
    swing = singer.vibrato * vibrato * np.sin(2 * np.pi * turns)
    cents: Floats = line * 100 + swing + _wander(rng, singer.unsteady)
    return 440 * 2 ** ((cents - 6900) / 1200)


def _wander(rng: Random, depth: float) -> Floats:
    """Slow random changes, about `depth` large."""
    kernel = np.hanning(21)
    return depth * np.convolve(rng.standard_normal(FRAMES), kernel / np.sqrt(
        np.square(kernel).sum()), "same")  # fmt: skip


def _loudness(notes: Sequence[Note]) -> Floats:
    loud = np.ones(FRAMES)
    for note in notes:
        first, last = int(note.start * RATE / HOP), int((note.start + note.length) * RATE / HOP)
        loud[first : last + 1] = note.loud
    return np.convolve(loud, np.hanning(17) / np.hanning(17).sum(), "same")


def formant_mouth(rng: Random, singer: Singer, notes: Sequence[Note]) -> Mouth:
    """Random syllables, one a note, spoken by formants."""
    formants = np.tile(_VOWELS[0], (FRAMES, 1))
    voiced, breath = np.zeros(FRAMES), np.zeros(FRAMES)
    colour = np.zeros((FRAMES, len(HERTZ)), dtype=np.float32)
    favourites = rng.integers(len(_VOWELS), size=4)
    for note in notes:
        first = int(note.start * RATE / HOP)
        last = min(FRAMES - 2, int((note.start + note.length) * RATE / HOP))
        if last - first < 4:
            continue
        vowel = _VOWELS[
            rng.choice(favourites) if rng.random() < 0.5 else rng.integers(len(_VOWELS))
        ]
        formants[first:last] = vowel * rng.uniform(0.96, 1.04, 5)
        if rng.random() < 0.3 and last - first > 30:  # a diphthong
            formants[(first + last) // 2 : last] = _VOWELS[rng.integers(len(_VOWELS))]
        voiced[first:last] = 1.0
        voiced[max(first, last - 3) : last] *= 0.5
        at = _start(rng, str(rng.choice(_STARTS)), first, last, formants, voiced, breath, colour)
        if rng.random() < 0.2 and last - at > 25:
            _noise("s" if rng.random() < 0.5 else "sh", last - 14, last, voiced, breath, colour)
    smooth = np.hanning(11) / np.hanning(11).sum()
    for column in range(formants.shape[1]):
        formants[:, column] = np.convolve(np.pad(formants[:, column], 5, "edge"), smooth, "valid")
    short = np.hanning(7) / np.hanning(7).sum()
    voiced, breath = np.convolve(voiced, short, "same"), np.convolve(breath, short, "same")
    open_ = colour.sum(axis=1) == 0
    places = formants * singer.size * np.asarray(singer.accent)
    response = _resonances(places, singer.tilt, singer.width)
    colour[open_] = np.abs(response[open_])
    return Mouth(response, voiced, breath, colour.astype(np.complex64))


def _start(rng: Random, sound: str, first: int, last: int, formants: Floats, voiced: Floats,
           breath: Floats, colour: NDArray[np.float32]) -> int:  # fmt: skip
    """Put a consonant at the start of a syllable. Returns the frame after it."""
    count = min((last - first) // 2, int(rng.uniform(9, 18)))
    if sound in _GLIDES or sound in _NASALS:
        formants[first : first + count, :3] = _GLIDES.get(sound) or _NASALS[sound]
        voiced[first : first + count] *= 0.35 if sound in _NASALS else 0.7
    elif sound in _NOISES:
        _noise(sound, first, first + count, voiced, breath, colour)
    elif sound in _STOPS:
        middle, q, level = _STOPS[sound]
        burst = first + min(count, 7)
        voiced[first:burst] = 0.15 if sound in "bdg" else 0.0
        stop = min(last, burst + 3)
        breath[burst:stop] = level * rng.uniform(0.6, 1.4)
        colour[burst - 1 : stop + 1] = _hump(middle, q)
    return first + count


def _noise(sound: str, first: int, last: int, voiced: Floats, breath: Floats,
           colour: NDArray[np.float32]) -> None:  # fmt: skip
    middle, q, level, _ = _NOISES[sound]
    voiced[first:last] = 0.0
    breath[first:last] = level
    colour[first:last] = _hump(middle, q)


def _hump(middle: float, q: float) -> NDArray[np.float32]:
    s = 1j * HERTZ / middle
    hump: NDArray[np.float32] = (0.4 * np.abs((s / q) / (s * s + s / q + 1))).astype(np.float32)
    return hump


def _resonances(formants: Floats, tilt: float, width: float) -> NDArray[np.complex64]:
    """(frames, 5) formants in Hz to responses: a cascade of resonances."""
    done = np.ones((len(formants), len(HERTZ)), dtype=np.complex64)
    widths = np.array([70, 90, 130, 200, 280]) * width
    s = (1j * HERTZ).astype(np.complex64)
    for column in range(formants.shape[1]):
        middle = formants[:, column, None].astype(np.float32)
        done *= middle**2 / (s**2 + s * np.float32(widths[column]) + middle**2)
        # above its resonance a cascade falls too fast: the missing higher formants lift it
        done *= 1 + (0.5 * s / middle) ** 2 / (1 + 0.5 * s / middle) * np.float32(0.5)
    slope = (np.maximum(HERTZ, 80) / 300) ** (tilt / 6.02) * (HERTZ > 40)
    done *= slope.astype(np.float32)
    return done
