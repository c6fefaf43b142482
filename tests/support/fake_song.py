"""A song in memory, of which as much is known and final as the test says."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.playable import Range, Reader
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.gui.song_source import SongSource

RATE = 8000
Samples = NDArray[np.float32]


def a_sound(frames: int, seed: int) -> Samples:
    """float32 [2, frames] of noise."""
    return np.random.default_rng(seed).uniform(-0.8, 0.8, (2, frames)).astype(np.float32)


class HeldReader:
    """A `Reader` of samples in memory that notes what was read; it can be broken."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self.reads: list[Range] = []
        self.broken = False

    def read(self, start: int, frames: int) -> Samples:
        if self.broken:
            raise SourceError(ErrorCode.SOURCE_UNREADABLE, "broken by the test")
        self.reads.append((start, start + frames))
        result = np.zeros((2, frames), np.float32)
        part = self.samples[:, start : start + frames]
        result[:, : part.shape[1]] = part
        return result


@dataclass
class FakeSong:
    """The files, so to say; `playable` opens them."""

    frames: int = 100_000
    stems: tuple[str, ...] = ("vocals", "drums")
    ranges: tuple[Range, ...] = ()
    known: int = 0
    complete: bool = False
    has_original: bool = True
    opened: int = 0
    closed: int = 0
    readers: dict[str, HeldReader] = field(default_factory=dict)
    threads: set[int] = field(default_factory=set)
    hold: threading.Event | None = None  # opening waits for it

    def __post_init__(self) -> None:
        for seed, name in enumerate((*self.stems, "original")):
            self.readers[name] = HeldReader(a_sound(self.frames, seed))

    @classmethod
    def finished(cls, frames: int = 100_000) -> FakeSong:
        return cls(frames, ranges=((0, frames),), known=frames, complete=True)

    def finish(self) -> None:
        self.ranges, self.known, self.complete = ((0, self.frames),), self.frames, True

    def open(self) -> FakePlayable:
        if self.hold is not None:
            assert self.hold.wait(20)
        self.opened += 1
        self.threads.add(threading.get_ident())
        return FakePlayable(self)

    def source(self, job_id: str = "song", key: str = "key", live: bool = False) -> SongSource:
        return SongSource(job_id, None, self.stems, self.open, key, live)

    def amount_read(self, name: str) -> int:
        return sum(end - begin for begin, end in self.readers[name].reads)


class FakePlayable:
    """A `Playable` onto a `FakeSong`."""

    samplerate = RATE

    def __init__(self, song: FakeSong) -> None:
        self._song = song

    @property
    def stems(self) -> tuple[str, ...]:
        return self._song.stems

    @property
    def frames(self) -> int:
        return self._song.frames

    @property
    def complete(self) -> bool:
        return self._song.complete

    @property
    def known(self) -> int:
        return self._song.known

    @property
    def original(self) -> Reader | None:
        return self._song.readers["original"] if self._song.has_original else None

    def stem(self, name: str) -> Reader:
        return self._song.readers[name]

    def final(self) -> tuple[Range, ...]:
        return self._song.ranges

    def want(self, frame: int, speed: float = 0.0) -> None:
        pass

    def close(self) -> None:
        self._song.closed += 1
