"""From a rendition's stems to what files hold: sums, gain, limiting, dither, rounding.

Everything is measured on the way: peaks, what was too loud, how the stems null with the song.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.dither import Dither
from stemdesk.audio.encode import Rounded, peak, rounded
from stemdesk.audio.exact_sum import REST, NullMeter, sample_range, sum_to_mix
from stemdesk.audio.guard import KNEE, guard
from stemdesk.audio.part_mix import PartMix
from stemdesk.audio.remix import amplitude
from stemdesk.audio.rendition import Block, Rendition
from stemdesk.core.export_order import Clipping
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import CancelToken

ORIGINAL = "original"
DITHERED_BITS = 16
ROOM_DB = 0.01
"""So much below full scale a shared gain brings the loudest sample: six stems' rounding and dither
at 16 bits, which the rest takes up, is less."""

Samples = NDArray[np.float32]


class Finisher:
    """Makes a rendition's parts for files of `bits` bits (32: floats, also for lossy formats).

    `gain_db`: of everything (`shared_gain_db`). `complete`: the rendition's stems are all that the
    model has; where it has the original, too, the null depth is measured. `exact_sum`: the stems
    sum to the original times the gain, rounded to these bits, at every sample (`exact_sum.py`), and
    other plain parts are sums of these stems: vocals and instrumental are the song bit for bit, and
    a residual is silence. Where the stems are not `complete` they stay as separated, and an
    instrumental that is the original minus the vocals gives it with them, too. Needs the original.
    Remixes are made of the stems as separated, as the player does.

    Dither (TPDF, ±1 step; at 16 bits only) is another one for each part and the same each time.
    Blocks that 16 bits can hold as they are get none: a CD's song stays bit for bit what it is.

    Clipping: OFF and SHARED cut integers at full scale; LIMIT bends every part as `guard` does.
    """

    def __init__(
        self,
        rendition: Rendition,
        bits: int,
        *,
        exact_sum: bool = False,
        complete: bool = False,
        dither: bool = True,
        clipping: Clipping = Clipping.SHARED,
        gain_db: float = 0.0,
    ) -> None:
        if exact_sum and clipping is Clipping.LIMIT:
            raise ValueError("limited stems do not sum to the song")
        self.parts = rendition.parts
        self.bits = bits
        self._stems = rendition.stems
        self._rest = self._stems.index(REST) if REST in self._stems else None
        self._exact_sum = exact_sum and any(part.plain for part in self.parts)
        self._complete = complete
        self._limited = clipping is Clipping.LIMIT
        self._gain = np.float32(amplitude(gain_db))
        self._dither = Dither(bits) if dither and bits == DITHERED_BITS else None
        self._meter = NullMeter(bits)
        self._measured = False
        self._peaks = [0.0] * len(self.parts)
        self._touched = [0] * len(self.parts)
        self._song_peak = 0.0

    @property
    def peaks(self) -> tuple[float, ...]:
        """Of each part so far: the largest sample before it was bent or cut, linear; after the
        gain."""
        return tuple(self._peaks)

    @property
    def touched(self) -> tuple[int, ...]:
        """Of each part so far: how many samples were bent or cut, both channels together. Floats
        are not cut."""
        return tuple(self._touched)

    @property
    def song_peak(self) -> float:
        """Of the original so far, linear, after the gain: above 1, integers cut it before the stems
        are made to sum to it. 0 where they are not."""
        return self._song_peak

    @property
    def null_depth(self) -> NullDepth | None:
        """Of all blocks so far; None where it is not measured."""
        return self._meter.depth() if self._measured else None

    def finish(self, block: Block) -> Rounded:
        """The parts of the next block, [parts, 2, frames]: int32 with the sample in the upper bits,
        or float32 for 32 bits."""
        stems, mix = self._rounded_stems(block)
        dtype = np.float32 if self.bits == 32 else np.int32
        out: Rounded = np.empty((len(self.parts), 2, block.frames), dtype)
        for index, part in enumerate(self.parts):
            if self._exact_sum and part.plain:
                out[index] = self._exact(index, block, stems, mix)
            else:
                out[index] = self._free(index, block, stems, mix)
        return out

    def _rounded_stems(self, block: Block) -> tuple[Rounded | None, Rounded | None]:
        """All stems and the song as the files hold them, where they have to be known together."""
        if block.original is None:
            if self._exact_sum:
                raise ValueError("there is no original to sum to")
            return None, None
        if not (self._exact_sum or self._complete):
            return None, None
        song = self._gained(block.original)
        mix = self._round(ORIGINAL, song)
        if self._exact_sum:
            self._song_peak = max(self._song_peak, peak(song))
        each = [self._gained(stem) for stem in block.stems]
        if self._limited:
            each = [guard(stem) for stem in each]
        pairs = zip(self._stems, each, strict=True)
        rows = [self._round(name, stem) for name, stem in pairs]
        plain = np.stack(rows) if rows else np.empty((0, *mix.shape), mix.dtype)
        if not self._complete:
            return plain, mix
        saved = sum_to_mix(plain, mix, self._rest, self.bits) if self._exact_sum else plain
        self._meter.add(mix, plain, saved)
        self._measured = True
        return saved, mix

    def _exact(
        self, index: int, block: Block, stems: Rounded | None, mix: Rounded | None
    ) -> Rounded:
        """A part as a sum of what the files hold."""
        assert stems is not None and mix is not None
        part = self.parts[index]
        wide: Any = np.float64 if self.bits == 32 else np.int64
        total = mix.astype(wide) * wide(part.original)
        for name, left, right in part.sides:
            total += np.array(((left,), (right,))).astype(wide) * stems[self._stems.index(name)]
        low, high = sample_range(self.bits)
        over = (total < low) | (total > high)
        full = 1.0 if self.bits == 32 else float(1 << 31)
        self._note(index, float(np.abs(total).max(initial=0)) / full, int(over.sum()))
        before: Samples | None = None  # what was cut is not in the sum any more
        if _is_song(part):
            before = block.original
        elif part.stem and not (self._complete and part.stem == REST):
            before = block.stems[self._stems.index(part.stem)]
        if before is not None:
            before = self._gained(before)
            self._note(index, peak(before), self._too_loud(before))
        cut: Rounded = np.clip(total, low, high).astype(mix.dtype)
        return cut

    def _free(
        self, index: int, block: Block, stems: Rounded | None, mix: Rounded | None
    ) -> Rounded:
        """A part by itself, rounded once."""
        part = self.parts[index]
        samples = mixed(part, self._stems, block)
        if part.heard:
            self._note(index, 0.0, int((np.abs(samples) > KNEE).sum()))
            samples = guard(samples)
        samples = self._gained(samples)
        self._note(index, peak(samples), 0)
        if self._limited and not part.heard:
            self._note(index, 0.0, int((np.abs(samples) > KNEE).sum()))
            samples = guard(samples)
        elif not part.heard:
            self._note(index, 0.0, self._too_loud(samples))
        if part.stem and part.name == part.stem and stems is not None:
            known: Rounded = stems[self._stems.index(part.stem)]
            return known
        if _is_song(part) and mix is not None and not self._limited:
            return mix
        return self._round(part.name, samples)

    def _gained(self, samples: Samples) -> Samples:
        return samples if self._gain == 1.0 else samples * self._gain

    def _round(self, name: str, samples: Samples) -> Rounded:
        if self._dither is None:
            return rounded(samples, self.bits)
        return self._dither.round(name, samples)

    def _too_loud(self, samples: Samples) -> int:
        return 0 if self.bits == 32 else int((np.abs(samples) > 1.0).sum())

    def _note(self, index: int, loudest: float, touched: int) -> None:
        self._peaks[index] = max(self._peaks[index], loudest)
        self._touched[index] += touched


def _is_song(part: PartMix) -> bool:
    """Whether it is the undivided song, and nothing else."""
    return part.plain and not part.sides and part.original == 1.0


def mixed(part: PartMix, stems: Sequence[str], block: Block) -> Samples:
    """float32 [2, frames] of a part as the player's mixer adds it up, not bent."""
    total = np.zeros((2, block.frames), np.float32)
    for name, left, right in part.sides:
        total += np.array((left, right), np.float32)[:, None] * block.stems[stems.index(name)]
    if part.original:
        if block.original is None:
            raise ValueError(f"there is no original for {part.name}")
        total += np.float32(part.original) * block.original
    master = np.float32(amplitude(part.master_db))
    return total if master == 1.0 else total * master


