"""The mixer: applies a `Remix` to blocks of a song's stems."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.playable import Reader
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
        """float32 [2, frames] of the remix from frame `start`. Silent stems are not read.

        Raises what the readers raise: `SourceError` for a file that is gone or damaged.
        """
        mixed = np.zeros((2, frames), dtype=np.float32)
        for name, reader in self._readers.items():
            sides = remix.sides(name)
            if any(sides):
                mixed += np.array(sides, np.float32)[:, None] * reader.read(start, frames)
        return mixed
