"""Stems that sum to the mix, and how far from it those are that were left as separated.

All of it is done on samples as files hold them (`encode.rounded`), so that whoever adds up the
files gets what was added up here. The mix is the reference: the decoded song, rounded once to the
same depth and, by integers, clipped.

Integers (16 and 24 bits): the stems' sum equals the mix at every sample, bit for bit. One stem,
"other", becomes the mix minus the rest. Where that is outside of the format's range, or there is
no such stem, what is missing goes to the stem with most headroom at that sample, as much as it
takes, then to the next one. There is always room: n stems between `low` and `high` can have every
sum from n · low (below 0) to n · high (above), and the mix lies between `low` and `high`.

Floats (32 bits) keep what is above full scale, so the mix is not clipped either. "other" is the
mix minus the rest, computed in double precision and rounded once. A mixer that adds up in double
precision is off by that rounding: at most 2^-25 for samples below 1. One that adds up in single
precision rounds after each stem by up to 2^-25 of the next power of two above the sum so far: for
six stems below 1e-6 in any order while these sums stay below 4 (12 dB over full scale), for
louder ones in proportion.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.encode import Rounded
from stemdesk.core.null_depth import NullDepth

REST = "other"
"""The stem that takes up what the others leave of the mix."""

_Wide = NDArray[Any]  # int64 or float64: sums of `Rounded` that neither wrap nor lose a bit


def sum_to_mix(stems: Rounded, mix: Rounded, rest: int | None, bits: int) -> Rounded:
    """Stems [stems, channels, frames] that sum to `mix` [channels, frames], from stems as
    separated; both of the same depth.

    `rest`: index of the stem that takes up what is missing; None: at each sample the one with
    most headroom.
    """
    low, high = sample_range(bits)
    missing = _missing(stems, mix)
    exact = stems.copy()
    tight = np.ones(mix.shape, dtype=np.bool_)
    if rest is not None:
        whole = stems[rest] + missing
        tight = (whole < low) | (whole > high)
        np.copyto(exact[rest], whole, where=~tight, casting="same_kind")
    if tight.any():
        exact[:, tight] = _spread(stems[:, tight], missing[tight], low, high)
    return exact


class NullMeter:
    """Measures a song's null depth, block by block in constant memory; for files of `bits` bits."""

    def __init__(self, bits: int) -> None:
        self._step = 2.0**-23 if bits == 32 else float(1 << (32 - bits))
        self._samples = 0
        self._mix = self._plain = self._saved = 0.0  # sums of squares

    def add(self, mix: Rounded, plain: Rounded, saved: Rounded) -> None:
        """The next block of the mix [channels, frames] and of all stems [stems, channels, frames]:
        as separated, and as saved."""
        self._samples += mix.size
        self._mix += _energy(mix)
        left = _energy(_missing(plain, mix))
        self._plain += left
        self._saved += left if saved is plain else _energy(_missing(saved, mix))

    def depth(self) -> NullDepth:
        """Of all blocks so far. A silent mix counts as one step of the format (of 24 bits for
        floats), so that stems which are not silent have a depth all the same."""
        mix = self._mix or self._samples * self._step**2
        return NullDepth(_decibels(self._plain, mix), _decibels(self._saved, mix))


def sample_range(bits: int) -> tuple[float, float]:
    """Lowest and highest sample of a format, as `Rounded` holds them."""
    if bits == 32:
        return float(np.finfo(np.float32).min), float(np.finfo(np.float32).max)
    return -(1 << 31), (1 << 31) - (1 << (32 - bits))


def _missing(stems: Rounded, mix: Rounded) -> _Wide:
    """What the stems' sum lacks of the mix, [channels, frames]."""
    wide = np.float64 if mix.dtype == np.float32 else np.int64
    difference: _Wide = mix - stems.sum(axis=0, dtype=wide)
    return difference


def _spread(stems: Rounded, missing: _Wide, low: float, high: float) -> _Wide:
    """Stems [stems, places] plus `missing` [places], given to the stem with most headroom first."""
    exact: _Wide = stems.astype(missing.dtype)
    up = missing > 0
    left = np.abs(missing)
    places = np.arange(missing.size)
    for _ in stems:  # each time round, what does not fit yet fills one stem more
        stem = np.argmin(np.where(up, exact, -exact), axis=0)
        before = exact[stem, places]
        taken = np.minimum(left, np.where(up, high - before, before - low))
        exact[stem, places] = before + np.where(up, taken, -taken)
        left -= taken
        if not left.any():
            break
    return exact


def _energy(samples: NDArray[Any]) -> float:
    return float(np.square(samples, dtype=np.float64).sum())


def _decibels(left: float, mix: float) -> float | None:
    return round(10 * math.log10(left / mix), 2) if left else None
