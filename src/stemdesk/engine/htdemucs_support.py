"""Which networks the fast forward pass can compute: the family of the released HTDemucs models,
read from the module itself. All others run as demucs wrote them."""

from __future__ import annotations

from typing import Any

import torch
from demucs.demucs import DConv
from demucs.hdemucs import HDecLayer, HEncLayer
from demucs.htdemucs import HTDemucs
from demucs.transformer import (
    CrossTransformerEncoder,
    CrossTransformerEncoderLayer,
    LayerScale,
    MyTransformerEncoderLayer,
)
from torch import nn
from torch.nn import functional

_KERNEL, _STRIDE = 8, 4
_RESIDUAL = (nn.Conv1d, nn.GroupNorm, nn.GELU, nn.Conv1d, nn.GroupNorm, nn.GLU, LayerScale)


def supports(module: nn.Module) -> str | None:
    """None if `FastHTDemucs` can run this stock module, else why not."""
    if type(module) is not HTDemucs:
        return f"a {type(module).__name__}, not an HTDemucs"
    if module.training:
        return "in training mode"
    if any(value.dtype != torch.float32 for value in module.parameters()):
        return "weights that are not float32"
    stock: Any = module
    if not stock.cac and stock.wiener_iters >= 0:
        return "magnitudes with a Wiener filter (wiener_iters)"
    return _layers(module) or _transformer(module.crosstransformer)


def _layers(module: Any) -> str | None:
    if not len(module.encoder) == len(module.tencoder) == len(module.decoder):
        return "layers below the point where both branches meet"
    for layer in [*module.encoder, *module.tencoder, *module.decoder, *module.tdecoder]:
        if not isinstance(layer, HEncLayer | HDecLayer):
            return f"a {type(layer).__name__} layer"
        if reason := _layer(layer):
            return reason
    return None


def _layer(layer: Any) -> str | None:
    if layer.empty:
        return "a layer where both branches meet"
    if layer.norm:
        return "normalised convolutions (norm_starts)"
    if (layer.kernel_size, layer.stride, layer.pad) != (_KERNEL, _STRIDE, _STRIDE // 2):
        return f"convolutions other than {_KERNEL} wide with stride {_STRIDE}"
    return _rewrite(layer) or _dconv(layer.dconv)


def _rewrite(layer: Any) -> str | None:
    if layer.rewrite is None:
        return "no rewriting convolutions"
    widths = set(layer.rewrite.kernel_size)
    if isinstance(layer, HEncLayer) and widths != {1}:
        return "encoders whose rewriting convolution is wider than 1 (context_enc)"
    return "decoders that look at their neighbours in time only" if len(widths) > 1 else None


def _dconv(dconv: Any) -> str | None:
    if dconv is None:
        return None
    layers: Any = dconv.layers if isinstance(dconv, DConv) else None
    if layers is None:
        return f"a {type(dconv).__name__} branch"
    for layer in layers:
        if tuple(type(part) for part in layer) != _RESIDUAL:
            return "residual branches with other parts"
        taps, norm, gelu, wide, wide_norm = layer[:5]
        if taps.kernel_size != (3,) or wide.kernel_size != (1,) or taps.out_channels == 0:
            return "residual branches of another width"
        if norm.num_groups != 1 or wide_norm.num_groups != 1 or gelu.approximate != "none":
            return "residual branches with another norm or activation"
    return None


def _transformer(module: Any) -> str | None:
    if module is None:
        return None
    if not isinstance(module, CrossTransformerEncoder):
        return f"a {type(module).__name__}"
    if not all(isinstance(norm, nn.LayerNorm) for norm in (module.norm_in, module.norm_in_t)):
        return "a transformer without t_norm_in"
    if module.sin_random_shift:
        return "positions shifted at random"
    for layer in [*module.layers, *module.layers_t]:
        if reason := _transformer_layer(layer):
            return reason
    return None


def _transformer_layer(layer: Any) -> str | None:
    if not isinstance(layer, MyTransformerEncoderLayer | CrossTransformerEncoderLayer):
        return f"a {type(layer).__name__}"
    if layer.sparse:
        return "sparse attention"
    if not layer.norm_first:
        return "a transformer that normalises last (t_norm_first)"
    norms = [layer.norm1, layer.norm2, getattr(layer, "norm3", layer.norm2)]
    if not all(isinstance(norm, nn.LayerNorm) for norm in norms):
        return "a transformer with group norms (t_group_norm)"
    if layer.norm_out is not None and layer.norm_out.num_groups != 1:
        return "a transformer with several groups in its last norm (t_norm_out)"
    return None if layer.activation is functional.gelu else "a transformer without GELU"
