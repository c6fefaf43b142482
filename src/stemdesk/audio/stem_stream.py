"""Several stems as one stream, at their own rate or resampled, in constant memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import soxr
from numpy.typing import NDArray

from stemdesk.audio.playable import Reader

BLOCK = 65_536
"""Frames of a block at most."""
_LEAD = 2048  # frames, of the lower rate: more than half of the longest filter

Samples = NDArray[np.float32]


class Together:
    """Several readers as one."""

    def __init__(self, readers: Sequence[Reader], frames: int) -> None:
        self._readers = readers
        self.count = len(readers)
        self.frames = frames

    def read(self, start: int, frames: int) -> Samples:
        """float32 [readers, 2, frames]; zeros beyond the song's end."""
        out = np.zeros((self.count, 2, frames), np.float32)
        there = min(frames, self.frames - start)
        if there > 0:
            for row, reader in enumerate(self._readers):
                out[row, :, :there] = reader.read(start, there)
        return out


class Resampled:
    """Stems at another rate, in order from frame `first` of that rate on."""

    def __init__(self, stems: Together, source: int, target: int, first: int) -> None:
        common = math.gcd(source, target)
        self._ratio = Fraction(source, target)
        lead = math.ceil(_LEAD * max(Fraction(1), self._ratio) / (source // common))
        turns = max(0, first // (target // common) - lead)  # times that both rates' frames met
        self._stems = stems
        self._next = turns * (source // common)  # to be read
        self._skip = first - turns * (target // common)
        self._flushed = False
        self._stream = soxr.ResampleStream(source, target, 2 * stems.count, "float32", "VHQ")
        self._done = np.zeros((0, 2 * stems.count), np.float32)

    def read(self, frames: int) -> Samples:
        """float32 [stems, 2, frames]; zeros after the end."""
        parts, have = [self._done], len(self._done)
        while have < frames and not self._flushed:
            part = self._turn(frames - have)
            parts.append(part)
            have += len(part)
        joined = np.concatenate(parts)
        joined, self._done = joined[:frames], joined[frames:].copy()
        out = np.zeros((2 * self._stems.count, frames), np.float32)
        out[:, : len(joined)] = joined.T
        return out.reshape(self._stems.count, 2, frames)

    def _turn(self, frames: int) -> Samples:
        """Some frames more, [frames, channels]: as many as asked for, or less."""
        left = max(0, self._stems.frames - self._next)
        take = min(BLOCK, left, math.ceil((frames + self._skip) * self._ratio) + 64)
        fresh = self._stems.read(self._next, take).reshape(-1, take).T
        self._next += take
        self._flushed = take == left
        out = self._stream.resample_chunk(np.ascontiguousarray(fresh), last=self._flushed)
        skipped = min(self._skip, len(out))
        self._skip -= skipped
        part: Samples = out[skipped:]
        return part
