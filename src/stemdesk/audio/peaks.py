"""What waveforms are drawn from: the lowest and highest samples of a sound at several scales.

A `Pyramid` keeps them for each 128 frames and, level by level, for four times as many; drawing any
part at any zoom looks at a few values for each column (the way sound editors do it, such as
Audacity's block summaries). Filled block by block, in any order, beside the audio.
"""

from __future__ import annotations

import contextlib
import json
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.playable import Range
from stemdesk.core.files import replace_file

BASE_FRAMES = 128
FACTOR = 4
MOST_BUCKETS = 1 << 22
"""Songs that are longer than so many buckets (3 h 20) have coarser ones; …"""
COARSEST_FRAMES = BASE_FRAMES * FACTOR**2
"""… up to this: a day has two million. Headers lie, and a short song is to be drawn, too."""
_EXPECTED_BUCKETS = 1 << 20  # room that is made at once; the declared length may be a lie
LEVELS = 7
_CHUNK = FACTOR ** (LEVELS - 1)  # every level holds whole buckets of the next one
FULL = 4.0
"""Values are kept in steps of FULL / 32767 (-78 dB), rounded outwards; louder ones are cut off."""
_STEP = FULL / 32767
_DETAIL = 4  # buckets for each column at least: how precise a column's edges are
_MAGIC = b"StemDesk peaks 1\n"

Samples = NDArray[np.float32]
_Values = NDArray[np.int16]
_NOTHING_LOW, _NOTHING_HIGH = 32767, -32768  # the neutral ones of minimum and maximum


