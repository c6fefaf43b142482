"""Model files that run a command when they are unpickled."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import torch
from torch import nn


class Runs:
    """Unpickled, it makes the file `marker`."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self._marker}'",)


def hostile_packages(marker: Path, network: nn.Module) -> dict[str, dict[str, Any]]:
    """What a `.th` file holds, with something hostile in one place or another."""
    captured: Any = network._init_args_kwargs
    args, kwargs = captured
    state = {name: value.half() for name, value in network.state_dict().items()}
    whole = {"klass": type(network), "args": args, "kwargs": kwargs, "state": state}
    bad = Runs(marker)
    return {
        "klass": whole | {"klass": bad},
        "args": whole | {"args": (bad,)},
        "kwargs": whole | {"kwargs": {**kwargs, "channels": bad}},
        "state": whole | {"state": {**state, "encoder.0.conv.bias": bad}},
        "beside": whole | {"training_args": bad},
        "class that runs": whole | {"klass": os.system},
    }


def save_hostile(path: Path, package: Any, zipped: bool = True) -> Path:
    """As torch's files are now, or as they once were."""
    torch.save(package, path, _use_new_zipfile_serialization=zipped)
    return path


def would_run(path: Path, marker: Path) -> bool:
    """Whether the file does what it should if one lets it; the marker is gone again after it."""
    torch.load(io.BytesIO(path.read_bytes()), weights_only=False)
    ran = marker.exists()
    marker.unlink(missing_ok=True)
    return ran
