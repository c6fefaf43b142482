"""Songs for tests of what plays or renders them: stems in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.playable import Range, Reader

Samples = NDArray[np.float32]


class MemoryReader:
    """float32 [2, frames] in memory. `heard`: called before each reading, with its first frame."""

    def __init__(self, samples: Samples, heard: Callable[[int], None] | None = None) -> None:
        self.samples = samples
        self._heard = heard

    def read(self, start: int, frames: int) -> Samples:
        if self._heard is not None:
            self._heard(start)
        part = self.samples[:, start : start + frames]
        return np.pad(part, ((0, 0), (0, frames - part.shape[1])))


class MemorySong:
    """A finished song (`audio.playable.Playable`) without an original."""

    original: Reader | None = None
    complete = True
    known = 0

    def __init__(
        self,
        stems: Mapping[str, Samples],
        samplerate: int = 44100,
        heard: Callable[[int], None] | None = None,
    ) -> None:
        self._readers = {name: MemoryReader(stem, heard) for name, stem in stems.items()}
        self.samplerate = samplerate
        self.frames = max(stem.shape[1] for stem in stems.values())
        self.unfinished = False
        self.closed = 0

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(self._readers)

    def stem(self, name: str) -> MemoryReader:
        return self._readers[name]

    def final(self) -> tuple[Range, ...]:
        return ((0, self.frames // 2 if self.unfinished else self.frames),)

    def want(self, frame: int, speed: float = 0.0) -> None:
        """All of it is there."""

    def close(self) -> None:
        self.closed += 1


def noise_song(frames: int, seed: int = 1, names: str = "drums bass other vocals") -> MemorySong:
    """Quiet noise, another one for each stem and side."""
    random = np.random.default_rng(seed)
    stems = {
        name: (0.1 * random.standard_normal((2, frames))).astype(np.float32)
        for name in names.split()
    }
    return MemorySong(stems)
