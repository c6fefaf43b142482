"""Which sub-models run on which segments of a song, in which order, and what each pass weighs.

Pure arithmetic, no torch. The segments and weights are those of `demucs.apply.apply_model` with
`shifts=0, split=True, transition_power=1`: segments start every `int((1 - overlap) · length)`
frames, each weighted by a triangle, divided by the sum of all weights at a frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.store import Piece
from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.arguments import segment_frames
from stemdesk.models.library import ModelInfo


@dataclass(frozen=True, slots=True)
class Pass:
    """One forward call: sub-model `model` (index of `ModelInfo.files`) on its segment number
    `segment`, counted from the song's start. `piece`: where its result lies."""

    piece: Piece
    model: int
    segment: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A sub-model's segments: `length` frames, one every `stride` frames."""

    length: int
    stride: int

    def triangle(self) -> NDArray[np.float64]:
        """Weights [length] of a segment's frames: 1, 2, … up to the middle and down to 1."""
        half = self.length // 2
        rise = np.arange(1, half + 1, dtype=np.float64)
        fall = np.arange(self.length - half, 0, -1, dtype=np.float64)
        return np.concatenate([rise, fall])


@dataclass(frozen=True, slots=True)
class Plan:
    """All passes of a job. `stems`: the wanted ones in the model's order. `frames`: of the song.
    `grids`: [files]. `shares`: [files][stems], a sub-model's part in a stem, 0 to 1."""

    passes: tuple[Pass, ...]
    stems: tuple[str, ...]
    frames: int
    samplerate: int
    grids: tuple[Grid, ...]
    shares: tuple[tuple[float, ...], ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Where the passes' results lie, in the order in which readers add them."""
        return tuple(item.piece for item in self.passes)

    def weights(self, item: Pass) -> NDArray[np.float32]:
        """[frames of the piece]: this segment's weight over the sum of all segments' weights.

        Over the segments of one sub-model they add up to 1 at every frame of the song.
        """
        grid, frames = self.grids[item.model], item.piece.frames
        triangle = grid.triangle()
        total = np.zeros(frames)
        reach = (grid.length - 1) // grid.stride  # so many neighbours on each side overlap
        for other in range(max(0, item.segment - reach), item.segment + reach + 1):
            shift = (other - item.segment) * grid.stride
            first, last = max(0, shift), min(frames, shift + grid.length)
            if first < last:
                total[first:last] += triangle[first - shift : last - shift]
        return (triangle[:frames] / total).astype(np.float32)

    def stem_shares(self, item: Pass) -> NDArray[np.float32]:
        """[stems of the piece]: the sub-model's part in each stem that the piece holds."""
        shares = dict(zip(self.stems, self.shares[item.model], strict=True))
        return np.array([shares[stem] for stem in item.piece.stems], dtype=np.float32)


def make_plan(model: ModelInfo, stems: tuple[str, ...], frames: int, overlap: float) -> Plan:
    """Plan the separation of `frames` frames into `stems` (empty: all of the model's).

    `overlap`: share of a segment that the next one repeats, 0 to below 1. Sub-models without
    weight in any wanted stem are left out. Passes are ordered by where they start in the song,
    so that all sub-models of a segment run together.
    Raises `ModelError(STEM_UNKNOWN)` with the facts `stem` and `known`.
    """
    if frames < 1 or not 0 <= overlap < 1:
        raise ValueError(f"{frames} frames, overlap {overlap}")
    wanted = _wanted(model, stems)
    grids = tuple(_grid(model, index, overlap) for index in range(len(model.files)))
    shares = _shares(model, wanted)
    passes = [
        one
        for index, (grid, row) in enumerate(zip(grids, shares, strict=True))
        for one in _passes(index, grid, _used(wanted, row), frames)
    ]
    passes.sort(key=lambda one: (one.piece.start, one.model))
    return Plan(tuple(passes), wanted, frames, model.samplerate, grids, shares)


def _wanted(model: ModelInfo, stems: tuple[str, ...]) -> tuple[str, ...]:
    for stem in stems:
        if stem not in model.sources:
            raise ModelError(ErrorCode.STEM_UNKNOWN, stem=stem, known=", ".join(model.sources))
    return tuple(source for source in model.sources if source in stems or not stems)


def _grid(model: ModelInfo, index: int, overlap: float) -> Grid:
    length = segment_frames(model.segment_of(index), model.samplerate)
    return Grid(length, max(1, int((1 - overlap) * length)))


def _shares(model: ModelInfo, wanted: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
    columns = [model.sources.index(stem) for stem in wanted]
    totals = [sum(row[column] for row in model.weights) for column in columns]
    return tuple(
        tuple(row[column] / total for column, total in zip(columns, totals, strict=True))
        for row in model.weights
    )


def _used(wanted: tuple[str, ...], shares: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(stem for stem, share in zip(wanted, shares, strict=True) if share > 0)


def _passes(index: int, grid: Grid, stems: tuple[str, ...], frames: int) -> list[Pass]:
    if not stems:
        return []
    return [
        Pass(
            Piece(f"m{index}-{number:06}", start, min(grid.length, frames - start), stems),
            model=index,
            segment=number,
        )
        for number, start in enumerate(range(0, frames, grid.stride))
    ]
