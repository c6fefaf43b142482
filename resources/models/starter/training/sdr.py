"""How near a separated stem is to the true one, in decibels.

`windowed_sdr`: 10 log10(|s|² / |s - ŝ|²) in windows of one second, and the median of those in which
the true stem sounds. The formula is that of the Music Demixing Challenge 2021 (Mitsufuji et al.,
"Music Demixing Challenge 2021", Frontiers in Signal Processing, 2022; there over a whole song);
windows of a second and their median are those of SiSEC 2018 (Stöter, Liutkus, Ito, "The 2018 Signal
Separation Evaluation Campaign") and its program museval. museval's SDR of stereo stems is the same
number: BSSEval v4 fits filters only to tell apart three kinds of error, and its SDR counts all
three, whose sum is s - ŝ. Only silence differs: museval leaves out the windows in which any stem is
nothing but zeros, this one those in which the stem in question is below -60 dB.

`si_sdr`: forgives a wrong level, nothing else (Le Roux, Wisdom, Erdogan, Hershey, "SDR - half-baked
or well done?", ICASSP 2019), over a whole song.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

WINDOW_S = 1.0
SILENT_DB = -60.0
"""A window in which the true stem's level (RMS, full scale) is below this is left out."""

MOST_DB = 100.0
"""Beyond what float32 audio can tell apart; a perfect stem has this instead of infinity."""


def sdr(true: Samples, found: Samples) -> float:
    """10 log10(|s|² / |s - ŝ|²) of float32 [channels, frames] over all samples, within ±100 dB.

    Raises `ValueError` where the shapes differ or the true stem is silent.
    """
    if true.shape != found.shape:
        raise ValueError(f"a true stem of {true.shape} and an estimate of {found.shape}")
    reference = true.astype(np.float64)
    return _ratio_db(_energy(reference), _energy(reference - found))


def windowed_sdr(true: Samples, found: Samples, rate: int) -> float:
    """The median of `sdr` over the song's seconds in which the true stem sounds.

    float32 [channels, frames] each. The last window is left out where it is not whole, unless it
    is the only one. Raises `ValueError` where the shapes differ or no window sounds.
    """
    length = round(WINDOW_S * rate)
    ends = range(length, true.shape[1] + 1, length) or (true.shape[1],)
    windows = [slice(max(0, end - length), end) for end in ends]
    least = 10 ** (SILENT_DB / 10)
    values = [
        sdr(true[:, window], found[:, window])
        for window in windows
        if np.mean(true[:, window].astype(np.float64) ** 2) >= least
    ]
    if not values:
        raise ValueError("the true stem is silent")
    return float(np.median(values))


def si_sdr(true: Samples, found: Samples) -> float:
    """SDR once the true stem has the level that fits the estimate best, within ±100 dB.

    float32 [channels, frames] each, one level for all channels; means are not taken off. Raises
    `ValueError` where the shapes differ or the true stem is silent.
    """
    if true.shape != found.shape:
        raise ValueError(f"a true stem of {true.shape} and an estimate of {found.shape}")
    reference = true.astype(np.float64)
    energy = _energy(reference)
    if not energy:
        raise ValueError("the true stem is silent")
    target = reference * (float(np.sum(reference * found)) / energy)
    wanted = _energy(target)
    return _ratio_db(wanted, _energy(target - found)) if wanted else -MOST_DB


def _energy(samples: NDArray[np.float64]) -> float:
    return float(np.sum(samples**2))


def _ratio_db(wanted: float, wrong: float) -> float:
    if not wanted:
        raise ValueError("the true stem is silent")
    if not wrong:
        return MOST_DB
    return float(np.clip(10 * np.log10(wanted / wrong), -MOST_DB, MOST_DB))
