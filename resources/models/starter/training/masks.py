"""A start of HTDemucs from which few examples teach it much: as masks over the mix's spectrum.

demucs' own start leaves it to the training to find out that a stem is a part of the mix, and that
phases tell nothing. Here both are built in, and what is learned is how much of the mix is whose:

- The first layer's channels hold a and -a of each number of a group of four bins. As
  GELU(a) - GELU(-a) = a, their differences hand the spectrum on unchanged; as GELU(a) + GELU(-a) =
  a (2 Φ(a) - 1), their sums say how loud each place is, whatever its phase. Its other channels have
  the difference of the sides in the same way, and what the times before and after say (dconv).
- Sixteen of the layer's channels carry the spectrum to the last layer. The others are loudnesses
  of bins and of the group, each against a threshold of its own, and are all that the layers between
  hear and learn from.
- The last layer's GLUs multiply the carried spectrum with gates: one for each of drums, bass and
  vocals, each bin, each side. The other stem is the mix, which the waveform's branch hands on, less
  those three. So the stems add up to the mix.

`start` sets the weights, `wake` scales the layers between by what passes them (as Mishkin and
Matas, "All you need is a good init", arXiv:1511.06422, 2016, do), `constrain` keeps the gradients
from undoing the first two points. All is HTDemucs' own layers: nothing is added to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from demucs.transformer import LayerScale
from torch import nn
from torch.nn import functional

CARRIED = 16  # numbers of a group: four bins x (left, right) x (real, imaginary)
CHANNELS = 48  # three masked stems x CARRIED; and 16 x (a, -a) + 4 bins x 2 x (difference, -)
TIME_CHANNELS = 16  # four frames x two sides x (a, -a)
_MASKED, _REST = (0, 1, 3), 2  # stems by number: drums, bass, vocals; other
_GAIN = 4.0  # of the first layer: GELU bends around 1 / _GAIN of the spectrum's deviation
_OPEN, _CLOSED = 12.0, -1.1  # of gates: as good as 1; a quarter
_TAP = 2  # of a kernel's eight, the first of the group's own four
_BINS, _SIDES = 4, 2
# Thresholds 8, 2, 0.5 and 0.12 deviations, as factors of a bin's loudness; then four between
_LEVELS = 0.031, 0.125, 0.52, 5.6
_BETWEEN = 0.06, 0.25, 1.5, 3.0

Hook = Callable[[Any, Any, torch.Tensor], torch.Tensor]


@torch.no_grad()
def start(module: Any) -> None:
    """Set a new network's weights so that every stem is about a quarter of the mix."""
    for part in module.modules():
        if isinstance(part, LayerScale):
            part.scale.fill_(0.1)
    _split(module.encoder[0])
    _hear(module.encoder[0].rewrite)
    _mask(module.decoder[-1])
    module.freq_emb.embedding.weight[:, :CARRIED] = 0
    _hand_on(module)


def _split(layer: Any) -> None:
    """The first convolution: a and -a of each number, and of the sides' differences."""
    layer.conv.weight.zero_()
    layer.conv.bias.zero_()
    for number, (bin_, kind) in enumerate(_numbers()):
        layer.conv.weight[number, kind, _TAP + bin_, 0] = _GAIN
        layer.conv.weight[CARRIED + number, kind, _TAP + bin_, 0] = -_GAIN
    for bin_ in range(_BINS):
        for part in range(2):
            for turn, sign in enumerate((1.0, -1.0)):
                row = 2 * CARRIED + 4 * bin_ + 2 * part + turn
                layer.conv.weight[row, part, _TAP + bin_, 0] = sign * 0.7 * _GAIN
                layer.conv.weight[row, 2 + part, _TAP + bin_, 0] = -sign * 0.7 * _GAIN
    for residual in layer.dconv.layers:
        _averaged(residual[0].weight, _loudnesses())
        residual[-1].scale[: 2 * CARRIED] = 0  # times before and after are heard in the rest


