"""From samples to the spectrum that an HTDemucs hears, and back: the only complex numbers.

A network hears and makes complex numbers (`cac`), or magnitudes: then what it makes gets the mix's
phases. On Apple's GPUs all this runs on the CPU, as in demucs.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_EPS = 1e-8  # demucs adds it to the magnitude that it divides the mix's spectrum by
_WINDOWS = 1.5  # the sum of the squares of all Hann windows at a frame, four to a window's length


class Spectrum:
    """`frames` of audio ↔ ceil(frames / hop) steps of `window / 2` bins; hop = window / 4."""

    def __init__(self, frames: int, window: int, device: torch.device) -> None:
        self.frames, self.window, self.hop = frames, window, window // 4
        self.steps = math.ceil(frames / self.hop)
        self.bins = window // 2
        self.device = device
        self.own = torch.device("cpu") if device.type in ("mps", "xpu") else device
        self.hann = torch.hann_window(window, device=self.own)
        self.quarters = (self.hann / _WINDOWS).view(4, self.hop)

    def forward(self, mix: Tensor) -> Tensor:
        """[batch, channels, frames] → complex64 [batch, channels, steps, bins]."""
        before = self.hop // 2 * 3
        after = before + self.steps * self.hop - self.frames
        padded = _reflected(mix.to(self.own), before, after)
        pieces = padded.unfold(-1, self.window, self.hop) * self.hann
        found: Tensor = torch.fft.rfft(pieces, norm="ortho")[..., : self.bins]
        return found

    def heard(self, spectrum: Tensor, cac: bool) -> Tensor:
        """What the network hears of it: [batch, steps, bins, channels · 2 (real, imaginary)], or
        [batch, steps, bins, channels] magnitudes."""
        if not cac:
            return spectrum.abs().permute(0, 2, 3, 1).contiguous().to(self.device)
        return torch.view_as_real(spectrum).permute(0, 2, 3, 1, 4).flatten(3).to(self.device)

    def inverse(self, values: Tensor, scale: Tensor, offset: Tensor, channels: int) -> Tensor:
        """values · scale + offset, [batch, steps, bins, sources · channels · 2], as samples
        [batch, sources, channels, frames]. `scale`, `offset`: [batch, 1, 1, 1]."""
        values, scale, offset = (part.to(self.own) for part in (values, scale, offset))
        parts = values.reshape(len(values), self.steps, self.bins, -1, channels, 2)
        parts = parts.permute(0, 3, 4, 1, 2, 5).float()
        full = parts.new_empty((*parts.shape[:4], self.bins + 1, 2))
        full[..., self.bins, :] = 0
        torch.addcmul(
            offset[..., None, None], parts, scale[..., None, None], out=full[..., : self.bins, :]
        )
        return self._samples(torch.view_as_complex(full))

    def with_phases(
        self, values: Tensor, scale: Tensor, offset: Tensor, spectrum: Tensor
    ) -> Tensor:
        """The magnitudes values · scale + offset, [batch, steps, bins, sources · channels], with
        the phases of the mix's `spectrum`, as samples [batch, sources, channels, frames]."""
        values, scale, offset = (part.to(self.own).float() for part in (values, scale, offset))
        channels = spectrum.shape[1]
        parts = values.reshape(len(values), self.steps, self.bins, -1, channels)
        parts = parts.permute(0, 3, 4, 1, 2)
        magnitudes = torch.addcmul(offset[..., None], parts, scale[..., None])
        phases = spectrum / (spectrum.abs() + _EPS)
        full = spectrum.new_empty((*parts.shape[:4], self.bins + 1))
        full[..., self.bins] = 0
        torch.mul(phases[:, None], magnitudes, out=full[..., : self.bins])
        return self._samples(full)

    def _samples(self, full: Tensor) -> Tensor:
        """complex64 [batch, sources, channels, steps, bins + 1] → samples."""
        pieces = torch.fft.irfft(full, self.window, norm="ortho")
        return self._overlapped(pieces).to(self.device)

    def _overlapped(self, pieces: Tensor) -> Tensor:
        """Add [batch, sources, channels, steps, window], each in its window, where they belong."""
        quarters = pieces.view(*pieces.shape[:-1], 4, self.hop)
        total = pieces.new_zeros((*pieces.shape[:3], self.steps + 3, self.hop))
        for quarter, window in enumerate(self.quarters):
            place = total[..., quarter : quarter + self.steps, :]
            place.addcmul_(quarters[..., quarter, :], window)
        before = self.hop // 2 * 3
        return total.flatten(3)[..., before : before + self.frames]


def _reflected(mix: Tensor, before: int, after: int) -> Tensor:
    """Mirror both ends; like demucs, with zeros first where the mix is shorter than a mirror."""
    missing = max(before, after) - mix.shape[-1] + 1
    if missing > 0:
        right = min(after, missing)
        left = missing - right
        mix = functional.pad(mix, (left, right))
        before, after = before - left, after - right
    return functional.pad(mix, (before, after), mode="reflect")
