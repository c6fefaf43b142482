"""Hearing what a player plays, its render thread keeping up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.player import Player
from support.outputs import HandOutput

Samples = NDArray[np.float32]


def hear(player: Player, output: HandOutput, frames: int, block: int = 256) -> Samples:
    """float32 [2, frames] that the device is handed."""
    heard = []
    for start in range(0, frames, block):
        assert player.settle()
        heard.append(output.take(min(block, frames - start)))
    assert player.settle()
    return np.concatenate(heard, axis=1)


def steepest(samples: Samples) -> float:
    """The largest step from one frame to the next."""
    return float(np.abs(np.diff(samples, axis=1)).max())
