"""A forward pass of demucs' `HTDemucs`, faster than its own, with the stock module's weights.

The same arithmetic in another order: channels last throughout, activations and sums in the step
that makes their input, no copies between branches. What it cannot compute `supports` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from stemdesk.engine.htdemucs_layers import Decoder, Encoder
from stemdesk.engine.htdemucs_ops import Dense
from stemdesk.engine.htdemucs_spectrum import Spectrum
from stemdesk.engine.htdemucs_support import supports
from stemdesk.engine.htdemucs_transformer import Transformer

__all__ = ["FastHTDemucs", "supports"]

_EPS = 1e-5  # demucs adds it to the deviation that it divides its input by


class FastHTDemucs:
    """`module(mix)` for mixes of exactly `frames` frames. For one thread at a time.

    `module`: a stock HTDemucs for which `supports` says None, in evaluation mode, float32, on its
    device; its weights are shared or copied and must not change. `dtype`: float16 for GPUs:
    products, convolutions and attention in half precision, spectra, statistics and the result in
    float32. Always computes in `torch.inference_mode`: results can be changed in place only there.
    """

    @torch.inference_mode()
    def __init__(self, module: nn.Module, frames: int, dtype: torch.dtype = torch.float32) -> None:
        stock: Any = module
        if reason := supports(module):
            raise ValueError(reason)
        self.dtype = dtype
        self.device: torch.device = next(module.parameters()).device
        self.cac: bool = stock.cac  # complex as channels; else magnitudes
        self.spectrum = Spectrum(frames, stock.nfft, self.device)
        times = self.spectrum.steps
        self.encoders, sizes = _encoders(stock.encoder, self.spectrum.bins, times, dtype)
        self.encoders_t, sizes_t = _encoders(stock.tencoder, frames, 1, dtype)
        self.decoders = _decoders(stock.decoder, sizes, dtype)
        self.decoders_t = _decoders(stock.tdecoder, sizes_t, dtype)
        self.embedding: Tensor | None = None
        if stock.freq_emb is not None:
            self.embedding = (stock.freq_emb.weight * stock.freq_emb_scale).to(dtype)
        self.transformer: Transformer | None = None
        if stock.crosstransformer is not None:
            bands, steps = sizes[-1], sizes_t[-1]
            self.transformer = Transformer(stock.crosstransformer, times, bands, steps, dtype)
            self.bottom = _bottom(stock, times * bands, steps, dtype)

    @torch.inference_mode()
    def __call__(self, mix: Tensor, check: Callable[[], None]) -> Tensor:
        """float32 [batch, channels, frames] → float32 [batch, sources, channels, frames].

        `check` is called between layers; what it raises ends the pass, and the next may begin.
        On a CPU the segments of a batch are computed one by one, each as if it were alone.
        """
        if self.device.type != "cpu" or len(mix) == 1:
            return self._forward(mix, check)
        return torch.cat([self._forward(one, check) for one in torch.split(mix, 1)])

    def _forward(self, mix: Tensor, check: Callable[[], None]) -> Tensor:
        spectrum = self.spectrum.forward(mix)
        x, mean, deviation = _normalised(self.spectrum.heard(spectrum, self.cac))
        xt, mean_t, deviation_t = _normalised(mix.transpose(1, 2)[:, None].contiguous())
        x, xt = x.to(self.dtype), xt.to(self.dtype)
        check()
        saved: list[Tensor] = []
        saved_t: list[Tensor] = []
        for encoder, encoder_t in zip(self.encoders, self.encoders_t, strict=True):
            xt = encoder_t(xt, check)
            saved_t.append(xt)
            x = encoder(x, check)
            if not saved and self.embedding is not None:
                x += self.embedding
            saved.append(x)
        if self.transformer is not None:
            x, xt = self._transform(x, xt, check)
        for decoder, decoder_t in zip(self.decoders, self.decoders_t, strict=True):
            x = decoder(x, saved.pop(), check)
            xt = decoder_t(xt, saved_t.pop(), check)
        if self.cac:
            found = self.spectrum.inverse(x, deviation, mean, mix.shape[1])
        else:
            found = self.spectrum.with_phases(x, deviation, mean, spectrum)
        check()
        waves = xt[:, 0].transpose(1, 2).view(found.shape).float()
        return found.addcmul_(waves, deviation_t).add_(mean_t)

    def _transform(self, x: Tensor, xt: Tensor, check: Callable[[], None]) -> tuple[Tensor, Tensor]:
        assert self.transformer is not None
        tokens, tokens_t = x.flatten(1, 2), xt.flatten(1, 2)
        if self.bottom:
            tokens, tokens_t = self.bottom[0](tokens), self.bottom[1](tokens_t)
        tokens, tokens_t = self.transformer(tokens, tokens_t, check)
        if self.bottom:
            tokens, tokens_t = self.bottom[2](tokens), self.bottom[3](tokens_t)
        return tokens.view(x.shape), tokens_t.view(xt.shape)


def _normalised(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Values less their mean, by their deviation, both [batch, 1, 1, 1]."""
    mean = values.mean((1, 2, 3), keepdim=True)
    centred = values - mean
    count = values[0].numel()
    deviation = (centred.square().sum((1, 2, 3), keepdim=True) / (count - 1)).sqrt_()
    return centred.div_(deviation + _EPS), mean, deviation


def _encoders(
    layers: Any, size: int, times: int, dtype: torch.dtype
) -> tuple[list[Encoder], list[int]]:
    """The encoders, and the sizes along their strided axis: the first one's input and each
    one's output."""
    found, sizes = [], [size]
    for layer in layers:
        found.append(Encoder(layer, sizes[-1], times, dtype))
        sizes.append(found[-1].size)
    return found, sizes


def _decoders(layers: Any, sizes: list[int], dtype: torch.dtype) -> list[Decoder]:
    lengths = reversed(sizes[:-1])
    return [Decoder(layer, length, dtype) for layer, length in zip(layers, lengths, strict=True)]


def _bottom(stock: Any, tokens: int, tokens_t: int, dtype: torch.dtype) -> list[Dense]:
    """Into the transformer and out of it, spectrum and waveform; none where it has the layers'
    channels."""
    if not stock.bottom_channels:
        return []
    layers = [
        (stock.channel_upsampler, tokens),
        (stock.channel_upsampler_t, tokens_t),
        (stock.channel_downsampler, tokens),
        (stock.channel_downsampler_t, tokens_t),
    ]
    return [Dense(layer.weight.flatten(1), layer.bias, rows, dtype) for layer, rows in layers]
