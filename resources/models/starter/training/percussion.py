"""A kit of struck things of random kinds: partials in and out of tune, pitches that fall, noises in
bands, alone or together. Wider than any real kit; each piece keeps to what makes it a kick, a
snare, a hi-hat or a tom: where its power is and how long it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import grooves
from dsp import (
    RATE,
    SAMPLES,
    Random,
    Sound,
    add_at,
    band_passed,
    decay,
    faded,
    high_passed,
    low_passed,
    noise,
    panned,
    saturated,
)
from plan import Note


@dataclass(frozen=True, slots=True)
class _Kind:
    """Ranges: Hz of the lowest partial (0: none), seconds it rings, Hz of the noise's middle,
    seconds the noise lasts, how much of the piece is noise; how loud."""

    hertz: tuple[float, float]
    rings: tuple[float, float]
    noise_hz: tuple[float, float]
    noise_s: tuple[float, float]
    noisy: tuple[float, float]
    loud: float


_KINDS = {
    grooves.KICK: _Kind((34, 85), (0.05, 0.5), (300, 6000), (0.002, 0.03), (0.0, 0.35), 1.0),
    grooves.SNARE: _Kind((130, 330), (0.02, 0.2), (900, 7000), (0.03, 0.3), (0.3, 0.95), 0.8),
    grooves.STICK: _Kind((350, 2500), (0.005, 0.06), (1500, 6000), (0.002, 0.02), (0, 0.5), 0.45),
    grooves.CLAP: _Kind((0, 0), (0, 0), (700, 2800), (0.03, 0.2), (1, 1), 0.6),
    grooves.CLOSED: _Kind((2500, 6500), (0.01, 0.06), (5000, 12000), (0.01, 0.06), (0.3, 1), 0.3),
    grooves.PEDAL: _Kind((2000, 5000), (0.01, 0.04), (3500, 9000), (0.01, 0.04), (0.4, 1), 0.25),
    grooves.OPEN: _Kind((2500, 6000), (0.1, 0.5), (5000, 11000), (0.1, 0.5), (0.3, 1), 0.3),
    grooves.CRASH: _Kind((700, 3500), (0.3, 1.5), (3000, 9000), (0.4, 1.4), (0.4, 1), 0.45),
    grooves.RIDE: _Kind((1500, 5000), (0.2, 1.0), (4000, 9000), (0.2, 0.8), (0.2, 0.9), 0.3),
    grooves.BELL: _Kind((1000, 3500), (0.15, 0.8), (4000, 9000), (0.1, 0.5), (0.05, 0.5), 0.3),
    grooves.TAMBOURINE: _Kind(
        (4500, 8000), (0.02, 0.1), (6000, 11000), (0.03, 0.1), (0.5, 1), 0.25
    ),
    grooves.SHAKER: _Kind((0, 0), (0, 0), (3500, 10000), (0.015, 0.08), (1, 1), 0.2),
    grooves.COWBELL: _Kind((350, 1000), (0.03, 0.2), (1500, 5000), (0.002, 0.02), (0, 0.2), 0.3),
}
_TOM = _Kind((60, 260), (0.07, 0.45), (400, 4000), (0.01, 0.08), (0.02, 0.4), 0.8)
_STEPS_DOWN = 0.85  # from one tom to the next


def played(rng: Random, notes: Sequence[Note]) -> Sound:
    """The notes on a kit drawn at random, (2, SAMPLES), dry."""
    track = np.zeros((2, SAMPLES), dtype=np.float32)
    width, size = float(rng.uniform(0, 0.9)), float(np.exp(rng.normal(0, 0.12)))
    firmness = float(rng.uniform(0.6, 2))  # how a soft stroke differs from a hard one
    pieces: dict[int, list[Sound]] = {}
    for note in notes:
        if note.pitch not in pieces:
            pieces[note.pitch] = _piece(rng, note.pitch, size, width)
        sound = pieces[note.pitch][rng.integers(len(pieces[note.pitch]))]
        add_at(track, sound * np.float32(note.loud**firmness), note.start)
    return track


def _piece(rng: Random, drum: int, size: float, width: float) -> list[Sound]:
    """Two strokes of a piece, in its place between the sides."""
    kind = _KINDS.get(drum, _TOM)
    place = float(np.clip(rng.normal(0, 0.5), -1, 1)) * width
    if drum in (grooves.KICK, grooves.SNARE):
        place *= 0.15
    hertz = _drawn(rng, kind.hertz) * size
    if drum in grooves.TOMS:
        order = grooves.TOMS.index(drum)
        hertz = 240 * size * _STEPS_DOWN**order * float(rng.uniform(0.9, 1.1))
    strokes = _Stroke(rng, kind, hertz, low=drum == grooves.KICK or drum in grooves.TOMS)
    level = np.float32(kind.loud)
    return [panned(strokes.made(rng) * level, place) for _ in range(2)]


def _drawn(rng: Random, ends: tuple[float, float]) -> float:
    """Between the two, evenly in their logarithm."""
    low, high = ends
    return float(np.exp(rng.uniform(np.log(low), np.log(high)))) if low else 0.0


class _Stroke:
    """One piece's sound; each stroke of it a little different."""

    def __init__(self, rng: Random, kind: _Kind, hertz: float, low: bool) -> None:
        count = int(rng.integers(1, 4 if low else 12))
        self._ratios = np.concatenate([[1.0], 1 + np.cumsum(rng.uniform(0.15, 0.9, count))])
        self._levels = np.exp(rng.normal(0, 0.6, count + 1)) * (0.4 if low else 0.9) ** np.arange(
            count + 1
        )
        self._hertz = hertz
        self._ring = _drawn(rng, kind.rings)
        self._drop = float(np.exp(rng.uniform(np.log(0.02), np.log(9 if low else 0.6))))
        self._drop_s = float(np.exp(rng.uniform(np.log(0.005), np.log(0.06))))
        self._noise_hz, self._noise_s = _drawn(rng, kind.noise_hz), _drawn(rng, kind.noise_s)
        self._narrow = float(rng.uniform(0.3, 1.5))
        self._bright = bool(rng.random() < 0.4)
        self._noisy = float(rng.uniform(*kind.noisy))
        self._attack = float(np.exp(rng.uniform(np.log(0.0003), np.log(0.004))))
        self._strikes = int(rng.integers(2, 5)) if not hertz and rng.random() < 0.6 else 1
        self._gate = float(rng.choice([0.0, 0.0, rng.uniform(0.06, 0.25)]))
        self._drive = float(rng.choice([0.0, rng.uniform(0.5, 5)]))

    def made(self, rng: Random) -> Sound:
        """Mono; its loudest sample is about 1."""
        longest = max(5 * self._ring, 5 * self._noise_s) + 0.05
        count = int(min(2.5, longest) * RATE)
        body, rattle = self._body(rng, count), self._rattle(rng, count)
        parts = [(1 - self._noisy, body), (self._noisy, rattle)]
        sound = np.zeros(count, dtype=np.float32)
        for share, part in parts:
            sound += np.float32(share) * part / (np.abs(part).max() + np.float32(1e-6))
        if self._gate:
            until = min(count, int((self._gate + 0.02) * RATE))
            sound = faded(sound[:until], 0.0, 0.01)
        if self._drive:
            sound = saturated(sound, self._drive)
        sound = sound / (np.abs(sound).max() + np.float32(1e-6))
        return faded(sound, self._attack, 0.02)

    def _body(self, rng: Random, count: int) -> Sound:
        body = np.zeros(count, dtype=np.float32)
        if not self._hertz:
            return body
        time = np.arange(count) / RATE
        fallen = time + self._drop * self._drop_s * (1 - np.exp(-time / self._drop_s))
        wobble = float(rng.uniform(0.99, 1.01))
        for ratio, level in zip(self._ratios, self._levels, strict=True):
            if (pitch := self._hertz * ratio * wobble) < 16000:
                turns = 2 * np.pi * pitch * fallen + (0 if pitch < 200 else rng.uniform(0, 6))
                fall = decay(count, self._ring / ratio**0.4)
                body += np.float32(level) * np.sin(turns).astype(np.float32) * fall
        return body

    def _rattle(self, rng: Random, count: int) -> Sound:
        air = noise(rng, count)
        if self._bright:
            air = low_passed(high_passed(air, self._noise_hz * 0.6), 16000)
        else:
            air = band_passed(air, self._noise_hz, self._narrow)
        level = np.zeros(count, dtype=np.float32)
        start = 0
        for _ in range(self._strikes):
            rest = decay(count - start, self._noise_s / (4 if self._strikes > 1 else 1))
            level[start:] = np.maximum(level[start:], rest)
            start += int(rng.uniform(0.006, 0.02) * RATE)
            if start >= count:
                break
        if self._strikes > 1:
            level += np.float32(0.4) * decay(count, self._noise_s)
        return air * level
