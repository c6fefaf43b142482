"""The encoders, decoders and residual branches of an HTDemucs.

Both branches are [batch, time, frequency, channels], contiguous. The waveform's has its frames in
the place of the frequencies, and time 1: its layers are those of the spectrum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from stemdesk.engine.htdemucs_ops import Convolution, Dense, has_onednn
from stemdesk.engine.htdemucs_winograd import WINOGRAD_TAPS, WinogradGate

_Check = Callable[[], None]
_BLOCK = 1 << 18  # values: so many stay in a processor's cache
_MANY_BANDS = 32


class Encoder:
    """`layer`: demucs' `HEncLayer`. `size`: inputs along the strided axis; `times`: along the
    other one."""

    def __init__(self, layer: Any, size: int, times: int, dtype: torch.dtype) -> None:
        self.stride: int = layer.stride
        self.waveform = not layer.freq  # which is padded to a multiple of the stride
        self.size = -(-size // self.stride) if self.waveform else size // self.stride
        padding = layer.conv.padding[0]
        self.convolution = Convolution(
            _taps(layer.conv), layer.conv.bias, (1, self.stride), (0, padding), dtype, "gelu"
        )
        self.dconv = [] if layer.dconv is None else _dconv(layer.dconv, dtype)
        self.rewrite = _PointwiseGate(layer.rewrite, self.size * times, dtype)

    def __call__(self, x: Tensor, check: _Check) -> Tensor:
        """[batch, times, size, inputs] → [batch, times, size / stride, outputs]."""
        if self.waveform and x.shape[2] % self.stride:
            x = functional.pad(x, (0, 0, 0, -x.shape[2] % self.stride))
        x = self.convolution(x)
        check()
        _apply(self.dconv, x, self.waveform, check)
        x = self.rewrite(x)
        check()
        return x


class Decoder:
    """`layer`: demucs' `HDecLayer`. `length`: outputs along the strided axis."""

    def __init__(self, layer: Any, length: int, dtype: torch.dtype) -> None:
        self.length = length
        self.waveform = not layer.freq
        self.rewrite = _gate(layer.rewrite, dtype)
        self.dconv = [] if layer.dconv is None else _dconv(layer.dconv, dtype)
        self.transposed = _taps(layer.conv_tr).to(dtype)
        self.bias = layer.conv_tr.bias.to(dtype)
        self.stride, self.pad = layer.stride, layer.pad
        self.last: bool = layer.last

    def __call__(self, x: Tensor, skip: Tensor, check: _Check) -> Tensor:
        """[batch, times, size, inputs] → [batch, times, length, outputs]."""
        x = self.rewrite(x, skip)
        check()
        _apply(self.dconv, x, self.waveform, check)
        found = functional.conv_transpose2d(
            x.permute(0, 3, 1, 2),
            self.transposed,
            self.bias,
            stride=(1, self.stride),
            padding=(0, self.pad),
        )
        found = found.permute(0, 2, 3, 1)[:, :, : self.length]
        check()
        return found if self.last else functional.gelu(found)


class _PointwiseGate:
    """A convolution of width 1 and GLU: the first half of its channels, times how open the other
    half says they are."""

    def __init__(self, layer: Any, rows: int, dtype: torch.dtype) -> None:
        weight, bias = layer.weight.flatten(1), layer.bias
        half = len(weight) // 2
        self.value = Dense(weight[:half], bias[:half], rows, dtype)
        self.gate = Dense(weight[half:], bias[half:], rows, dtype, "sigmoid")

    def __call__(self, x: Tensor) -> Tensor:
        return self.value.times(x, self.gate(x))


