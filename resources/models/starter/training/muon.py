"""Muon, an optimiser that moves every direction of a weight matrix equally far.

The step is the running mean of the gradients with all its singular values brought near 1 by five
Newton-Schulz iterations, so that a layer with a thousandth of another's gradient learns as fast
(Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024,
https://kellerjordan.github.io/posts/muon/, whose coefficients these are). It is scaled to 0.2 times
the rate for the root mean square of its values, about what Adam's steps have (Liu et al., "Muon is
scalable for LLM training", arXiv:2502.16982, 2025). Convolutions are matrices with a row for each
of their first axis. The mean is a long one (0.98, 0.95 is usual): these gradients are noise for the
greatest part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from demucs.transformer import LayerScale
from torch import nn

_FACTORS = 3.4445, -4.7750, 2.0315
_ROUNDS, _LIKE_ADAM = 5, 0.2


class Muon(torch.optim.Optimizer):
    """For weights of two and more axes: conv and linear layers."""

    def __init__(self, weights: Iterable[nn.Parameter], lr: float, momentum: float = 0.98) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # no closure is called, so none's loss is returned
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group["lr"], group["momentum"])

    def _move(self, weight: nn.Parameter, rate: float, momentum: float) -> None:
        assert weight.grad is not None
        state = self.state[weight]
        if not state:
            state["mean"] = torch.zeros_like(weight)
        mean = state["mean"].lerp_(weight.grad, 1 - momentum)
        ahead = weight.grad.lerp(mean, momentum)  # as Nesterov's momentum
        step = orthogonal(ahead.reshape(len(weight), -1))
        size = rate * _LIKE_ADAM * max(step.shape) ** 0.5
        weight.add_(step.reshape(weight.shape), alpha=-size)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The matrix of the same singular vectors whose singular values are all 0.7 to 1.2."""
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    found = (wide / (wide.norm() + 1e-20)).bfloat16()
    first, third, fifth = _FACTORS
    for _ in range(_ROUNDS):
        square = found @ found.T
        odd = torch.addmm(square, square, square, beta=third, alpha=fifth)
        found = torch.addmm(found, odd, found, beta=first)
    whole: torch.Tensor = found.to(matrix.dtype)
    return whole if wide is matrix else whole.T


def optimisers(
    module: Any, rate: float, small_rate: float, scale_rate: float
) -> list[torch.optim.Optimizer]:
    """Muon at `rate` for the matrices; Adam at `small_rate` for the embedding, biases and norms, at
    `scale_rate` for the factors that let dconv and transformer layers through."""
    embedding = [] if module.freq_emb is None else [module.freq_emb.embedding.weight]
    scales = [part.scale for part in module.modules() if isinstance(part, LayerScale)]
    apart = {id(weight) for weight in [*embedding, *scales]}
    others = [weight for weight in module.parameters() if id(weight) not in apart]
    matrices = [weight for weight in others if weight.dim() > 1]
    rest = [weight for weight in others if weight.dim() <= 1] + embedding
    groups = [{"params": rest, "lr": small_rate}, {"params": scales, "lr": scale_rate}]
    return [Muon(matrices, rate), torch.optim.Adam(groups, betas=(0.9, 0.99), eps=1e-12)]
