"""Which sub-models run on which segments of a song, in which order, and what each pass weighs.

Pure arithmetic, no torch. The segments and weights are those of `demucs.apply.apply_model` with
`split=True, transition_power=1`: segments start every `int((1 - overlap) · length)` frames, each
weighted by a triangle, divided by the sum of all weights at a frame. With shifts the song is
separated several times, each time begun a little before its first frame, and averaged, as demucs
does; its random offsets are fixed ones here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.store import Piece
from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.arguments import HTDEMUCS, MAX_NFFT, segment_frames
from stemdesk.models.library import ModelInfo

MAX_SHIFT_S = 0.5  # demucs.apply.apply_model


@dataclass(frozen=True, slots=True)
class Pass:
    """One forward call: `grid` (index of `Outline.grids`) at its segment number `segment`,
    counted from the grid's origin. `piece`: where its result lies."""

    piece: Piece
    grid: int
    segment: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One sub-model's segments in one of its rounds through the song: `length` frames, one every
    `stride` frames, the first from frame `-lead` on.

    `model`: index of `ModelInfo.files`. `stems`: what its passes hold; `shares`: its part in each
    of them, 0 to 1. `margin`: so many frames after a segment the network may hear, too.
    """

    name: str
    model: int
    length: int
    stride: int
    lead: int
    margin: int
    stems: tuple[str, ...]
    shares: tuple[float, ...]

    def start(self, segment: int) -> int:
        """First frame of a segment; negative where it begins before the song does."""
        return segment * self.stride - self.lead

    @property
    def first(self) -> int:
        """The first segment that reaches into the song."""
        return max(0, (self.lead - self.length) // self.stride + 1)

    def end(self, frames: int) -> int:
        """The number after the last segment of a song of `frames`."""
        return -(-(frames + self.lead) // self.stride)

    def ready(self, frames: int) -> int:
        """The number after the last segment that is certain once the first `frames` of a song are
        known, however it goes on."""
        known = frames + self.lead - self.length - self.margin
        return max(self.first, known // self.stride + 1)

    def piece_name(self, segment: int) -> str:
        """Names the result of a segment."""
        return f"{self.name}-{segment:06}"

    def piece(self, segment: int, frames: int) -> Piece:
        """The part of a song of `frames` that a segment covers."""
        start = self.start(segment)
        first, end = max(0, start), min(start + self.length, frames)
        return Piece(self.piece_name(segment), first, end - first, self.stems)

    def weights(self, segment: int, frames: int) -> NDArray[np.float32]:
        """[frames]: a segment's weight over the sum of all segments' weights, from its first frame
        inside of the song on. Not to be written to.

        Over the segments of one grid they add up to 1 at every frame of the song.
        """
        reach = (self.length - 1) // self.stride  # so many neighbours on each side overlap
        before = min(segment, reach)
        hidden = max(0, -self.start(segment))
        return _weights(self.length, self.stride, before, hidden, frames)


@lru_cache(maxsize=8)
def _weights(
    length: int, stride: int, before: int, hidden: int, frames: int
) -> NDArray[np.float32]:
    """The weights of a segment's frames `hidden` to `hidden + frames`, with `before` segments in
    front of it."""
    triangle = _triangle(length)
    end = hidden + frames
    total = np.zeros(end)
    reach = (length - 1) // stride
    for other in range(-before, reach + 1):
        shift = other * stride
        first, last = max(0, shift), min(end, shift + length)
        if first < last:
            total[first:last] += triangle[first - shift : last - shift]
    weights: NDArray[np.float32] = (triangle[hidden:end] / total[hidden:]).astype(np.float32)
    weights.flags.writeable = False
    return weights


def _triangle(length: int) -> NDArray[np.float64]:
    """Weights [length] of a segment's frames: 1, 2, … up to the middle and down to 1."""
    half = length // 2
    rise = np.arange(1, half + 1, dtype=np.float64)
    fall = np.arange(length - half, 0, -1, dtype=np.float64)
    return np.concatenate([rise, fall])


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a separation before the song's length is. `stems`: the wanted ones in the
    model's order. Grids without weight in a wanted stem are left out."""

    stems: tuple[str, ...]
    samplerate: int
    grids: tuple[Grid, ...]

    def count(self, frames: int) -> int:
        """How many passes a song of `frames` needs."""
        return sum(max(0, grid.end(frames) - grid.first) for grid in self.grids)

    def passes(self, grid: int, first: int, end: int, frames: int) -> Iterator[Pass]:
        """A grid's segments `first` to below `end` over a song of `frames`."""
        for segment in range(first, end):
            yield Pass(self.grids[grid].piece(segment, frames), grid, segment)

    def weights(self, item: Pass) -> NDArray[np.float32]:
        """[stems of the piece, 1, frames of the piece]: what a pass is multiplied by so that all
        passes together add up to the stems."""
        grid = self.grids[item.grid]
        shares = np.array(grid.shares, dtype=np.float32)
        return shares[:, None, None] * grid.weights(item.segment, item.piece.frames)