def _numbers() -> Iterator[tuple[int, int]]:
    """(bin, kind) of a group's numbers; kinds are left's real and imaginary part, right's."""
    return ((number // 4, number % 4) for number in range(CARRIED))


def _loudnesses() -> list[list[int]]:
    """The four channels of the first layer whose sum is a loudness: of each bin's left and right
    side in turn, then of each bin's difference of sides."""
    sides = []
    for place in range(_BINS * _SIDES):
        first = 2 * place
        sides.append([first, first + 1, CARRIED + first, CARRIED + first + 1])
    return sides + [[2 * CARRIED + 4 * bin_ + k for k in range(4)] for bin_ in range(_BINS)]


def _averaged(weights: torch.Tensor, places: Iterable[list[int]]) -> None:
    """Hear the channels of each loudness alike, in place."""
    for place in places:
        weights[:, place] = weights[:, place].mean(dim=1, keepdim=True)


def _hear(rewrite: Any) -> None:
    """The first layer's GLUs: the carried numbers, then loudnesses against thresholds."""
    rewrite.weight.zero_()
    rewrite.bias.zero_()
    values, gates = rewrite.weight[:CHANNELS, :, 0, 0], rewrite.weight[CHANNELS:, :, 0, 0]
    value_bias, gate_bias = rewrite.bias[:CHANNELS], rewrite.bias[CHANNELS:]
    for number in range(CARRIED):
        values[number, number], values[number, CARRIED + number] = 1 / _GAIN, -1 / _GAIN
    gate_bias[:CARRIED] = _OPEN
    value_bias[CARRIED:] = 1
    gate_bias[CARRIED:] = -2
    places = _loudnesses()
    sides, differences = places[: _BINS * _SIDES], places[_BINS * _SIDES :]
    heard: list[tuple[list[list[int]], float]] = []
    for level in _LEVELS:
        heard += [(sides[2 * bin_ : 2 * bin_ + 2], level) for bin_ in range(_BINS)]
        heard += [(sides[side::2], level / 2) for side in range(_SIDES)]
        heard.append((differences, level / 2))
    heard += [(sides, level / 4) for level in _BETWEEN]
    for row, (columns, level) in enumerate(heard, CARRIED):
        gates[row, [channel for place in columns for channel in place]] = level


def _mask(layer: Any) -> None:
    """The last layer: what is carried times a gate, for each masked stem; the rest is less."""
    layer.rewrite.weight[:CHANNELS] = 0
    layer.rewrite.bias.zero_()
    layer.conv_tr.weight.zero_()
    layer.conv_tr.bias.zero_()
    middle = layer.rewrite.weight.shape[-1] // 2
    for row in range(CHANNELS):
        layer.rewrite.weight[row, row % CARRIED, middle, middle] = 1
    for turn, stem in enumerate(_MASKED):
        for number, (bin_, kind) in enumerate(_numbers()):
            row = turn * CARRIED + number
            layer.conv_tr.weight[row, 4 * stem + kind, _TAP + bin_, 0] = 1
            layer.conv_tr.weight[row, 4 * _REST + kind, _TAP + bin_, 0] = -1


def _hand_on(module: Any) -> None:
    """The waveform's branch: the mix, as the stem that is what the masks leave."""
    first, last = module.tencoder[0], module.tdecoder[-1]
    inner = module.tdecoder[-2].conv_tr
    for part in (first.conv, first.rewrite, inner, last.rewrite, last.conv_tr):
        part.weight.zero_()
        part.bias.zero_()
    for residual in first.dconv.layers:
        residual[-1].scale.zero_()
    half = TIME_CHANNELS // 2
    middle = last.rewrite.weight.shape[-1] // 2
    for number in range(half):
        frame, side = number // 2, number % 2
        first.conv.weight[number, side, _TAP + frame] = 1
        first.conv.weight[half + number, side, _TAP + frame] = -1
        first.rewrite.weight[number, number, 0] = 1
        first.rewrite.weight[number, half + number, 0] = -1
        last.rewrite.weight[number, number, middle] = 1
        last.conv_tr.weight[number, 2 * _REST + side, _TAP + frame] = 1
    first.rewrite.bias[TIME_CHANNELS:] = _OPEN
    last.rewrite.bias[TIME_CHANNELS:] = _OPEN


def masked(rewrite: Any, carried: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
    """What the last layer says, by its gates alone: float32 [clips, stems · sides · 2, bins,
    frames]. `rewrite` is its convolution, `carried` and `heard` what it hears: [clips, channels,
    groups, frames], the first CARRIED channels and the rest."""
    gates = functional.conv2d(
        heard, rewrite.weight[CHANNELS::2, CARRIED:], rewrite.bias[CHANNELS::2], padding=1
    )
    clips, _, groups, frames = carried.shape
    parts = carried.view(clips, 1, _BINS, _SIDES, 2, groups, frames)
    opened = torch.sigmoid(gates).view(clips, len(_MASKED), _BINS, _SIDES, 1, groups, frames)
    stems = (parts * opened).permute(0, 1, 3, 4, 5, 2, 6).float()
    drums, bass, vocals = stems.reshape(clips, len(_MASKED), 2 * _SIDES, -1, frames).unbind(1)
    return torch.cat([drums, bass, -(drums + bass + vocals), vocals], dim=1)


@torch.no_grad()
def wake(module: Any, spectrum: Callable[[], Any]) -> None:
    """Scale the layers between so that each channel has the mean 0 and the deviation 1, gates'
    1.5, and the last gates' 0.4 around a quarter. `spectrum` puts a batch through the network."""
    module.encoder[1].conv.weight[:, :CARRIED] = 0
    last, up = module.decoder[-1].rewrite, module.decoder[-2].conv_tr
    last.weight[CHANNELS:, :CARRIED] = 0
    last.weight[CHANNELS + 1 :: 2] = last.weight[CHANNELS::2]  # real and imaginary parts alike
    parts = [(layer.conv, layer.rewrite, 1.0, 1.5) for layer in module.encoder[1:]]
    parts += [(layer.conv_tr, layer.rewrite, 1.0, 1.5) for layer in module.decoder[:-1]]
    hooks = [last.register_forward_hook(_scaler(0.4, _CLOSED, CHANNELS))]
    for one, other, level, other_level in parts:
        hooks.append(one.register_forward_hook(_scaler(level)))
        hooks.append(other.register_forward_hook(_scaler(other_level)))
    hooks.append(up.register_forward_hook(_silenced))
    spectrum()
    for hook in hooks:
        hook.remove()


def _scaler(level: float, middle: float = 0.0, first: int = 0) -> Hook:
    """Gives each channel from `first` on the mean `middle` and the deviation `level`."""

    def scale(part: Any, _: Any, output: torch.Tensor) -> torch.Tensor:
        heard = output[:, first:] - part.bias[first:, None, None]
        mean, deviation = heard.mean((0, 2, 3)), heard.std((0, 2, 3)) + 1e-4
        factor = level / deviation
        if isinstance(part, nn.ConvTranspose2d):
            part.weight.mul_(factor[:, None, None])
        else:
            part.weight[first:].mul_(factor[:, None, None, None])
        part.bias[first:] = middle - mean * factor
        scaled = (heard - mean[:, None, None]) * factor[:, None, None] + middle
        return torch.cat([output[:, :first], scaled], dim=1)

    return scale


def _silenced(part: Any, _: Any, output: torch.Tensor) -> torch.Tensor:
    """What comes from the layers between does not mix with what is carried."""
    part.weight[:, :CARRIED] = 0
    part.bias[:CARRIED] = 0
    kept = output.clone()
    kept[:, :CARRIED] = 0
    return kept


@torch.no_grad()
def constrain(module: Any) -> None:
    """Take out of the gradients what would change what is carried, how it is masked, or let phases
    be heard. (Those of the sides' difference may be: their channels hear other times, too.)"""
    first, last = module.encoder[0], module.decoder[-1]
    for part in (first.conv, last.conv_tr):
        for weight in part.parameters():
            weight.grad = None
    for residual in first.dconv.layers:
        _averaged(residual[0].weight.grad, _loudnesses())
        residual[-1].scale.grad[: 2 * CARRIED] = 0
    hearing = first.rewrite
    for rows in (slice(0, CARRIED), slice(CHANNELS, CHANNELS + CARRIED)):
        hearing.weight.grad[rows] = 0
        hearing.bias.grad[rows] = 0
    _averaged(hearing.weight.grad, _loudnesses()[: _BINS * _SIDES])
    module.encoder[1].conv.weight.grad[:, :CARRIED] = 0
    up = module.decoder[-2].conv_tr
    up.weight.grad[:, :CARRIED] = 0
    up.bias.grad[:CARRIED] = 0
    module.freq_emb.embedding.weight.grad[:, :CARRIED] = 0
    for slopes in (last.rewrite.weight.grad, last.rewrite.bias.grad):
        slopes[:CHANNELS] = 0
        gates = slopes[CHANNELS:]
        gates[::2] = (gates[::2] + gates[1::2]) / 2  # real and imaginary parts alike
        gates[1::2] = gates[::2]
    last.rewrite.weight.grad[CHANNELS:, :CARRIED] = 0
