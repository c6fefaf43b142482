"""A drum kit made from scratch: every piece is computed once in a few variations, then played like
a sampler plays its samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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

_VARIATIONS = 2


def played(rng: Random, notes: Sequence[Note]) -> Sound:
    """The notes on a kit drawn at random, (2, SAMPLES), dry."""
    kit = Kit(rng)
    track = np.zeros((2, SAMPLES), dtype=np.float32)
    closing = (grooves.CLOSED, grooves.PEDAL)
    closed = sorted(note.start for note in notes if note.pitch in closing)
    for note in notes:
        sound = kit.hit(note.pitch)
        if note.pitch == grooves.OPEN:  # the next closed hi-hat stops it
            until = next((time for time in closed if time > note.start + 0.02), None)
            if until is not None:
                sound = faded(sound[:, : int((until - note.start) * RATE) + 500].copy(), 0, 0.01)
        add_at(track, sound * np.float32(note.loud**1.5), note.start)
    return track


class Kit:
    """A kit: General MIDI drum number to sounds."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._electronic = rng.random() < 0.4
        self._width = float(rng.uniform(0.1, 0.8))
        self._metal = rng.uniform(300, 700) * np.array([1, 1.34, 1.53, 1.72, 2.02, 2.63, 3.1, 4.2])
        self._size = float(rng.uniform(0.8, 1.25))
        self._ready: dict[int, list[Sound]] = {}

    def hit(self, drum: int) -> Sound:
        if drum not in self._ready:
            maker, place, level = self._piece(drum)
            self._ready[drum] = [
                panned(maker() * np.float32(level), place * self._width) for _ in range(_VARIATIONS)
            ]
        return self._ready[drum][self._rng.integers(_VARIATIONS)]

    def _piece(self, drum: int) -> tuple[Callable[[], Sound], float, float]:
        """What makes it, where it stands, its level."""
        rng = self._rng
        pieces: dict[int, tuple[Callable[[], Sound], float, float]] = {
            grooves.KICK: (self._kick(), 0.0, 1.0),
            grooves.SNARE: (self._snare(), 0.1, 0.8),
            grooves.STICK: (lambda: self._block(1700), 0.1, 0.4),
            grooves.CLAP: (self._clap, 0.2, 0.6),
            grooves.CLOSED: (lambda: self._cymbal(0.03, 7000), -0.5, 0.3),
            grooves.PEDAL: (lambda: self._cymbal(0.02, 5000), -0.5, 0.25),
            grooves.OPEN: (lambda: self._cymbal(0.25, 6000), -0.5, 0.3),
            grooves.CRASH: (lambda: self._cymbal(0.8, 3000), 0.7, 0.45),
            grooves.RIDE: (lambda: self._struck(0.5, 4500, 1.0), 0.6, 0.3),
            grooves.BELL: (lambda: self._struck(0.4, 3000, 2.0), 0.6, 0.3),
            grooves.TAMBOURINE: (lambda: self._cymbal(0.07, 8500), 0.4, 0.25),
            grooves.SHAKER: (self._shaker, -0.3, 0.2),
            grooves.COWBELL: (lambda: self._block(560) + self._block(845), 0.4, 0.3),
        }
        if drum in pieces:
            return pieces[drum]
        order = grooves.TOMS.index(drum) if drum in grooves.TOMS else 3
        pitch = 190 * self._size * 0.84**order * rng.uniform(0.95, 1.05)
        return (lambda: self._tom(pitch)), -0.6 + 0.25 * order, 0.8

    def _kick(self) -> Callable[[], Sound]:
        rng = self._rng
        end, start = rng.uniform(38, 65), rng.uniform(120, 420)
        fall, ring = rng.uniform(0.012, 0.05), rng.uniform(0.07, 0.5 if self._electronic else 0.2)
        click, drive = rng.uniform(0.05, 0.5), rng.uniform(0.8, 3)
        click_cut = rng.uniform(1500, 8000)

        def make() -> Sound:
            count = int(min(1.2, 5 * ring) * RATE)
            time = np.arange(count) / RATE
            phase = end * time + (start - end) * fall * (1 - np.exp(-time / fall))
            body = np.sin(2 * np.pi * phase).astype(np.float32) * decay(count, ring)
            beater = low_passed(noise(rng, count) * decay(count, 0.004), click_cut)
            return faded(saturated(body + np.float32(click) * beater, drive), 0.0005, 0.03)

        return make

    def _snare(self) -> Callable[[], Sound]:
        rng = self._rng
        pitch, ring = rng.uniform(150, 260), rng.uniform(0.04, 0.14)
        wires, wires_ring = rng.uniform(0.3, 1.0), rng.uniform(0.05, 0.22)
        low, high = rng.uniform(500, 2500), rng.uniform(7000, 18000)
        drive = rng.uniform(0.7, 2.5)

        def make() -> Sound:
            count = int(min(0.9, 0.1 + 5 * max(ring, wires_ring)) * RATE)
            time = np.arange(count) / RATE
            body = np.zeros(count, dtype=np.float32)
            for factor, level in ((1, 1.0), (1.59, 0.5), (2.14, 0.25)):
                sweep = pitch * factor * (time + 0.006 * (1 - np.exp(-time / 0.012)))
                body += (level * np.sin(2 * np.pi * sweep)).astype(np.float32)
            body *= decay(count, ring * rng.uniform(0.9, 1.1))
            rattle = low_passed(high_passed(noise(rng, count), low), high)
            rattle *= decay(count, wires_ring) + 0.7 * decay(count, 0.01)
            return faded(saturated(0.5 * body + np.float32(wires) * rattle, drive), 0.0005, 0.05)

        return make

    def _cymbal(self, ring: float, low: float) -> Sound:
        rng = self._rng
        ring *= rng.uniform(0.7, 1.5)
        count = int((0.05 + 4.5 * ring) * RATE)
        time = np.arange(count, dtype=np.float32) / RATE
        metal = np.zeros(count, dtype=np.float32)
        for pitch in self._metal * rng.uniform(0.99, 1.01):
            metal += np.sign(np.sin(2 * np.pi * pitch * time + rng.uniform(0, 6)))
        share = 0.6 if self._electronic else 0.2
        mixed = share * metal / 4 + (1 - share) * noise(rng, count)
        mixed = high_passed(high_passed(mixed, low * self._size), low * 0.7)
        strike = 0.8 * decay(count, ring) + 0.6 * decay(count, ring / 6)
        return faded(mixed * strike, 0.0008, 0.02)

    def _struck(self, ring: float, low: float, ping: float) -> Sound:
        """A cymbal whose stick is heard."""
        wash = self._cymbal(ring, low)
        time = np.arange(len(wash), dtype=np.float32) / RATE
        stick = np.zeros(len(wash), dtype=np.float32)
        for pitch in (2300, 3470, 4810, 6120):
            stick += np.sin(2 * np.pi * pitch * self._size * time)
        return faded(wash + stick * decay(len(wash), 0.15) * np.float32(0.3 * ping), 0.0005, 0.02)

    def _tom(self, pitch: float) -> Sound:
        rng = self._rng
        ring = rng.uniform(0.12, 0.3)
        count = int(4.5 * ring * RATE)
        time = np.arange(count) / RATE
        sweep = pitch * (time + 0.02 * (1 - np.exp(-time / 0.03)))
        body = np.sin(2 * np.pi * sweep) + 0.3 * np.sin(2 * np.pi * 1.52 * sweep)
        skin = low_passed(noise(rng, count) * decay(count, 0.02), 4000)
        return faded(body.astype(np.float32) * decay(count, ring) + 0.3 * skin, 0.0008, 0.05)

    def _clap(self) -> Sound:
        rng = self._rng
        count = int(0.4 * RATE)
        strikes = np.zeros(count, dtype=np.float32)
        for start in np.cumsum(rng.uniform(0.006, 0.014, 3)):
            first = int(start * RATE)
            strikes[first:] = np.maximum(strikes[first:], decay(count - first, 0.006))
        strikes += 0.5 * decay(count, rng.uniform(0.05, 0.12))
        return faded(band_passed(noise(rng, count), rng.uniform(900, 1800), 1.2) * strikes * 2,
                     0.001, 0.05)  # fmt: skip

    def _shaker(self) -> Sound:
        count = int(0.12 * RATE)
        rise = np.minimum(1, np.arange(count, dtype=np.float32) / (0.02 * RATE))
        return faded(
            high_passed(noise(self._rng, count), 5000) * rise * decay(count, 0.03), 0, 0.01
        )

    def _block(self, pitch: float) -> Sound:
        count = int(0.25 * RATE)
        time = np.arange(count, dtype=np.float32) / RATE
        ring = 0.02 if pitch > 1000 else 0.07
        tone = np.sign(np.sin(2 * np.pi * pitch * self._size * time))
        return faded(
            band_passed(tone.astype(np.float32), pitch, 2) * decay(count, ring), 0.0005, 0.01
        )
