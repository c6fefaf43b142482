"""Waveforms as pictures: one column for each device pixel, filled by numpy. Loaded on first use.

A picture holds a small number for each pixel; two tables make colours of them, one for what was
played and one for what was not. While it is scrolled only the columns that are new are filled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPixmap

from stemdesk.gui import theme
from stemdesk.gui.tokens import Colours

Samples = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Fill = Callable[[int, Pixels], None]
"""Fills uint8 [rows, columns], all 0, of which the first column has this number."""

CLEAR, GROUND, STRIPE, BETWEEN, PLAIN, LAYERS = range(6)
"""What a pixel shows: nothing, the hatched ground of an unfinished part, the original's waveform
there on a stripe and between two, the original without a hatch, and from LAYERS on the layers."""

UNPLAYED = 0.42
_STRIPE_PX = 4
_LINE_PX = 1.2  # so high is silence


class Picture:
    """The columns of a waveform that are in sight. Column n shows the n-th part of the song at
    this zoom, counted from the song's start, so that a column looks the same wherever it is."""

    def __init__(self, columns: int, rows: int, ratio: float) -> None:
        self.size = (columns, rows, ratio)
        stride = -(-columns // 4) * 4  # QImage's lines begin at multiples of 4 bytes
        self._memory: Pixels = np.zeros((rows, stride), np.uint8)
        self._pixels = self._memory[:, :columns]
        self._first: int | None = None
        self._pixmaps: tuple[QPixmap, QPixmap] | None = None
        self.filled = 0  # columns, ever

    def show(self, first: int, fill: Fill) -> None:
        """Have the columns from number `first` on; what is there already is moved along."""
        columns = self.size[0]
        shift = columns if self._first is None else first - self._first
        if shift == 0:
            return
        pixels = self._pixels
        self._first, self._pixmaps = first, None
        if abs(shift) >= columns:
            begin, end = 0, columns
        elif shift > 0:
            pixels[:, :-shift] = pixels[:, shift:]
            begin, end = columns - shift, columns
        else:
            pixels[:, -shift:] = pixels[:, :shift]
            begin, end = 0, -shift
        pixels[:, begin:end] = CLEAR
        fill(first + begin, pixels[:, begin:end])
        self.filled += end - begin

    def pixmaps(self, played: Sequence[int], unplayed: Sequence[int]) -> tuple[QPixmap, QPixmap]:
        """Coloured by two tables (`colour_table`)."""
        if self._pixmaps is None:
            self._pixmaps = (self._pixmap(played), self._pixmap(unplayed))
        return self._pixmaps

    def _pixmap(self, table: Sequence[int]) -> QPixmap:
        columns, rows, ratio = self.size
        stride = self._memory.shape[1]
        indexed = QImage(self._memory.data, columns, rows, stride, QImage.Format.Format_Indexed8)
        indexed.setColorTable(list(table))
        pixmap = QPixmap.fromImage(indexed)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def colour_table(layers: Sequence[str], share: float) -> tuple[int, ...]:
    """The colours of a picture's pixels as 0xAARRGGBB; `share` 1 for what was played."""
    return _colour_table(tuple(layers), share, theme.colours())


@lru_cache(maxsize=128)
def _colour_table(layers: tuple[str, ...], share: float, colours: Colours) -> tuple[int, ...]:
    well = colours.well
    strong = 1.0 if share == 1.0 else 0.62  # never more than what is finished
    parts = (0.14, strong, 0.45 * strong, 0.7 * strong)
    shown = [theme.mixed(colours.outline, well, part) for part in parts]
    shown += [theme.mixed(colour, well, share) for colour in layers]
    return (0, *(QColor(colour).rgba() for colour in shown))


def draw_shape(pixels: Pixels, peaks: Samples, kind: int, where: NDArray[np.bool_] | None) -> None:
    """Fill uint8 [rows, columns] with `kind` from the lowest to the highest of float32 [columns,
    2] within ±1; NaN draws nothing, silence a thin line. `where`: which columns only."""
    rows = pixels.shape[0]
    known = ~np.isnan(peaks[:, 0])
    if where is not None:
        known &= where
    if not known.any():
        return
    middle, half = rows / 2, rows / 2
    flat = np.where(known[:, None], peaks, 0.0).clip(-1.0, 1.0)
    thin = max(1.0, _LINE_PX / 2)
    top = np.rint(np.minimum(middle - flat[:, 1] * half, middle - thin / 2)).astype(np.int16)
    bottom = np.rint(np.maximum(middle - flat[:, 0] * half, top + 1)).astype(np.int16)
    bottom[~known] = top[~known] = 0
    y = np.arange(rows, dtype=np.int16)[:, None]
    first, last = int(top[known].min()), int(bottom.max())
    y = y[first:last]
    np.copyto(pixels[first:last], np.uint8(kind), where=(y >= top) & (y < bottom))


def hatch(pixels: Pixels, first: int, where: NDArray[np.bool_], ratio: float) -> None:
    """Stripes over the columns of uint8 [rows, columns] that are not finished: on the ground, and
    through the original's waveform (BETWEEN → STRIPE). The stripes move with the song."""
    if not where.any():
        return
    stripe = max(1, round(_STRIPE_PX * ratio))
    rows = np.arange(pixels.shape[0])[:, None]
    tile = (rows + np.arange(2 * stripe)) % (2 * stripe) < stripe
    numbers = first + np.arange(pixels.shape[1])
    striped = tile[:, numbers % (2 * stripe)] & where
    np.copyto(pixels, np.uint8(GROUND), where=striped & (pixels == CLEAR))
    np.copyto(pixels, np.uint8(STRIPE), where=striped & (pixels == BETWEEN))


def finished(
    first: int, columns: int, column_s: float, ranges_s: Sequence[tuple[float, float]]
) -> NDArray[np.bool_]:
    """Which of these columns are finished at their middle; the ranges are ordered."""
    middles = (first + 0.5 + np.arange(columns)) * column_s
    edges = np.array(ranges_s, np.float64).ravel()
    within: NDArray[np.bool_] = np.searchsorted(edges, middles, side="right") % 2 == 1
    return within


def known(layers: Sequence[Samples], columns: int) -> NDArray[np.bool_]:
    """In which of the columns something is known of at least one float32 [columns, 2]."""
    result = np.zeros(columns, np.bool_)
    for peaks in layers:
        result |= ~np.isnan(peaks[:, 0])
    return result
