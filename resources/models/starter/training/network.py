"""The starter's network: its shape, how it is built, how it is used on a whole song."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from torch import nn

SOURCES = ["drums", "bass", "other", "vocals"]
SEGMENT = Fraction(39, 5)  # seconds
RATE = 44100
SHAPE: dict[str, Any] = {
    "sources": SOURCES,
    "channels": 16,
    "depth": 4,
    "t_layers": 2,
    "t_heads": 4,
    "dconv_mode": 1,
}


def build() -> nn.Module:
    module: nn.Module = HTDemucs(**SHAPE, segment=SEGMENT)
    return module


@torch.no_grad()
def separated(module: nn.Module, mix: torch.Tensor) -> torch.Tensor:
    """(2, samples) to (stems, 2, samples), segment for segment, each with a quarter's overlap."""
    module.eval()
    length = int(SEGMENT * RATE)
    step = length * 3 // 4
    scale = mix.std() + 1e-6
    total = mix.shape[-1]
    done = torch.zeros(len(SOURCES), 2, total, device=mix.device)
    weight = torch.zeros(total, device=mix.device)
    ramp = torch.arange(length, device=mix.device, dtype=torch.float32)
    ramp = torch.minimum(ramp + 1, length - ramp)
    for start in range(0, max(1, total - length + step), step):
        piece = mix[:, start : start + length] / scale
        count = piece.shape[-1]
        padded = nn.functional.pad(piece, (0, length - count))
        heard = module(padded[None])[0][..., :count]
        done[..., start : start + count] += heard * ramp[:count]
        weight[start : start + count] += ramp[:count]
    return done / weight * scale
