"""Convolutions with three taps in time, with half the multiplications (Winograd's F(4, 3)).

Four outputs in a row need six products instead of twelve: of sums of the six inputs that they
see with sums of the three taps. The products are convolutions along the frequencies, the sums cost
little; the result differs from the direct one by about twice its rounding error.
"""

from __future__ import annotations

import torch
from torch import Tensor

from stemdesk.engine.htdemucs_ops import Convolution

WINOGRAD_TAPS = 3
_OUTPUTS = 4
_BLOCK = 1 << 22  # inputs of a block: smaller ones cost more steps than their cache saves
_TAP_SUMS = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)


class WinogradGate:
    """x [batch, times, bands, inputs] → GLU of its convolution, [batch, times, bands, outputs].

    `weight` [2 · outputs, inputs, 3 taps in time, taps in frequency]; padded to the same size.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        sums = torch.tensor(_TAP_SUMS, dtype=torch.float64)
        taps = torch.einsum("pt,oitf->poif", sums, weight.double()).float().unsqueeze(3)
        padding = (0, weight.shape[3] // 2)
        nothing = torch.zeros_like(bias)
        # The second product is in every output once: there the bias comes in.
        self.products = [
            Convolution(taps[i], bias if i == 1 else nothing, (1, 1), padding, torch.float32)
            for i in range(_OUTPUTS + WINOGRAD_TAPS - 1)
        ]

    def __call__(self, x: Tensor, skip: Tensor) -> Tensor:
        """GLU of the convolution of x + skip."""
        batch, times, bands, channels = x.shape
        groups = -(-times // _OUTPUTS)
        padded = x.new_empty(batch, _OUTPUTS * groups + WINOGRAD_TAPS - 1, bands, channels)
        padded[:, 0] = 0
        padded[:, times + 1 :] = 0
        torch.add(x, skip, out=padded[:, 1 : times + 1])
        found = x.new_empty(batch, groups, _OUTPUTS, bands, channels)
        step = max(1, _BLOCK // (_OUTPUTS * bands * channels))
        for start in range(0, groups, step):
            part = found[:, start : start + step]
            first, last = _OUTPUTS * start, _OUTPUTS * (start + part.shape[1] - 1)
            inputs = [padded[:, first + i : last + i + 1 : _OUTPUTS] for i in range(6)]
            torch.ops.aten.glu.out(self._convolved(inputs), -1, out=part)
        return found.flatten(1, 2)[:, :times]

    def _convolved(self, inputs: list[Tensor]) -> Tensor:
        """inputs: each group's six, [batch, groups, bands, inputs] each →
        [batch, groups, 4, bands, 2 · outputs]."""
        in_0, in_1, in_2, in_3, in_4, in_5 = inputs
        even, odd = torch.sub(in_4, in_2, alpha=4), torch.sub(in_3, in_1, alpha=4)
        sum_1, difference_1 = self.products[1](even + odd), self.products[2](even - odd)
        torch.sub(in_4, in_2, out=even)
        torch.sub(in_3, in_1, out=odd)
        sum_2 = self.products[3](torch.add(even, odd, alpha=2))
        difference_2 = self.products[4](torch.sub(even, odd, alpha=2))
        first = self.products[0](even.add_(in_0 - in_2, alpha=4))
        last = self.products[5](torch.sub(in_5, in_3).sub_(odd, alpha=4))
        sum_1, difference_1 = sum_1 + difference_1, sum_1.sub_(difference_1)
        sum_2, difference_2 = sum_2 + difference_2, sum_2.sub_(difference_2)
        found = first.new_empty(*first.shape[:2], _OUTPUTS, *first.shape[2:])
        torch.add(first.add_(sum_1), sum_2, out=found[:, :, 0])
        torch.add(difference_1, difference_2, alpha=2, out=found[:, :, 1])
        torch.add(sum_1, sum_2, alpha=4, out=found[:, :, 2])
        torch.add(last.add_(difference_1), difference_2, alpha=8, out=found[:, :, 3])
        return found
