"""Songs in memory for the player, finished or growing while they play."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.playable import Range

Samples = NDArray[np.float32]


class ArrayReader:
    """Reads an array, with silence beyond what may be known."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples

    def read(self, start: int, frames: int) -> Samples:
        part = self.samples[:, start : start + frames]
        return np.pad(part, ((0, 0), (0, frames - part.shape[1])))


class ArraySong:
    """A `Playable` of arrays, float32 [2, frames]. A test lets it grow: `known`, `parts`."""

    def __init__(
        self,
        stems: Mapping[str, Samples],
        original: Samples | None = None,
        samplerate: int = 44100,
    ) -> None:
        self.samplerate = samplerate
        self.stems = tuple(stems)
        self.frames = max(part.shape[1] for part in stems.values())
        self.complete = True
        self.known = self.frames
        self.original = None if original is None else ArrayReader(original)
        self.parts: tuple[Range, ...] = ((0, self.frames),)
        self.wanted: list[int] = []
        self.speeds: list[float] = []
        self.closed = False
        self._readers = {name: ArrayReader(samples) for name, samples in stems.items()}

    def stem(self, name: str) -> ArrayReader:
        return self._readers[name]

    def final(self) -> tuple[Range, ...]:
        return self.parts

    def want(self, frame: int, speed: float = 0.0) -> None:
        self.wanted.append(frame)
        self.speeds.append(speed)

    def close(self) -> None:
        self.closed = True


def constant(value: float, frames: int) -> Samples:
    """float32 [2, frames]."""
    return np.full((2, frames), value, dtype=np.float32)


def sine(hertz: float, frames: int, samplerate: int = 44100, level: float = 0.5) -> Samples:
    """float32 [2, frames], both channels alike."""
    wave = level * np.sin(2 * np.pi * hertz * np.arange(frames) / samplerate)
    return np.stack((wave, wave)).astype(np.float32)


def pitch(samples: Samples, samplerate: int = 44100) -> float:
    """The frequency of a steady tone, in hertz, by its spectrum's peak between the bins."""
    window = np.hanning(samples.shape[1])
    size = np.abs(np.fft.rfft(samples[0] * window)) + 1e-12
    top = int(size[1:-1].argmax()) + 1
    a, b, c = np.log(size[top - 1 : top + 2])
    place = top + 0.5 * (a - c) / (a - 2 * b + c)
    return float(place * samplerate / samples.shape[1])
