"""A stand-in model for a machine that has none yet: an HTDemucs of one layer with weights set by
hand, which splits by pitch range and stereo position.

It shows on the demo song how everything works: low sounds become "bass", high ones "drums", what
is in the middle of the stereo picture "vocals", what is at its sides "other", and together they
are the song again. It hears no instruments. It goes as soon as the app brings a trained model.

How it works: the frequency branch cuts the spectrum into groups of four bins. GELU is passed
unharmed, since gelu(x) - gelu(-x) = x. The frequency embedding holds the crossovers, and the
decoder's gates (GLU) let each source have its part. The time branch is silent.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from safetensors.torch import save
from torch import nn

from stemdesk.core.errors import write_error
from stemdesk.core.files import replace_file
from stemdesk.models.library import STAND_IN

_SIGNATURE = "standin0"
_SOURCES = ["drums", "bass", "other", "vocals"]
_ARGUMENTS: dict[str, Any] = {
    "sources": _SOURCES,
    "channels": 64,
    "depth": 1,
    "t_layers": 0,
    "dconv_mode": 0,
}
_RATE = 44100
_BINS, _TAPS, _PAD = 4, 8, 2  # bins of a group; taps of a convolution; its padding
_PARTS = 4  # left and right, each real and imaginary
_VALUES = _PARTS * _BINS  # of one group and instant
_OPEN = 20.0  # sigmoid(20) is 1 in float32
_LOW_HZ, _HIGH_HZ, _WIDTH_HZ = 170.0, 5500.0, 60.0
_LOW, _MIDDLE, _HIGH = range(_VALUES, _VALUES + 3)  # channels of the embedding


def make_stand_in(folder: Path) -> None:
    """Write the model into the models folder `folder`, unless it is there.

    Raises `DiskFullError` or `ExportError`.
    """
    if (folder / f"{STAND_IN}.yaml").exists():
        return
    state = {name: value.half().contiguous() for name, value in network().state_dict().items()}
    segment = {"_type": "fraction", "numerator": 39, "denominator": 5}
    header = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": json.dumps([]),
        "kwargs": json.dumps({**_ARGUMENTS, "segment": segment}),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(
            folder / f"{_SIGNATURE}.safetensors", _repeatable(save(state, metadata=header))
        )
        replace_file(folder / f"{STAND_IN}.yaml", f"models: ['{_SIGNATURE}']\n".encode())
    except OSError as error:
        raise write_error(error, folder) from error


def _repeatable(data: bytes) -> bytes:
    """A safetensors file with its metadata in order: by itself it stands there by chance, and the
    file's hash is part of what makes a song "already split"."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


@torch.no_grad()
def network() -> nn.Module:
    """The network, in evaluation mode."""
    module: Any = HTDemucs(**_ARGUMENTS, segment=Fraction(39, 5))
    for parameter in module.parameters():
        parameter.zero_()
    _set_encoder(module.encoder[0])
    _set_embedding(module)
    _set_decoder(module.decoder[0])
    done: nn.Module = module.eval()
    return done


def _set_encoder(layer: Any) -> None:
    """Channels 0 to 15: the group's values, [part][bin]."""
    for part in range(_PARTS):
        for place in range(_BINS):
            value = part * _BINS + place
            layer.conv.weight[2 * value, part, place + _PAD, 0] = 1
            layer.conv.weight[2 * value + 1, part, place + _PAD, 0] = -1
            layer.rewrite.weight[value, 2 * value, 0, 0] = 1
            layer.rewrite.weight[value, 2 * value + 1, 0, 0] = -1
    gates = layer.rewrite.bias.shape[0] // 2
    layer.rewrite.bias[gates:] = _OPEN


def _set_embedding(module: Any) -> None:
    """How open each band is in each group, as the logarithm of its odds: two neighbours that
    share a crossover add up to one."""
    table = module.freq_emb.embedding.weight
    scale = module.freq_emb_scale * module.freq_emb.scale
    hertz = (torch.arange(table.shape[0]) + 0.5) * _BINS * _RATE / module.nfft
    above_low = (hertz - _LOW_HZ) / _WIDTH_HZ
    above_high = (hertz - _HIGH_HZ) / _WIDTH_HZ
    bands = {_LOW: -above_low, _MIDDLE: torch.minimum(above_low, -above_high), _HIGH: above_high}
    for channel, odds in bands.items():
        table[:, channel] = odds.clamp(-_OPEN, _OPEN) / scale


def _set_decoder(layer: Any) -> None:
    """Channels [source][part][bin]: the source's value, and as its gate the band's odds.

    Without a transformer the decoder hears everything twice, as itself and as its skip.
    """
    for index, source in enumerate(_SOURCES):
        for part in range(_PARTS):
            for place in range(_BINS):
                channel = (index * _PARTS + part) * _BINS + place
                same, across = part * _BINS + place, (part + 2) % _PARTS * _BINS + place
                wanted = layer.rewrite.weight[channel, :, 1, 1]
                if source in ("vocals", "other"):  # the middle, and what is left without it
                    wanted[same] = 0.25
                    wanted[across] = 0.25 if source == "vocals" else -0.25
                else:
                    wanted[same] = 0.5
                gate = layer.rewrite.weight[channel + layer.rewrite.weight.shape[1], :, 1, 1]
                gate[{"bass": _LOW, "drums": _HIGH}.get(source, _MIDDLE)] = 0.5
                layer.conv_tr.weight[channel, index * _PARTS + part, place + _PAD, 0] = 1
