"""Dither: noise that makes hiss of what rounding would make distortion of.

Triangular, a step to either side (TPDF): the error's mean and power do not depend on the sound
(Lipshitz, Wannamaker and Vanderkooy, "Quantization and dither: a theoretical survey", Journal of
the Audio Engineering Society 40(5), 1992).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.encode import Rounded, rounded

Samples = NDArray[np.float32]


class Dither:
    """Rounds with noise of a triangular density, up to a step to either side; each name has its
    own."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._noise: dict[str, np.random.Generator] = {}

    def round(self, name: str, samples: Samples) -> Rounded:
        """float32 [2, frames] -> as `rounded` makes them."""
        full = np.float32(1 << (self._bits - 1))
        scaled = samples * full
        if np.array_equal(scaled, np.rint(scaled)):
            return rounded(samples, self._bits)
        noise = self._noise.get(name)
        if noise is None:
            seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
            noise = self._noise[name] = np.random.Generator(np.random.SFC64(seed))
        drawn = noise.random((samples.shape[1], 4), dtype=np.float32)
        return rounded(samples + (drawn[:, :2] - drawn[:, 2:]).T / full, self._bits)
