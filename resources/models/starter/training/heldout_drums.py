"""The held-out drums: struck membranes and plates as sums of their modes, noise from a string that
forgets its sign (Karplus and Strong's drum, 1983); and an electronic kit by FM."""

from __future__ import annotations

import numpy as np

from heldout_score import Hit
from heldout_sound import RATE, Mono, Random, Stereo, band, edges, frames, peaked, put, times

# Zeros of the Bessel functions over the first one: the modes of an ideal round membrane.
MEMBRANE = (1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 3.652, 4.06, 4.154)

_PANS = {
    "kick": 0.0,
    "snare": 0.05,
    "stick": -0.1,
    "hat": 0.35,
    "open": 0.35,
    "ride": -0.5,
    "crash": 0.6,
    "low": 0.4,
    "mid": 0.0,
    "high": -0.4,
    "shaker": -0.6,
    "clap": 0.15,
}
_LEVELS = {
    "kick": 1.0,
    "snare": 0.8,
    "stick": 0.5,
    "hat": 0.30,
    "open": 0.30,
    "ride": 0.26,
    "crash": 0.4,
    "low": 0.8,
    "mid": 0.7,
    "high": 0.6,
    "shaker": 0.2,
    "clap": 0.6,
}

_CYMBALS = ("hat", "open", "ride", "crash")


def membrane(random: Random, pitch: float, half_s: float, bend: float, length_s: float) -> Mono:
    """A struck skin: modes whose levels follow from where it is hit, higher ones sooner gone; the
    pitch begins `bend` times higher while the skin is tight from the stroke."""
    t = times(frames(length_s))
    turns = pitch * (t + bend * 0.03 * (1 - np.exp(-t / 0.03)))  # the pitch's integral
    sound = np.zeros(len(t))
    for ratio in MEMBRANE:
        level = random.uniform(0.4, 1.0) / ratio**1.3
        gone = half_s / ratio ** random.uniform(0.7, 1.1)
        phase = random.uniform(0, 0.4)
        sound += level * 0.5 ** (t / gone) * np.sin(2 * np.pi * (ratio * turns + phase))
    return sound * edges(len(t), 0.0008, 0.02)


def plate(random: Random, low: float, high: float, half_s: float, length_s: float) -> Mono:
    """Metal: modes as dense at every frequency, beating, the higher ones sooner gone.

    A mode is the imaginary part of z to the power of the frame's number. That power is one of 256
    times one of every 256th, so that all frames of all modes are one product of two matrices.
    """
    count, step, length = 90, 256, frames(length_s)
    pitch = random.uniform(low, high, count)
    gone = half_s * random.uniform(0.4, 1.3, count) * (low / pitch) ** 0.4
    log = (-np.log(2) / gone + 2j * np.pi * pitch) / RATE
    begin = random.uniform(0.2, 1.0, count) * np.exp(2j * np.pi * random.uniform(0, 1, count))
    coarse = begin * np.exp(np.outer(np.arange(0, length, step), log))
    fine = np.exp(np.outer(log, np.arange(step)))
    sound: Mono = (coarse @ fine).imag.reshape(-1)[:length]
    return sound / 6 * edges(length, 0.0006, 0.03)


def rattle(random: Random, period: int, keep: float, length_s: float) -> Mono:
    """Karplus and Strong's drum: a delay line whose feedback changes its sign by chance."""
    length = frames(length_s)
    sound = np.zeros(length + period + 1)
    sound[: period + 1] = random.uniform(-1, 1, period + 1)
    for start in range(period + 1, length, period):
        end = min(length, start + period)
        back = sound[start - period : end - period] + sound[start - period - 1 : end - period - 1]
        sound[start:end] = keep * 0.5 * back * random.choice((-1.0, 1.0), end - start)
    return sound[:length] * edges(length, 0.0005, 0.02)


def knock(random: Random, half_s: float, low: float, high: float) -> Mono:
    """The beater, the stick, a hand: a burst of noise in a band."""
    t = times(frames(8 * half_s + 0.01))
    noise = random.normal(0, 0.5, len(t)) * 0.5 ** (t / half_s)
    return band(noise, low, high)


def added(*sounds: Mono) -> Mono:
    """The sum of sounds of different lengths."""
    result = np.zeros(max(map(len, sounds)))
    for sound in sounds:
        result[: len(sound)] += sound
    return result


