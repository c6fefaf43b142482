"""The transformer of an HTDemucs: two rows of tokens, spectrum and waveform, which in turn look at
themselves and at each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from demucs.transformer import create_2d_sin_embedding as _untyped_grid
from torch import Tensor, nn
from torch.nn import functional

from stemdesk.engine.htdemucs_ops import Dense

_Check = Callable[[], None]
_grid: Any = _untyped_grid


class Transformer:
    """`module`: demucs' `CrossTransformerEncoder`. `times`, `bands`: the spectrum's tokens are
    [batch, times · bands, dim]; `steps`: the waveform's [batch, steps, dim]."""

    def __init__(self, module: Any, times: int, bands: int, steps: int, dtype: torch.dtype) -> None:
        norm: nn.LayerNorm = module.norm_in
        dim, device = norm.normalized_shape[0], norm.weight.device
        grid = _grid(dim, bands, times, device, module.max_period)
        grid = grid[0].permute(2, 1, 0).reshape(1, times * bands, dim)
        line = module._get_pos_embedding(steps, 1, dim, device).permute(1, 0, 2)
        self.position = (module.weight_pos_embed * grid).to(dtype)
        self.position_t = (module.weight_pos_embed * line).to(dtype)
        self.norm = _Norm(module.norm_in, dtype)
        self.norm_t = _Norm(module.norm_in_t, dtype)
        self.layers = [_Layer(layer, times * bands, dtype) for layer in module.layers]
        self.layers_t = [_Layer(layer, steps, dtype) for layer in module.layers_t]

    def __call__(self, x: Tensor, xt: Tensor, check: _Check) -> tuple[Tensor, Tensor]:
        """Spectrum and waveform tokens, [batch, tokens, dim] each."""
        x = self.norm(x).add_(self.position)
        xt = self.norm_t(xt).add_(self.position_t)
        for layer, layer_t in zip(self.layers, self.layers_t, strict=True):
            if layer.crossed:
                x, xt = layer(x, xt, check), layer_t(xt, x, check)
            else:
                x, xt = layer(x, x, check), layer_t(xt, xt, check)
        return x, xt


class _Norm:
    """A layer's normalisation over its channels; statistics in float32."""

    def __init__(self, norm: nn.LayerNorm, dtype: torch.dtype) -> None:
        self.weight, self.bias = norm.weight.to(dtype), norm.bias.to(dtype)
        self.eps = norm.eps

    def __call__(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class _WholeNorm:
    """Normalisation over all tokens and channels of one segment; statistics in float32."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        self.weight, self.bias, self.eps = norm.weight.float(), norm.bias.float(), norm.eps

    def __call__(self, x: Tensor) -> Tensor:
        """May change x."""
        wide = x.float()
        centred = wide.sub_(wide.mean((1, 2), keepdim=True))
        variance = centred.square().mean((1, 2), keepdim=True)
        scale = self.weight * (variance + self.eps).rsqrt()
        return torch.addcmul(self.bias, centred, scale).to(x.dtype)


class _Layer:
    """Attention and a network of two matrices, each added to what it was made from.

    The layer scales are part of the matrices.
    """

    def __init__(self, layer: Any, tokens: int, dtype: torch.dtype) -> None:
        self.crossed = hasattr(layer, "cross_attn")
        attention: nn.MultiheadAttention = layer.cross_attn if self.crossed else layer.self_attn
        self.heads = attention.num_heads
        dim = attention.embed_dim
        weight, bias = attention.in_proj_weight, attention.in_proj_bias
        out = attention.out_proj
        scale_1, scale_2 = _scale(layer.gamma_1, out.weight), _scale(layer.gamma_2, out.weight)
        if self.crossed:
            self.query = Dense(weight[:dim], bias[:dim], tokens, dtype)
            self.others = Dense(weight[dim:], bias[dim:], tokens, dtype)
            self.norms = [_Norm(norm, dtype) for norm in (layer.norm1, layer.norm2, layer.norm3)]
        else:
            self.all = Dense(weight, bias, tokens, dtype)
            self.norms = [_Norm(norm, dtype) for norm in (layer.norm1, layer.norm2)]
        self.out = Dense(scale_1[:, None] * out.weight, scale_1 * out.bias, tokens, dtype)
        first, second = layer.linear1, layer.linear2
        self.first = Dense(first.weight, first.bias, tokens, dtype, "gelu")
        self.second = Dense(scale_2[:, None] * second.weight, scale_2 * second.bias, tokens, dtype)
        self.norm_out = _WholeNorm(layer.norm_out) if layer.norm_out else None

    def __call__(self, x: Tensor, other: Tensor, check: _Check) -> Tensor:
        """x [batch, tokens, dim]; other: what a crossed layer looks at."""
        if self.crossed:
            query = self.query(self.norms[0](x))
            key, value = self.others(self.norms[1](other)).chunk(2, -1)
        else:
            query, key, value = self.all(self.norms[0](x)).chunk(3, -1)
        check()
        x = self.out.plus(self._attend(query, key, value), x)
        check()
        x = self.second.plus(self.first(self.norms[-1](x)), x)
        check()
        return self.norm_out(x) if self.norm_out else x

    def _attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        query, key, value = (
            part.view(*part.shape[:2], self.heads, -1).transpose(1, 2)
            for part in (query, key, value)
        )
        found = functional.scaled_dot_product_attention(query, key, value)
        return found.transpose(1, 2).flatten(2)


def _scale(layer: nn.Module, like: Tensor) -> Tensor:
    """What a layer scale multiplies each channel with."""
    values = getattr(layer, "scale", None)
    return values if isinstance(values, Tensor) else like.new_ones(like.shape[0])
