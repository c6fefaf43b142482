"""Samples as bytes: what WAV and AIFF hold."""

from __future__ import annotations

import numpy as np

from stemdesk.audio.encode import Rounded


def interleaved(block: Rounded, bits: int, *, big_endian: bool = False) -> bytes:
    """[channels, frames] with integers in the upper bits (16, 24) or float32 (32) -> the bytes of
    whole frames, one after the other."""
    order = ">" if big_endian else "<"
    if bits == 32:
        floats: bytes = block.T.astype(f"{order}f4").tobytes()
        return floats
    if bits == 16:
        upper = block.T.astype(np.int32, copy=False) >> 16
        return upper.astype(f"{order}i2").tobytes()
    wide = np.ascontiguousarray(block.T, f"{order}i4").view(np.uint8).reshape(-1, 4)
    return wide[:, :3].tobytes() if big_endian else wide[:, 1:].tobytes()
