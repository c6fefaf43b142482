"""What the player can play: a song's original and stems, some of which may not be there yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Range = tuple[int, int]
"""The frames from the first one to before the second one."""


class Reader(Protocol):
    """Where samples come from: a saved file, a cache, a running job's passes."""

    def read(self, start: int, frames: int) -> Samples:
        """float32 [2, frames] from frame `start` (>= 0); zeros beyond what there is. Raises
        `SourceError` or `ScratchError` for a file that is gone or damaged."""
        ...


class Playable(Protocol):
    """One song's sound at one samplerate, frame-aligned. One thread reads; what is known and
    final may grow meanwhile, by another thread. Nothing but a `Reader` raises."""

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems' names, in the model's order; none while they are not known."""
        ...

    @property
    def samplerate(self) -> int:
        """Hertz."""
        ...

    @property
    def frames(self) -> int:
        """The song's length: as declared, until `complete`."""
        ...

    @property
    def complete(self) -> bool:
        """Whether `frames` is the length as it is, and `known` will not grow any more."""
        ...

    @property
    def known(self) -> int:
        """So many frames of the original can be read; 0 where there is none."""
        ...

    @property
    def original(self) -> Reader | None:
        """The undivided song; None where it is not there any more."""
        ...

    def stem(self, name: str) -> Reader:
        """The stem of this name."""
        ...

    def final(self) -> tuple[Range, ...]:
        """The parts whose stems can be read and will not change, ordered, not touching."""
        ...

    def want(self, frame: int, speed: float = 0.0) -> None:
        """A person is at `frame`, and plays on from there at `speed` (1: the song's own), if not 0.
        Ask that the part is made final next where they then are. Returns at once."""
        ...

    def close(self) -> None:
        """Let the files go."""
        ...


OpenPlayable = Callable[[], Playable]
"""Opens a song; may take time. Raises `SourceError`, `ScratchError`."""