class _Gate:
    """The same with a convolution that also looks at the neighbours."""

    def __init__(self, layer: Any, dtype: torch.dtype) -> None:
        weight, bias = _taps(layer), layer.bias
        half = len(weight) // 2
        padding = (weight.shape[2] // 2, weight.shape[3] // 2)
        self.value = Convolution(weight[:half], bias[:half], (1, 1), padding, dtype)
        self.gate = Convolution(weight[half:], bias[half:], (1, 1), padding, dtype, "sigmoid")

    def __call__(self, x: Tensor, skip: Tensor) -> Tensor:
        x = x + skip
        return self.value.times(x, self.gate(x))


def _gate(layer: Any, dtype: torch.dtype) -> _Gate | WinogradGate:
    weight = _taps(layer)
    if weight.shape[2] == WINOGRAD_TAPS and has_onednn(weight.device, dtype):
        return WinogradGate(weight, layer.bias)
    return _Gate(layer, dtype)


def _dconv(module: Any, dtype: torch.dtype) -> list[_Residual]:
    return [_Residual(layer, dtype) for layer in module.layers]


def _apply(layers: list[_Residual], x: Tensor, waveform: bool, check: _Check) -> None:
    """Add residual branches to x in place; the waveform's time stands where the spectrum has
    its frequencies."""
    x = x.transpose(1, 2) if waveform else x
    for layer in layers:
        layer.add_to(x, check)


class _Residual:
    """One layer of demucs' `DConv`: three taps in time to a few hidden channels, norm, GELU,
    a matrix to twice the channels, norm, GLU, layer scale; added to its input.

    Both norms are over time and channels. The hidden rows are [hidden, batch, time, frequency].
    The second norm's statistics follow from those of the hidden rows h, so that nothing is done
    twice to the wide side: with the matrix W and bias b, the mean is that of W·mean(h) + b, and
    the variance hᵀ(WᵀW)h over time (h less its mean), plus the variance of W·mean(h) + b over
    channels. Norm, bias and layer scale are three more rows of the last matrix.
    """

    def __init__(self, layer: Any, dtype: torch.dtype) -> None:
        taps, norm, _, wide, wide_norm, _, scale = layer
        self.dtype, self.dilation = dtype, taps.dilation[0]
        self.hidden, channels = taps.weight.shape[:2]
        self.taps = taps.weight.permute(2, 0, 1).reshape(-1, channels).to(dtype)
        self.bias, self.eps, self.wide_eps = _column(taps.bias), norm.eps, wide_norm.eps
        self.norm_weight, self.norm_bias = _column(norm.weight), _column(norm.bias)
        weight = wide.weight.flatten(1)
        self.wide_weight, self.wide_bias = weight, wide.bias[:, None]
        self.gram = weight.T @ weight / len(weight)
        rows = [weight.T * wide_norm.weight, (wide.bias * wide_norm.weight)[None]]
        matrix = torch.cat([*rows, -wide_norm.weight[None], wide_norm.bias[None]])
        self.value = (matrix[:, :channels] * scale.scale).to(dtype).contiguous()
        self.gate = matrix[:, channels:].to(dtype).contiguous()

    def add_to(self, x: Tensor, check: _Check) -> None:
        """x [batch, time, frequency, channels], changed in place."""
        rows = self._normalised(self._convolved(x))
        check()
        flat, rows = x.view(-1, x.shape[-1]), rows.flatten(1).to(self.dtype)
        step = max(1, _BLOCK // x.shape[-1]) if x.device.type == "cpu" else len(flat)
        for start in range(0, len(flat), step):
            part = rows[:, start : start + step].T
            flat[start : start + step].addcmul_(part @ self.value, (part @ self.gate).sigmoid_())
        check()

    def _convolved(self, x: Tensor) -> Tensor:
        """[hidden, batch, time, frequency], normalised, after GELU; float32."""
        before, same, after = self._products(x)
        step = self.dilation
        found = torch.add(same, self.bias, out=same.new_empty(same.shape))
        found[:, :, step:] += before[:, :, :-step]
        found[:, :, :-step] += after[:, :, step:]
        found -= found.mean((0, 2), keepdim=True)
        variance = found.square().mean((0, 2), keepdim=True)
        scale = self.norm_weight * (variance + self.eps).rsqrt()
        return functional.gelu(torch.addcmul(self.norm_bias, found, scale))

    def _products(self, x: Tensor) -> Tensor:
        """What each tap makes of each input, [3, hidden, batch, time, frequency]; float32."""
        batch, times, bands, channels = x.shape
        if bands < _MANY_BANDS:
            rows: Tensor = self.taps @ x.view(-1, channels).T
            return rows.float().view(3, self.hidden, batch, times, bands)
        # Many small products are better shared among threads than a single flat one.
        taps = self.taps.expand(batch * times, -1, -1)
        products = torch.bmm(taps, x.view(-1, bands, channels).transpose(1, 2)).float()
        return products.view(batch, times, 3, self.hidden, bands).permute(2, 3, 0, 1, 4)

    def _normalised(self, hidden: Tensor) -> Tensor:
        """The rows [hidden + 3, batch, time, frequency] for the last matrix."""
        mean = hidden.mean(2, keepdim=True)
        centred = hidden - mean
        spread = (self.gram @ centred.flatten(1)).view_as(centred)
        variance = (centred * spread).mean(2, keepdim=True).sum(0)
        wide_mean = (self.wide_weight @ mean.flatten(1)).add_(self.wide_bias)
        off, total = torch.var_mean(wide_mean, 0, correction=0)
        scale = (variance + off.view_as(variance) + self.wide_eps).rsqrt_()
        rows = hidden.new_empty((self.hidden + 3, *hidden.shape[1:]))
        torch.mul(hidden, scale, out=rows[: self.hidden])
        rows[-3] = scale
        rows[-2] = total.view_as(scale) * scale
        rows[-1] = 1
        return rows


def _column(values: Tensor) -> Tensor:
    """[channels, 1, 1, 1]."""
    return values[:, None, None, None]


def _taps(layer: nn.Module) -> Tensor:
    """A convolution's weight as [outputs, inputs, taps in time, taps in frequency], for a
    transposed one [inputs, outputs, …]; for the waveform its frames stand for frequencies."""
    weight: Any = layer.weight
    found: Tensor = weight.unsqueeze(2) if weight.dim() == 3 else weight.transpose(2, 3)
    return found
