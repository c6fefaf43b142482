"""Matrix products and convolutions with what follows them done in the same step.

Everything is kept with channels last, [batch, time, frequency, channels]: a convolution of width
1 is then a matrix product, and oneDNN's convolutions run at the speed of its matrix products.
On a CPU in float32 oneDNN also applies the activation, and adds or multiplies another tensor,
while a result is still in the cache; elsewhere the same is done in separate steps.
"""

from __future__ import annotations

import platform
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

# oneDNN's operations, as torch's own compiler calls them.
_ONEDNN: Any = torch.ops.mkldnn
_ONEDNN_NAMES = {"none": ("none", ""), "gelu": ("gelu", "none"), "sigmoid": ("sigmoid", "")}


def has_onednn(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether the operations with fused steps can be used. On processors other than Intel's and
    AMD's torch has them, too, but they were not tried there."""
    return (
        device.type == "cpu"
        and dtype == torch.float32
        and platform.machine().lower() in ("x86_64", "amd64")
        and torch._C._has_mkldnn
        and hasattr(_ONEDNN, "_linear_pointwise")
        and hasattr(_ONEDNN, "_reorder_linear_weight")
        and hasattr(_ONEDNN, "_convolution_pointwise")
    )


def activate(values: Tensor, activation: str) -> Tensor:
    """`activation`: "none", "gelu" or "sigmoid"."""
    if activation == "gelu":
        return functional.gelu(values)
    return values.sigmoid_() if activation == "sigmoid" else values


class Dense:
    """x [..., inputs] → activation(x · weightᵀ + bias) [..., outputs].

    `weight` [outputs, inputs], `bias` [outputs]. `rows`: about how many x will have.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        rows: int,
        dtype: torch.dtype,
        activation: str = "none",
    ) -> None:
        self.activation = activation
        self.weight = weight.to(dtype).contiguous()
        self.bias = bias.to(dtype)
        self.fused = has_onednn(weight.device, dtype)
        if self.fused:
            self.weight = _ONEDNN._reorder_linear_weight(self.weight, rows)

    def __call__(self, x: Tensor) -> Tensor:
        if self.fused:
            name, algorithm = _ONEDNN_NAMES[self.activation]
            result: Tensor = _ONEDNN._linear_pointwise(
                x, self.weight, self.bias, name, [], algorithm
            )
            return result
        return activate(functional.linear(x, self.weight, self.bias), self.activation)

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """x · weightᵀ + bias + other."""
        return self._with(x, other, "add")

    def times(self, x: Tensor, other: Tensor) -> Tensor:
        """(x · weightᵀ + bias) · other."""
        return self._with(x, other, "mul")

    def _with(self, x: Tensor, other: Tensor, operation: str) -> Tensor:
        if self.fused:
            result: Tensor = _ONEDNN._linear_pointwise.binary(
                x, other, self.weight, self.bias, operation
            )
            return result
        result = functional.linear(x, self.weight, self.bias)
        return result.add_(other) if operation == "add" else result.mul_(other)


class Convolution:
    """x [batch, time, frequency, inputs] → the same with outputs.

    `weight` [outputs, inputs, taps in time, taps in frequency].
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        stride: tuple[int, int],
        padding: tuple[int, int],
        dtype: torch.dtype,
        activation: str = "none",
    ) -> None:
        self.weight = weight.to(dtype).contiguous(memory_format=torch.channels_last)
        self.bias = bias.to(dtype)
        self.stride, self.padding = stride, padding
        self.activation = activation
        self.fused = has_onednn(weight.device, dtype)

    def __call__(self, x: Tensor) -> Tensor:
        planes = x.permute(0, 3, 1, 2)
        if self.fused:
            name, algorithm = _ONEDNN_NAMES[self.activation]
            found: Tensor = _ONEDNN._convolution_pointwise(
                planes, self.weight, self.bias, *self._shape(), name, [], algorithm
            )
        else:
            found = functional.conv2d(planes, self.weight, self.bias, self.stride, self.padding)
            found = activate(found, self.activation)
        return _channels_last(found)

    def times(self, x: Tensor, other: Tensor) -> Tensor:
        """The convolution, without activation, times other."""
        planes = x.permute(0, 3, 1, 2)
        if self.fused:
            others = other.permute(0, 3, 1, 2)
            found: Tensor = _ONEDNN._convolution_pointwise.binary(
                planes, others, self.weight, self.bias, *self._shape(), "mul", None, None, [], None
            )
            return _channels_last(found)
        found = functional.conv2d(planes, self.weight, self.bias, self.stride, self.padding)
        return _channels_last(found).mul_(other)

    def _shape(self) -> tuple[list[int], list[int], list[int], int]:
        return list(self.padding), list(self.stride), [1, 1], 1


def _channels_last(planes: Tensor) -> Tensor:
    """[batch, channels, time, frequency] as our layout: a view, where the convolution keeps the
    order of its input (on Apple's GPUs it may not)."""
    return planes.permute(0, 2, 3, 1).contiguous()
