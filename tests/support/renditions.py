"""Renditions for tests: songs in memory, and all of what comes out in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.finish import Finisher
from stemdesk.audio.listening import Listening
from stemdesk.audio.part_mix import part_mixes
from stemdesk.audio.rendition import Region, Rendition, SongSound, renditions
from stemdesk.core.export_order import Part
from stemdesk.core.progress import CancelToken
from support.playables import MemoryReader, MemorySong

Samples = NDArray[np.float32]


def sound_of(
    stems: dict[str, Samples], rate: int = 44100, original: Samples | None = None, to: int = 0
) -> SongSound:
    """Stems at `rate` to be rendered at `to`, with the original at that rate."""
    sound = SongSound.of(MemorySong(stems, rate))
    if original is None:
        return sound.at(to or rate)
    return sound.at(to or rate, MemoryReader(original), original.shape[1])


def rendition(
    sound: SongSound,
    parts: Sequence[str],
    listening: Listening | None = None,
    region: Region | None = None,
) -> Rendition:
    """The only one that these parts need."""
    wanted = [Part.of(part) for part in parts]
    mixes = part_mixes(wanted, tuple(sound.stems), listening or Listening(), tempo_and_key=True)
    (made,) = renditions(sound, mixes, region)
    return made


def all_stems(made: Rendition) -> Samples:
    """float32 [stems, 2, frames]."""
    blocks = [block.stems for block in made.blocks(CancelToken())]
    return np.concatenate(blocks, axis=2)


def finished(made: Rendition, finisher: Finisher) -> dict[str, NDArray[Any]]:
    """Each part, [2, frames]; integers in the steps of the finisher's depth, int64."""
    blocks = [finisher.finish(block) for block in made.blocks(CancelToken())]
    whole: NDArray[Any] = np.concatenate(blocks, axis=2)
    if finisher.bits != 32:
        assert not (whole & ((1 << (32 - finisher.bits)) - 1)).any()
        whole = whole.astype(np.int64) >> (32 - finisher.bits)
    return {part.name: row for part, row in zip(made.parts, whole, strict=True)}


def noise(frames: int, seed: int, level: float = 0.1) -> Samples:
    """float32 [2, frames] within ±level, another one on either side."""
    return np.random.default_rng(seed).uniform(-level, level, (2, frames)).astype(np.float32)
