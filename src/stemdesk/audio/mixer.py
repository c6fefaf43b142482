"""The mixer: applies a `Remix` to blocks of a song's stems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.playable import Playable, Reader
from stemdesk.audio.remix import Remix

Samples = NDArray[np.float32]


class Mixer:
    """Adds stems up. Stems are frame-aligned: one `start` is asked of all.

    The mixer has no memory, so that any part can be mixed at any time (a seek, an export). A
    change of gain while playing is made smooth where two versions of a part meet: in the ring.
    """

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._readers = dict(readers)

    def read(self, start: int, frames: int, remix: Remix) -> Samples:
        """float32 [2, frames] of the remix from frame `start`, without the master's gain. Silent
        stems are not read.

        Raises what the readers raise: `SourceError` for a file that is gone or damaged.
        """
        return self.measure(start, frames, remix, ())[0]

    def measure(
        self, start: int, frames: int, remix: Remix, edges: Sequence[int]
    ) -> tuple[Samples, Samples]:
        """What `read` gives, and how loud each stem is in it: float32 [stems, parts], linear
        peaks of the parts that begin at `edges` (ascending, the first one 0)."""
        mixed = np.zeros((2, frames), dtype=np.float32)
        peaks = np.zeros((len(self._readers), len(edges)), dtype=np.float32)
        for row, (name, reader) in enumerate(self._readers.items()):
            sides = remix.sides(name)
            if any(sides):
                part = np.array(sides, np.float32)[:, None] * reader.read(start, frames)
                mixed += part
                if edges and frames:
                    np.maximum.reduceat(np.abs(part).max(axis=0), edges, out=peaks[row])
        return mixed, peaks


class SongMixer:
    """The mixer of a song whose stems may become known while it plays."""

    def __init__(self, song: Playable) -> None:
        self._song = song
        self._names: tuple[str, ...] = ()
        self._mixer = Mixer({})

    def measure(
        self, start: int, frames: int, remix: Remix, edges: Sequence[int]
    ) -> tuple[Samples, Samples]:
        """As `Mixer.measure`."""
        if self._names != self._song.stems:
            self._names = self._song.stems
            self._mixer = Mixer({name: self._song.stem(name) for name in self._names})
        return self._mixer.measure(start, frames, remix, edges)