def shared_gain_db(
    renditions: Sequence[Rendition],
    *,
    exact_sum: bool = False,
    complete: bool = True,
    report: Callable[[float], None] = lambda _: None,
    cancel: CancelToken,
) -> float:
    """The gain, in dB at most 0 and to hundredths, with which no sample of any part is above full
    scale, nor of the song that exact stems sum to; 0 where none is. `exact_sum`, `complete`: as for
    the `Finisher`s. All renditions are gone through once; `report`: the fraction that is done.
    Raises as `Rendition.blocks`."""
    # what is heard as in the player is bent below full scale already
    to_measure = [one for one in renditions if not all(part.heard for part in one.parts)]
    total = sum(one.frames for one in to_measure)
    loudest, done = 0.0, 0
    for rendition in to_measure:
        finisher = Finisher(
            rendition,
            32,
            exact_sum=exact_sum,
            complete=exact_sum and complete,
            clipping=Clipping.OFF,
        )
        for block in rendition.blocks(cancel):
            finisher.finish(block)
            done += block.frames
            report(done / total)
        loudest = max(loudest, finisher.song_peak, *finisher.peaks)
    if loudest <= 1.0:
        return 0.0
    return math.floor(-100 * (20 * math.log10(loudest) + ROOM_DB)) / 100
