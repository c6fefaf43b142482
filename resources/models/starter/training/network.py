"""The starter's network: its shape, how it is built, how it is used on a whole song."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from demucs.transformer import LayerScale
from torch import nn

SOURCES = ["drums", "bass", "other", "vocals"]
SEGMENT = Fraction(39, 5)  # seconds
RATE = 44100
_SILENCE = -0.3  # a spectrum's mean magnitude is about 0.3 of its deviation, which layers hear as 1
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
def enliven(module: Any, mix: torch.Tensor) -> None:
    """Scale a fresh network's weights so that every layer's sound is about as loud as its input's.

    With so few channels demucs' own start leaves the inner layers a thousand times quieter than
    what passes them by, and they learn late. `mix`: (clips, 2, samples) of unit deviation.
    """
    levels: list[tuple[Any, float]] = []
    for layer in [*module.encoder, *module.tencoder]:
        levels += [(layer.conv, 1.0), (layer.rewrite, 1.6)]
    for branch in (module.decoder, module.tdecoder):
        for layer in branch:
            last = layer is branch[-1]
            levels += [(layer.rewrite, 1.6), (layer.conv_tr, 0.1 if last else 1.0)]
    hooks = []
    for part, level in levels:
        part.bias.zero_()
        hooks.append(part.register_forward_hook(_scaler(level)))
    module(mix)
    for hook in hooks:
        hook.remove()
    for part in module.modules():
        if isinstance(part, LayerScale):
            part.scale.fill_(0.1)


def _scaler(level: float) -> Callable[[Any, Any, torch.Tensor], torch.Tensor]:
    def scale(part: Any, _: Any, output: torch.Tensor) -> torch.Tensor:
        factor = level / (output.std() + 1e-8)
        part.weight.mul_(factor)
        return output * factor  # without a bias it is what the new weights give

    return scale


def magnitudes(
    state: Mapping[str, torch.Tensor], fresh: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """A network's weights for one that hears and makes magnitudes (`cac=False`), for training to go
    on from; `fresh`: that one's own. The first convolution answers to magnitudes as strongly as to
    complex numbers; the last one begins near silence. Returned as they are if they already fit."""
    first, last = "encoder.0.conv.weight", f"decoder.{SHAPE['depth'] - 1}.conv_tr"
    found = dict(state)
    if found[first].shape == fresh[first].shape:
        return found
    squares = found[first].float().square()  # real and imaginary parts by turns
    found[first] = (squares[:, ::2] + squares[:, 1::2]).sqrt()
    found[f"{last}.weight"] = 0.01 * torch.randn_like(fresh[f"{last}.weight"])
    found[f"{last}.bias"] = torch.full_like(fresh[f"{last}.bias"], _SILENCE)
    return found


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
