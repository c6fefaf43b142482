"""Small random networks, and models folders as demucs' `tools/export_hf.py` lays them out.

Layer scales start near 0 in a fresh network, so that errors inside its blocks would not show:
here they lie between 0.1 and 0.5. All weights are rounded to half precision, as released files
hold them: a network and its loaded file compute the same bits.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
import yaml
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from demucs.transformer import LayerScale
from safetensors.torch import save
from torch import nn

SOURCES = ("drums", "bass", "other", "vocals")
SAMPLERATE = 44100
SEGMENT = Fraction(1, 2)  # seconds

# In networks this small the threads would mostly wait for each other.
torch.set_num_threads(1)

_HTDEMUCS = {"channels": 8, "bottom_channels": 32, "t_layers": 2, "t_heads": 4, "dconv_mode": 3}
_HDEMUCS = {"channels": 4}  # at the released depth, 6: with its LSTM and attention layers


def small_htdemucs(seed: int = 0, **changes: Any) -> nn.Module:
    """An HTDemucs with segments of half a second; `changes` are arguments of its class."""
    return _copy_of(HTDemucs, seed, {**_HTDEMUCS, **changes})


def small_hdemucs(seed: int = 0, **changes: Any) -> nn.Module:
    """An HDemucs with segments of half a second; `changes` are arguments of its class."""
    return _copy_of(HDemucs, seed, {**_HDEMUCS, **changes})


def random_network(klass: Any, seed: int, **arguments: Any) -> nn.Module:
    """A network with random weights, the same for the same seed, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: nn.Module = klass(**arguments)
        for module in network.modules():
            if isinstance(module, LayerScale):
                module.scale.data.uniform_(0.1, 0.5)
    for value in network.state_dict().values():
        value.copy_(value.half())
    return network.eval()


def install(
    folder: Path,
    name: str,
    networks: Sequence[nn.Module],
    weights: Sequence[Sequence[float]] | None = None,
    segment: float | None = None,
) -> list[Path]:
    """Write `<name>.yaml` and a file for each network into `folder`; returns those files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [save_network(folder, network) for network in networks]
    bag: dict[str, Any] = {"models": [file.stem for file in files]}
    if weights is not None:
        bag["weights"] = [list(row) for row in weights]
    if segment is not None:
        bag["segment"] = segment
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(bag), encoding="utf-8")
    return files


def install_small(folder: Path, name: str = "small") -> Path:
    """A models folder's quickest model: one small HTDemucs. Returns its file."""
    return install(folder, name, [small_htdemucs()])[0]


def install_best(folder: Path, **changes: Any) -> list[Path]:
    """The model of quality "best", as it is released: a network for each source."""
    networks = [small_htdemucs(seed, **changes) for seed in range(len(SOURCES))]
    identity = [[float(row == column) for column in range(4)] for row in range(4)]
    return install(folder, "htdemucs_ft", networks, weights=identity)


def save_network(folder: Path, network: nn.Module) -> Path:
    """Write `<signature>.safetensors`: half precision, class and arguments as metadata. The
    signature is the start of a SHA-256 of it all: the same network, the same file."""
    state = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    data = save(state, metadata=metadata_of(network))
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))  # else by chance
    signature = hashlib.sha256(json.dumps(header).encode() + data[end:]).hexdigest()[:8]
    path = folder / f"{signature}.safetensors"
    write_header(path, json.dumps(header).encode(), data[end:])
    return path


def metadata_of(network: nn.Module) -> dict[str, str]:
    """`klass`, `args` and `kwargs` as `tools/export_hf.py` writes them."""
    captured: Any = network._init_args_kwargs
    args, kwargs = captured
    klass = type(network)
    return {
        "klass": f"{klass.__module__}.{klass.__qualname__}",
        "args": json.dumps(args, default=_fraction),
        "kwargs": json.dumps(kwargs, default=_fraction),
    }


def edit_header(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the JSON header of a safetensors file and leave its data."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    change(header)
    write_header(path, json.dumps(header).encode(), data[end:])


def edit_arguments(path: Path, **changes: Any) -> None:
    """Change keyword arguments in a model file's metadata."""

    def change(header: dict[str, Any]) -> None:
        kwargs = json.loads(header["__metadata__"]["kwargs"]) | changes
        header["__metadata__"]["kwargs"] = json.dumps(kwargs, default=_fraction)

    edit_header(path, change)


def write_header(path: Path, header: bytes, data: bytes = b"") -> None:
    """Write a safetensors file with exactly this header."""
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


def _fraction(value: Any) -> dict[str, Any]:
    assert isinstance(value, Fraction)
    return {
        "_type": "fraction",
        "numerator": value.numerator,
        "denominator": value.denominator,
    }


def _copy_of(klass: Any, seed: int, arguments: dict[str, Any]) -> nn.Module:
    """A copy: stock demucs changes a network's segment in place."""
    everything = {
        "sources": list(SOURCES),
        "samplerate": SAMPLERATE,
        "segment": SEGMENT,
        **arguments,
    }
    return copy.deepcopy(_made(klass, seed, json.dumps(everything, default=_fraction)))


@functools.cache
def _made(klass: Any, seed: int, arguments: str) -> nn.Module:
    decoded = json.loads(arguments)
    segment = decoded["segment"]
    if isinstance(segment, dict):
        decoded["segment"] = Fraction(segment["numerator"], segment["denominator"])
    return random_network(klass, seed, **decoded)
