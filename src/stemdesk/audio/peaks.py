"""The overview of a sound file that the window draws: its lowest and highest sample per bucket."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.reader import StemReader
from stemdesk.core.progress import CancelToken

BLOCK_FRAMES = 1 << 17

Samples = NDArray[np.float32]


def overview(path: Path, buckets: int, cancel: CancelToken) -> Samples:
    """float32 [buckets, 2]: minimum and maximum over both channels of `buckets` equal parts.

    Bucket i covers the frames f with f · buckets // frames = i; in a file with fewer frames than
    buckets some have none and repeat the one before. Read in blocks, in constant memory.
    Raises `SourceError` (see `StemReader`) and `Cancelled`.
    """
    with StemReader(path) as reader:
        result = np.zeros((buckets, 2), dtype=np.float32)
        seen = np.zeros(buckets, dtype=bool)
        for start in range(0, reader.frames, BLOCK_FRAMES):
            cancel.check()
            block = reader.read(start, min(BLOCK_FRAMES, reader.frames - start))
            index = (start + np.arange(block.shape[1], dtype=np.int64)) * buckets // reader.frames
            firsts = np.flatnonzero(np.diff(index, prepend=-1))
            inside = index[firsts]
            low = np.minimum.reduceat(block.min(axis=0), firsts)
            high = np.maximum.reduceat(block.max(axis=0), firsts)
            known = seen[inside]  # only the first bucket can have begun in an earlier block
            result[inside, 0] = np.where(known, np.minimum(result[inside, 0], low), low)
            result[inside, 1] = np.where(known, np.maximum(result[inside, 1], high), high)
            seen[inside] = True
    if not seen.any():
        return result
    last_seen = np.maximum.accumulate(np.where(seen, np.arange(buckets), 0))
    return result[last_seen]