@dataclass(frozen=True, slots=True)
class Plan:
    """All passes of a song of `frames` in the order in which they are done."""

    outline: Outline
    passes: tuple[Pass, ...]
    frames: int

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Where the passes' results lie, in the order in which readers add them."""
        return tuple(item.piece for item in self.passes)


def make_plan(outline: Outline, frames: int) -> Plan:
    """Every pass over a song of `frames`, ordered by where it starts."""
    if frames < 1:
        raise ValueError(f"a song of {frames} frames")
    passes = [
        one
        for index, grid in enumerate(outline.grids)
        for one in outline.passes(index, grid.first, grid.end(frames), frames)
    ]
    passes.sort(key=by_time)
    return Plan(outline, tuple(passes), frames)


def by_time(item: Pass) -> tuple[int, int, int]:
    """Sorts passes from the song's start on, those of one place together."""
    return item.piece.start, item.grid, item.segment


def make_outline(
    model: ModelInfo, stems: tuple[str, ...], overlap: float, shifts: int = 0
) -> Outline:
    """Outline the separation into `stems` (empty: all of the model's).

    `overlap`: share of a segment that the next one repeats, 0 to below 1. `shifts`: rounds
    through the song, begun at fixed places up to half a second before it; 0 for one round from
    its first frame on. Raises `ModelError(STEM_UNKNOWN)` with the facts `stem` and `known`.
    """
    if not 0 <= overlap < 1:
        raise ValueError(f"overlap {overlap}")
    wanted = _wanted(model, stems)
    grids = [
        _grid(model, index, wanted, overlap, name, lead, max(1, shifts))
        for index in range(len(model.files))
        for name, lead in _rounds(index, model.samplerate, shifts)
    ]
    return Outline(wanted, model.samplerate, tuple(grid for grid in grids if grid.stems))


def _wanted(model: ModelInfo, stems: tuple[str, ...]) -> tuple[str, ...]:
    for stem in stems:
        if stem not in model.sources:
            raise ModelError(ErrorCode.STEM_UNKNOWN, stem=stem, known=", ".join(model.sources))
    return tuple(source for source in model.sources if source in stems or not stems)


def _rounds(index: int, samplerate: int, shifts: int) -> list[tuple[str, int]]:
    """Name and lead, in frames, of each round of the sub-model `index` through the song."""
    if not shifts:
        return [(f"m{index}", 0)]
    most = int(MAX_SHIFT_S * samplerate)
    return [(f"m{index}s{number}", most - number * most // shifts) for number in range(shifts)]


def _grid(
    model: ModelInfo,
    index: int,
    wanted: tuple[str, ...],
    overlap: float,
    name: str,
    lead: int,
    rounds: int,
) -> Grid:
    length = segment_frames(model.segment_of(index), model.samplerate)
    columns = {stem: model.sources.index(stem) for stem in wanted}
    parts = {
        stem: model.weights[index][column] / sum(row[column] for row in model.weights) / rounds
        for stem, column in columns.items()
        if model.weights[index][column] > 0
    }
    return Grid(
        name=name,
        model=index,
        length=length,
        stride=max(1, int((1 - overlap) * length)),
        lead=lead,
        # An HTDemucs hears its segment; others may be given more, where that is very short.
        margin=0 if model.files[index].klass == HTDEMUCS else MAX_NFFT,
        stems=tuple(parts),
        shares=tuple(parts.values()),
    )
