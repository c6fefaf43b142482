"""The guard at the end of the way: loud remixes bend softly into full scale instead of breaking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

KNEE = float(10.0 ** (-1.0 / 20.0))
"""-1 dBFS: below it nothing changes."""


def guard(samples: Samples) -> Samples:
    """float32 of any shape, within ±1. What is within ±KNEE stays bit for bit as it is.

    Above, a hyperbolic tangent that goes on with the same slope and approaches 1. NaN becomes 0.
    """
    size = np.abs(samples)
    if size.size == 0 or float(size.max()) <= KNEE:
        return samples
    room = np.float32(1.0 - KNEE)
    bent = np.float32(KNEE) + room * np.tanh((size - np.float32(KNEE)) / room)
    bent = np.copysign(np.minimum(bent, np.float32(1.0)), samples)
    return np.nan_to_num(np.where(size > KNEE, bent, samples), nan=0.0).astype(np.float32)
