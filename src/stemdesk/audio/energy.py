"""How loud any remix of a song is, without reading it again: products of its stems."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.remix import Remix

CHANNELS = 2
MOST_DB = 6.0
"""The original is made louder or quieter by no more than this."""

Samples = NDArray[np.float32]


class Energies:
    """Sums over a song's frames of the product of any two of its stems, for each channel (Gram
    matrices): the energy of every weighted sum of them follows. With the original's own energy
    the original is brought to a remix's level.
    """

    def __init__(self, stems: Sequence[str]) -> None:
        self.stems = tuple(stems)
        self._gram = np.zeros((CHANNELS, len(self.stems), len(self.stems)))
        self._original = 0.0
        self._has_original = False

    def add(self, stems: Sequence[Samples], original: Samples | None) -> None:
        """Add a block: float32 [2, frames] of each stem and of the original, None where there is
        none. Blocks come in any order, and each frame once."""
        block = _numbers(np.stack(stems))  # [stems, channels, frames]
        # einsum without BLAS: its threads would wait for cores that a network computes on
        self._gram += np.einsum("icf,jcf->cij", block, block, optimize=False)
        if original is not None:
            whole = _numbers(original)
            self._original += float(np.einsum("cf,cf->", whole, whole))
            self._has_original = True

    def match_db(self, remix: Remix) -> float:
        """The gain in dB for the original that makes its RMS over the song the remix's, within
        ±MOST_DB; 0 where the original or all stems are silent or unknown. The master's gain is
        left out: it is heard on both sides."""
        if not self._has_original or self._original <= 0.0 or not self._gram.any():
            return 0.0
        gains = np.array([remix.sides(name) for name in self.stems]).T  # [channels, stems]
        energy = float(np.einsum("ci,cij,cj->", gains, self._gram, gains))
        if energy <= 0.0:
            return -MOST_DB
        return min(MOST_DB, max(-MOST_DB, 10.0 * math.log10(energy / self._original)))

    def to_json(self) -> dict[str, Any]:
        """As values that JSON knows; `from_json` takes them back."""
        original = self._original if self._has_original else None
        return {"stems": self.stems, "gram": self._gram.tolist(), "original": original}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` gave. Raises `ValueError` for anything else."""
        try:
            made = cls([str(name) for name in value["stems"]])
            gram = np.array(value["gram"], np.float64)
            if gram.shape != made._gram.shape or not np.isfinite(gram).all():
                raise ValueError("not the energies of these stems")
            made._gram = gram
            made._has_original = value["original"] is not None
            made._original = float(value["original"] or 0.0)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not energies: {error!r}") from error
        return made


def _numbers(samples: Samples) -> NDArray[np.float64]:
    """In double precision; what is not a finite number counts as silence."""
    wide = samples.astype(np.float64)
    if not np.isfinite(wide.sum()):
        wide[~np.isfinite(wide)] = 0.0
    return wide