class Kit:
    """One drummer's kit: sizes and tuning drawn once, three strokes of each piece."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._kick = random.uniform(46, 70)
        self._snare = random.uniform(165, 240)
        self._tom = random.uniform(80, 105)
        self._hat = random.uniform(3200, 6200)
        self._ride = random.uniform(1800, 3200)
        self._tight = random.uniform(0.6, 1.5)
        self._strokes: dict[str, list[Mono]] = {}

    def stroke(self, piece: str) -> Mono:
        """One of the piece's strokes, about ±1."""
        if piece not in self._strokes:
            strokes = [self._make(piece) for _ in range(3)]
            self._strokes[piece] = [peaked(sound) for sound in strokes]
        return self._strokes[piece][self._random.randint(3)]

    def _make(self, piece: str) -> Mono:
        random, tight = self._random, self._tight
        if piece == "kick":
            skin = membrane(random, self._kick, 0.07 / tight, 1.8, 0.5)
            return added(skin, 0.7 * knock(random, 0.004, 1500, 6000))
        if piece == "snare":
            skin = membrane(random, self._snare, 0.035 / tight, 0.25, 0.3)
            wires = rattle(random, random.randint(180, 320), 0.985, 0.32)
            tail = wires * 0.5 ** (times(len(wires)) / (0.05 / tight))
            return added(0.8 * skin, 1.6 * band(tail, 1200, 11000), knock(random, 0.002, 900, 9000))
        if piece in ("low", "mid", "high"):
            pitch = self._tom * {"low": 1.0, "mid": 1.35, "high": 1.8}[piece]
            return added(
                membrane(random, pitch, 0.14 / tight, 0.5, 0.9), knock(random, 0.004, 800, 5000)
            )
        return self._cymbal(piece) if piece in _CYMBALS else self._small(piece)

    def _small(self, piece: str) -> Mono:
        random = self._random
        if piece == "stick":
            return added(plate(random, 1500, 2600, 0.012, 0.1), knock(random, 0.003, 800, 4000))
        if piece == "clap":
            claps = [knock(random, 0.006, 900, 5000) for _ in range(4)]
            gaps = [np.zeros(frames(0.011 * index)) for index in range(4)]
            return added(*(np.concatenate(pair) for pair in zip(gaps, claps, strict=True)))
        grains = random.uniform(0, 1, frames(0.09)) ** 6 * random.choice((-1, 1), frames(0.09))
        return band(grains, 4500, 13000) * edges(len(grains), 0.04, 0.045)

    def _cymbal(self, piece: str) -> Mono:
        random = self._random
        if piece == "hat":
            return added(
                plate(random, self._hat, 15000, 0.02, 0.15), knock(random, 0.01, 7000, 16000)
            )
        if piece == "open":
            metal = plate(random, self._hat, 15000, 0.16, 0.6)
            return added(metal, 0.6 * knock(random, 0.07, 6000, 16000))
        if piece == "ride":
            bell = plate(random, self._ride, 9000, 0.35, 1.4)
            return added(bell, 0.8 * knock(random, 0.006, 3000, 12000))
        return added(plate(random, 900, 12000, 0.6, 2.0), knock(random, 0.25, 3000, 16000))


class FmKit(Kit):
    """An electronic kit by frequency modulation: no skin, no noise, only operators."""

    def _make(self, piece: str) -> Mono:
        random = self._random
        low, ratio, depth, half_s = {
            "kick": (self._kick * 0.9, 1.0, 3.0, 0.06),
            "snare": (self._snare, 7.13, 9.0, 0.05),
            "low": (self._tom, 1.41, 2.0, 0.12),
            "mid": (self._tom * 1.4, 1.41, 2.0, 0.11),
            "high": (self._tom * 1.9, 1.41, 2.0, 0.10),
            "stick": (1700.0, 1.73, 1.0, 0.012),
            "clap": (950.0, 5.41, 11.0, 0.03),
            "shaker": (6100.0, 1.31, 6.0, 0.015),
            "hat": (self._hat, 1.483, 5.0, 0.02),
            "open": (self._hat, 1.483, 5.0, 0.12),
            "ride": (self._ride, 2.757, 3.0, 0.25),
            "crash": (self._ride * 1.3, 3.391, 7.0, 0.45),
        }[piece]
        t = times(frames(min(2.0, 8 * half_s)))
        fall = 0.5 ** (t / half_s)
        turns = low * (t + 0.08 * (1 - np.exp(-t / 0.025))) if piece == "kick" else low * t
        again = 3.0 * np.sin(2 * np.pi * ratio * 1.618 * turns + random.uniform(0, 6))
        bent = depth * fall * np.sin(2 * np.pi * ratio * turns + again * (depth > 4))
        sound = fall * np.sin(2 * np.pi * turns + bent)
        return sound * edges(len(t), 0.0006, 0.01)


def play(hits: list[Hit], kit: Kit, random: Random, length: int) -> Stereo:
    """The kit's stem, float64 [2, length]: strokes with pans as the audience hears them, a little
    late or early, and the whole kit a little in both overhead microphones."""
    stem = np.zeros((2, length))
    for hit in hits:
        start = max(0.0, hit.start_s + random.normal(0, 0.003))
        level = _LEVELS[hit.piece] * hit.level * random.uniform(0.9, 1.1)
        put(stem, kit.stroke(hit.piece), start, level, _PANS[hit.piece])
    late = frames(0.0021)
    stem[:, late:] += 0.15 * stem[::-1, :-late]
    return stem
