"""Makes a network from a model file, safely: nothing in the file is executed or unpickled.

The class is one of two, its arguments were checked (`models/arguments.py`), the network is first
built without memory (torch's "meta" device) and compared with what the file holds; only then are
the weights read, half precision widened to float32.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from fractions import Fraction
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.progress import CancelToken
from stemdesk.engine.devices import translate
from stemdesk.models.arguments import HDEMUCS, HTDEMUCS
from stemdesk.models.header import ITEM_BYTES, ModelHeader, TensorPlace, open_model
from stemdesk.models.info import ModelFile

_NUMPY = {"F16": "<f2", "F32": "<f4"}
_MOST_SHOWN = 3


def load_model(
    file: ModelFile, device: str | torch.device = "cpu", segment: Fraction | None = None
) -> nn.Module:
    """The network of a model file: float32 on `device`, in evaluation mode.

    `segment`: seconds of one pass, instead of the file's own.
    Raises `ModelError` (MODEL_MISSING, MODEL_CORRUPT, MODEL_REFUSED) and
    `DeviceError(DEVICE_OUT_OF_MEMORY)`.
    """
    try:
        with open_model(file.path) as (handle, header):
            _check_unchanged(file, header)
            module = _build(header)
            _check_tensors(module, header)
            state = {name: _read(handle, name, place) for name, place in header.tensors.items()}
        module.load_state_dict(state, strict=True, assign=True)
        module.requires_grad_(False)
        module.eval()
        module.to(device)
    except ModelError as error:
        error.path = file.path
        raise
    except (RuntimeError, AssertionError, MemoryError) as error:
        raise translate(error, str(device)) from error
    settings: Any = module
    settings.segment = segment or file.segment
    return module


def check_file(path: Path, cancel: CancelToken) -> None:
    """Prove that `load_model` would take this file: its class, arguments, shapes and values. Takes
    as much memory as its largest tensor.

    Raises `ModelError` (MODEL_MISSING, MODEL_CORRUPT, MODEL_REFUSED) and `Cancelled`.
    """
    try:
        with open_model(path) as (handle, header):
            _check_tensors(_build(header), header)
            for name, place in header.tensors.items():
                cancel.check()
                _read(handle, name, place)
    except ModelError as error:
        error.path = path
        raise
    except (RuntimeError, MemoryError) as error:
        raise translate(error, "cpu") from error


def _build(header: ModelHeader) -> nn.Module:
    """The network on the meta device: shapes only."""
    # Both only shape the initial values, which the file's replace.
    arguments = header.arguments | {"emb_smooth": False, "rescale": False}
    try:
        with torch.device("meta"), _NoValues(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about layers without any channel: refused below
            return _network_class(header.klass)(**arguments)
    except (
        ArithmeticError,
        AssertionError,
        IndexError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        detail = f"no network can be built: {type(error).__name__}: {str(error)[:300]}"
        raise ModelError(ErrorCode.MODEL_REFUSED, detail) from error


class _NoValues(TorchFunctionMode):
    """Leaves out what only changes initial values in place. On the meta device that does nothing,
    but imports torch's compiler and a symbolic algebra package: more than a second."""

    _LEFT_OUT = frozenset({"normal_", "mul_", "div_", "__imul__", "__idiv__", "__itruediv__"})

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        values = kwargs or {}
        if getattr(func, "__name__", "") in self._LEFT_OUT:
            return values["tensor"] if "tensor" in values else args[0]
        return func(*args, **values)


def _network_class(klass: str) -> type[nn.Module]:
    network: type[nn.Module]
    if klass == HTDEMUCS:
        from demucs.htdemucs import HTDemucs as network  # noqa: N813 - a class either way
    elif klass == HDEMUCS:
        from demucs.hdemucs import HDemucs as network  # noqa: N813 - a class either way
    else:
        raise ModelError(ErrorCode.MODEL_REFUSED, f"the class {klass[:80]!r}")
    return network


def _check_unchanged(file: ModelFile, header: ModelHeader) -> None:
    """The plan was made from `file`; it must still be what lies there."""
    arguments: Mapping[str, Any] = header.arguments
    if (file.klass, list(file.sources), file.samplerate) != (
        header.klass,
        arguments["sources"],
        arguments["samplerate"],
    ):
        raise _corrupt("the file was replaced by another one")


def _check_tensors(module: nn.Module, header: ModelHeader) -> None:
    """The file must hold exactly the network's tensors, each with its shape."""
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    found = {name: place.shape for name, place in header.tensors.items()}
    if missing := sorted(expected.keys() - found.keys()):
        raise _corrupt(f"{len(missing)} tensors are missing: {_some(missing)}")
    if extra := sorted(found.keys() - expected.keys()):
        raise _corrupt(f"{len(extra)} tensors too many: {_some(extra)}")
    for name, shape in expected.items():
        if found[name] != shape:
            raise _corrupt(f"tensor {name} has the shape {found[name]}, not {shape}")
    held = {id(tensor) for tensor in module.state_dict(keep_vars=True).values()}
    others = [name for name, buffer in module.named_buffers() if id(buffer) not in held]
    if others:  # they would stay without values
        raise ModelError(ErrorCode.MODEL_REFUSED, f"tensors outside the file: {_some(others)}")


def _read(handle: BufferedReader, name: str, place: TensorPlace) -> torch.Tensor:
    handle.seek(place.start)
    data = bytearray(math.prod(place.shape) * ITEM_BYTES[place.dtype])
    if len(data) != place.size_bytes or handle.readinto(data) != len(data):
        raise _corrupt(f"cut off in tensor {name}")
    values = torch.from_numpy(np.frombuffer(data, _NUMPY[place.dtype]).reshape(place.shape))
    tensor = values.to(torch.float32, copy=True)  # in torch's own memory, aligned as it likes
    # One that is not finite makes the sum so, which as float64 has room for all others together. It
    # takes half as long as asking each.
    if not math.isfinite(tensor.sum(dtype=torch.float64).item()):
        raise _corrupt(f"tensor {name} holds values that are not finite")
    return tensor


def _some(names: list[str]) -> str:
    more = ", …" if len(names) > _MOST_SHOWN else ""
    return ", ".join(name[:80] for name in names[:_MOST_SHOWN]) + more


def _corrupt(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_CORRUPT, detail)
