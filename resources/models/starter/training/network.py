"""The starter's network: its shape, how it is built, how it is used on a whole song."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from torch import nn
from torch.func import functional_call

import masks

SOURCES = ["drums", "bass", "other", "vocals"]
SEGMENT = Fraction(39, 5)  # seconds
RATE = 44100
SHAPE: dict[str, Any] = {
    "sources": SOURCES,
    "channels": masks.CHANNELS,
    "channels_time": masks.TIME_CHANNELS,
    "growth": 1.34,  # to 64, 85 and 113 channels
    "depth": 4,
    "t_layers": 0,
    "dconv_mode": 1,
    "dconv_comp": 4,
}


def build() -> nn.Module:
    module: nn.Module = HTDemucs(**SHAPE, segment=SEGMENT)
    return module


def fresh() -> nn.Module:
    """A new network that begins as masks; `masks.wake` is still to come."""
    module = build()
    masks.start(module)
    return module


def spectral(module: Any, spectrum: torch.Tensor) -> torch.Tensor:
    """What HTDemucs' spectral branch alone makes of a spectrum: float32 [clips, sides · 2, bins,
    frames] to [clips, stems · sides · 2, bins, frames], both in deviations of the mix's. As
    `HTDemucs.forward` does without a transformer; the bins may be only the lowest, a multiple of
    256."""
    skips, lengths = [], []
    heard = spectrum
    for index, layer in enumerate(module.encoder):
        lengths.append(heard.shape[-1])
        heard = layer(heard)
        if index == 0:
            rows = module.freq_emb(torch.arange(heard.shape[-2], device=heard.device))
            heard = heard + module.freq_emb_scale * rows.t()[None, :, :, None]
        skips.append(heard)
    for layer in module.decoder:
        heard, _ = layer(heard, skips.pop(), lengths.pop())
    return heard


def lean(module: Any, spectrum: torch.Tensor) -> torch.Tensor:
    """The same as `spectral`, in four fifths of the time, of a network that is as `masks.start` and
    `masks.constrain` keep it: what they hold at 0 and 1 is left out, and gates that they hold
    alike are computed once. float32."""
    first, second = module.encoder[:2]
    up, last = module.decoder[-2:]
    lengths = [spectrum.shape[-1]] * len(module.encoder)
    heard = first(spectrum)
    rows = module.freq_emb(torch.arange(heard.shape[-2], device=heard.device))
    heard = heard + module.freq_emb_scale * rows.t()[None, :, :, None]
    carried, inner = heard[:, : masks.CARRIED], heard[:, masks.CARRIED :]
    fewer = {"conv.weight": second.conv.weight[:, masks.CARRIED :]}
    skips = [functional_call(second, fewer, (inner,))]
    for layer in module.encoder[2:]:
        skips.append(layer(skips[-1]))
    found = skips[-1]
    for layer in module.decoder[:-2]:
        found, _ = layer(found, skips.pop(), lengths.pop())
    fewer = {
        "conv_tr.weight": up.conv_tr.weight[:, masks.CARRIED :],
        "conv_tr.bias": up.conv_tr.bias[masks.CARRIED :],
    }
    found, _ = functional_call(up, fewer, (found, skips.pop(), lengths.pop()))
    return masks.masked(last.rewrite, carried, found + inner)


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
