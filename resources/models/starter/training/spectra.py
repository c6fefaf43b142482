"""Batches as the network's spectral branch hears them, and what it should say.

A batch of clips becomes several batches of spectra: the clips themselves and their stems mixed anew
across clips. Most are cut off at 5.5 or 2.8 kHz, where 96 and 90 % of the power is: they take a
quarter and an eighth of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

import data
from dsp import Random

WINDOW, HOP, BINS = 4096, 1024, 2048  # as HTDemucs has them
_REST = 2  # the stem that the waveform's branch says: the mix, less what the spectral branch takes
_QUIETEST = 0.1  # of a batch's usual power: what is quieter does not count by its own level
_KNOTS = 8
_STAYING = 0.35  # how often a stem stays with its clip when stems are mixed anew


@dataclass(frozen=True, slots=True)
class Spectra:
    """Both in deviations of the whole mix's spectrum."""

    mix: torch.Tensor  # float32 [clips, sides · 2, bins, frames]
    wanted: torch.Tensor  # float32 [clips, stems · sides · 2, bins, frames]
    power: torch.Tensor  # float32 [clips], of the mix, all bins together


@dataclass(frozen=True, slots=True)
class Plan:
    """How batches are made."""

    seed: int
    clips: int
    frames: int  # of a clip
    turns: int = 5  # batches of spectra from one of clips; the first as the clips are
    whole: float = 0.12  # how many have all bins; of a quarter of the clips
    half: float = 0.25  # how many end at 5.5 kHz; the rest end at 2.8
    coloured: float = 0.5  # how many stems have another tone
    fuller: float = 0.35  # batches in which half the other stems have another clip's beside them

    def make(self, songs: Sequence[NDArray[np.int16]], part: int, number: int) -> list[Spectra]:
        """Batch `number` of process `part`. All processes' batches of a number have as many
        bins: so that they take the same time."""
        dice = float(np.random.default_rng([self.seed, number, 7]).random())
        rng = np.random.default_rng([self.seed, part, number])
        frames = (self.frames - 1) * HOP + WINDOW
        clips = torch.from_numpy(data.batch(rng, songs, self.clips, frames))
        stems = _coloured(rng, spectra(clips), self.coloured)
        if rng.random() < self.fuller:
            _fill(rng, stems)
        bins, kept = self._bins(dice)
        above = stems[..., bins:, :].abs().square().sum(dim=(2, 3, 4))
        stems = stems[..., :bins, :].contiguous()
        made = []
        for turn in range(self.turns):
            mixed = _mixed_anew(rng, stems, above) if turn else (stems, above)
            made.append(_heard(mixed[0][:kept], mixed[1][:kept]))
        return made

    def _bins(self, dice: float) -> tuple[int, int]:
        """How many bins a batch has, how many of its clips."""
        if dice < self.whole:
            return BINS, max(1, self.clips // 4)
        return BINS // 4 if dice < self.whole + self.half else BINS // 8, self.clips


def spectra(samples: torch.Tensor) -> torch.Tensor:
    """float32 [..., samples] to complex64 [..., bins, frames], scaled as HTDemucs does."""
    found = torch.stft(
        samples.flatten(0, -2), WINDOW, HOP, window=torch.hann_window(WINDOW), center=False,
        normalized=True, return_complex=True,
    )[:, :BINS]  # fmt: skip
    return found.view(*samples.shape[:-1], BINS, -1)


def numbers(values: torch.Tensor) -> torch.Tensor:
    """complex64 [clips, …, sides, bins, frames] to float32 [clips, … · sides · 2, bins, frames]."""
    return torch.view_as_real(values).movedim(-1, -3).flatten(1, -3)


def _coloured(rng: Random, stems: torch.Tensor, share: float) -> torch.Tensor:
    """Stems [clips, stems, sides, bins, frames], some with a random tone of the same power: a gain
    of 4 dB or so at eight places of the logarithm of frequency, straight lines between."""
    count = stems.shape[0] * stems.shape[1]
    knots = rng.normal(0, 4, (count, _KNOTS + 1)) * (rng.random((count, 1)) < share)
    places = torch.log2(1 + torch.arange(BINS) / 4)
    places = places / places[-1] * _KNOTS
    below = places.long().clamp(max=_KNOTS - 1)
    lines = torch.from_numpy(knots.astype(np.float32))
    decibels = torch.lerp(lines[:, below], lines[:, below + 1], places - below)
    gains = 10 ** (decibels / 20)
    power = stems.abs().square().sum(dim=(2, 4)).view(count, BINS)
    kept = (power.sum(1) + 1e-9) / ((power * gains.square()).sum(1) + 1e-9)
    gains = gains * kept.sqrt()[:, None]
    return stems * gains.view(*stems.shape[:2], 1, BINS, 1)


def _fill(rng: Random, stems: torch.Tensor) -> None:
    """Put another clip's beside half of the other stems, in place, as loud as before."""
    clips = len(stems)
    order = torch.from_numpy(rng.permutation(clips))
    gains = (rng.random(clips) < 0.5) * 10 ** (rng.normal(0, 3, clips) / 20)
    added = torch.from_numpy(gains.astype(np.float32))[:, None, None, None]
    both = stems[:, _REST] + stems[order, _REST] * added
    stems[:, _REST] = both / (1 + added.square()).sqrt()


def _mixed_anew(
    rng: Random, stems: torch.Tensor, above: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Some stems from another clip, all with another level and sign; `above` is the power
    [clips, stems] of what has been cut off."""
    clips, kinds = stems.shape[:2]
    same = rng.random(kinds) < _STAYING
    order = torch.from_numpy(
        np.stack([np.arange(clips) if kept else rng.permutation(clips) for kept in same], axis=1)
    )
    gains = 10 ** (rng.normal(0, 2.5, (clips, kinds)) / 20) * rng.choice([-1, 1], (clips, kinds))
    factors = torch.from_numpy(gains.astype(np.float32))
    mixed = stems[order, torch.arange(kinds)] * factors[..., None, None, None]
    return mixed, above[order, torch.arange(kinds)] * factors.square()


def _heard(stems: torch.Tensor, above: torch.Tensor) -> Spectra:
    """What is cut off counts in the mix's power as if its stems had nothing in common there."""
    mix = stems.sum(dim=1)
    heard = numbers(mix)
    count = heard[0].numel() // heard.shape[2] * BINS
    power = heard.square().sum(dim=(1, 2, 3)) + above.sum(dim=1)
    deviation = (power / count).sqrt()[:, None, None, None] + 1e-5
    wanted = stems.clone()
    wanted[:, _REST] -= mix
    power = power / deviation.flatten().square()
    return Spectra(
        heard / deviation, numbers(wanted) / deviation, power.clamp_min(_QUIETEST * count)
    )