class Pyramid:
    """The peaks of one stem or song, over both channels.

    Takes 4 bytes for each bucket of 128 frames and a third on top: 20 MB for three hours at
    44.1 kHz, six lanes 119 MB; four minutes 0.4 MB. One thread adds while another one looks.
    """

    def __init__(self, samplerate: int, frames: int = 0) -> None:
        """`frames`: so many are expected; it grows where there are more."""
        self.samplerate = samplerate
        self.base = BASE_FRAMES  # frames of a bucket
        while self.base < COARSEST_FRAMES and frames > MOST_BUCKETS * self.base:
            self.base *= FACTOR
        self._lock = threading.Lock()
        self._ranges: tuple[Range, ...] = ()
        self._low: list[_Values] = [np.empty(0, np.int16) for _ in range(LEVELS)]
        self._high: list[_Values] = [np.empty(0, np.int16) for _ in range(LEVELS)]
        self._reserve(min(-(-frames // self.base), _EXPECTED_BUCKETS))

    @property
    def nbytes(self) -> int:
        """The memory that it takes, in bytes."""
        return sum(values.nbytes for values in (*self._low, *self._high))

    @property
    def loudest(self) -> float:
        """The largest magnitude that is known, linear; 0 where nothing is."""
        with self._lock:
            low, high = self._low[-1], self._high[-1]
            known = low <= high
            if not known.any():
                return 0.0
            return float(max(-int(low[known].min()), int(high[known].max()), 0)) * _STEP

    def covers(self) -> tuple[Range, ...]:
        """The frames that were added, ordered, not touching."""
        return self._ranges

    def add(self, first_frame: int, samples: Samples) -> None:
        """Take float32 [channels, frames] that begin at `first_frame`; what is not a number
        counts as silence. What was added before is added again without harm."""
        frames = samples.shape[1]
        if not frames:
            return
        begin = first_frame // self.base
        low, high = _reduced(samples, first_frame % self.base, self.base)
        with self._lock:
            end = begin + len(low)
            self._reserve(end)
            for kept, new, pick in ((self._low, low, np.minimum), (self._high, high, np.maximum)):
                pick(kept[0][begin:end], new, out=kept[0][begin:end])
            self._raise(begin, end)
            self._ranges = joined((*self._ranges, (first_frame, first_frame + frames)))

    def view(self, first: float, last: float, columns: int) -> Samples:
        """float32 [columns, 2]: lowest and highest sample of `columns` equal parts of the frames
        from `first` to before `last`; NaN where nothing is known.

        Column i covers every frame f with i <= (f - first) · columns / (last - first) < i + 1, and
        at each edge less than one bucket more: `base` frames, or a quarter of the column.
        """
        result = np.full((columns, 2), np.nan, np.float32)
        step = (last - first) / columns if columns else 0.0
        if step <= 0.0:
            return result
        level = _level(step, self.base)
        size = self.base * FACTOR**level
        edges = first + np.arange(columns + 1) * step
        begins = np.floor(edges[:-1] / size).astype(np.int64)
        ends = np.maximum(np.ceil(edges[1:] / size).astype(np.int64), begins + 1)
        with self._lock:
            there = len(self._low[level])
            inside = np.flatnonzero((ends > 0) & (begins < there))
            if not len(inside):
                return result
            begins, ends = begins[inside].clip(0), ends[inside].clip(max=there)
            offset, stop = int(begins[0]), int(ends[-1])
            low = self._low[level][offset:stop].copy()
            high = self._high[level][offset:stop].copy()
        pairs = np.stack((begins - offset, ends - offset), axis=1).ravel()
        # reduceat wants an element at each index: one more, that changes nothing
        lowest = np.minimum.reduceat(np.append(low, np.int16(_NOTHING_LOW)), pairs)[::2]
        highest = np.maximum.reduceat(np.append(high, np.int16(_NOTHING_HIGH)), pairs)[::2]
        known = lowest <= highest
        result[inside[known], 0] = lowest[known] * np.float32(_STEP)
        result[inside[known], 1] = highest[known] * np.float32(_STEP)
        return result

    # Inside; under the lock

    def _reserve(self, buckets: int) -> None:
        """Room for so many buckets of the base level."""
        there = len(self._low[0])
        if buckets <= there:
            return
        if there:
            buckets = max(buckets, there + there // 4)  # it grows: not for each block again
        chunks = -(-buckets // _CHUNK)
        for level in range(LEVELS):
            wanted = chunks * _CHUNK // FACTOR**level
            for values, empty in ((self._low, _NOTHING_LOW), (self._high, _NOTHING_HIGH)):
                more = np.full(wanted - len(values[level]), empty, np.int16)
                values[level] = np.concatenate((values[level], more))

    def _raise(self, begin: int, end: int) -> None:
        """Bring every level above the base up to date for these buckets of the base."""
        for level in range(1, LEVELS):
            begin, end = begin // FACTOR, -(-end // FACTOR)
            part = slice(begin * FACTOR, end * FACTOR)
            below = self._low[level - 1][part].reshape(-1, FACTOR)
            self._low[level][begin:end] = below.min(axis=1)
            below = self._high[level - 1][part].reshape(-1, FACTOR)
            self._high[level][begin:end] = below.max(axis=1)

    # Cache files

    def save(self, path: Path) -> None:
        """Write it at once, or not at all. Raises `OSError`."""
        with self._lock:
            used = -(-self._ranges[-1][1] // self.base) if self._ranges else 0
            body = self._low[0][:used].astype("<i2").tobytes()
            body += self._high[0][:used].astype("<i2").tobytes()
            head = {
                "samplerate": self.samplerate,
                "base": self.base,
                "buckets": used,
                "ranges": self._ranges,
            }
        text = json.dumps(head).encode() + b"\n"
        check = zlib.crc32(body, zlib.crc32(text))
        replace_file(path, _MAGIC + b"%08x\n" % check + text + body)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """What `save` wrote; None where there is no such file, or a damaged one."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            data = path.read_bytes()
            if not data.startswith(_MAGIC):
                return None
            start = len(_MAGIC) + 9
            if int(data[len(_MAGIC) : start], 16) != zlib.crc32(memoryview(data)[start:]):
                return None
            text = data[start : data.index(b"\n", start) + 1]
            head = json.loads(text)
            values = np.frombuffer(data, "<i2", offset=start + len(text)).reshape(2, -1)
            made, used = cls(int(head["samplerate"])), values.shape[1]
            made.base = int(head.get("base", BASE_FRAMES))
            made._reserve(used)
            made._low[0][:used], made._high[0][:used] = values
            made._raise(0, used)
            made._ranges = joined((int(a), int(b)) for a, b in head["ranges"])
            return made
        return None


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same frames as ordered ranges that do not touch; empty ones are left out."""
    result: list[Range] = []
    for begin, end in sorted(r for r in ranges if r[0] < r[1]):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return tuple(result)


def without(ranges: Iterable[Range], taken: Iterable[Range]) -> tuple[Range, ...]:
    """What of `ranges` is not in `taken`, ordered, not touching."""
    result: list[Range] = []
    gaps = joined(taken)
    for begin, end in joined(ranges):
        place = begin
        for other_begin, other_end in gaps:
            if other_end <= place or other_begin >= end:
                continue
            result.append((place, other_begin))
            place = other_end
        result.append((place, end))
    return joined(result)


def _level(step: float, base: int) -> int:
    """The coarsest level with `_DETAIL` buckets in `step` frames."""
    level = 0
    while level + 1 < LEVELS and base * FACTOR ** (level + 1) * _DETAIL <= step:
        level += 1
    return level


def _reduced(samples: Samples, phase: int, base: int) -> tuple[_Values, _Values]:
    """Lowest and highest of float32 [channels, frames] for each bucket of `base` frames, as they
    are kept; the first frame is the `phase`-th of its bucket."""
    low, high = samples.min(axis=0), samples.max(axis=0)
    buckets = -(-(phase + len(low)) // base)
    lead, rest = phase, buckets * base - phase - len(low)
    if lead or rest:  # a bucket that is not full: its first or last value once more
        low, high = (np.pad(values, (lead, rest), mode="edge") for values in (low, high))
    lowest = low.reshape(buckets, base).min(axis=1)
    highest = high.reshape(buckets, base).max(axis=1)
    return _kept(np.floor, lowest), _kept(np.ceil, highest)


def _kept(round_outwards: np.ufunc, values: Samples) -> _Values:
    steps = np.nan_to_num(values, nan=0.0, posinf=FULL, neginf=-FULL) / np.float32(_STEP)
    kept: _Values = round_outwards(steps).clip(-32767, 32767).astype(np.int16)
    return kept
