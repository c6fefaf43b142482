"""Turns an original `.th` file of the author's into a model file of ours.

A `.th` file is a pickle, and a pickle is a program. Only one whose full SHA-256 is pinned in the
catalogue comes here; the bytes that were hashed are the bytes that are read; and they are read by
torch's restricted unpickler, which knows tensors and plain values and is shown three names more.
Two of them stand for the networks' classes and cannot do anything.
"""

from __future__ import annotations

import hashlib
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.arguments import RULES
from stemdesk.models.catalogue import LegacyFile

_DTYPES = (torch.float16, torch.float32)


def _mark(klass: str) -> type:
    """An empty class that the unpickler takes for the one of that name."""
    module, _, name = klass.rpartition(".")
    return type(name, (), {"__module__": module, "__qualname__": name})


_MARKS = {_mark(klass): klass for klass in RULES}


def convert_legacy(path: Path, expected: LegacyFile) -> bytes:
    """The file as safetensors, in the layout of the released ones, with the same weights.

    Raises `ModelError`: MODEL_NOT_RECOGNISED if it is not just the expected file, MODEL_CORRUPT
    or MODEL_REFUSED (with `path`) if what is in it is not a Demucs network.
    """
    try:
        with path.open("rb") as file:
            data = file.read(expected.size_bytes + 1)
    except OSError as error:
        raise ModelError(ErrorCode.MODEL_CORRUPT, str(error), path=path) from error
    if hashlib.sha256(data).hexdigest() != expected.sha256:
        raise ModelError(ErrorCode.MODEL_NOT_RECOGNISED, "not the pinned SHA-256", path=path)
    try:
        return _safetensors(_unpickled(data))
    except ModelError as error:
        error.path = path
        raise


def _unpickled(data: bytes) -> dict[str, Any]:
    try:
        with torch.serialization.safe_globals([*_MARKS, Fraction]):
            package = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a broken or a hostile pickle makes torch raise
        raise _refused(_cause(error)) from error
    if not isinstance(package, dict) or not {"klass", "args", "kwargs", "state"} <= package.keys():
        raise _refused("no package of klass, args, kwargs and state")
    return package


def _cause(error: Exception) -> str:
    """What the unpickler met, without torch's advice to open the file without any protection."""
    cause = error.__context__ or error
    first = str(cause).partition(". ")[0].partition("\n")[0]
    return f"{type(cause).__name__}: {first[:200]}"


def _safetensors(package: dict[str, Any]) -> bytes:
    klass, args = package["klass"], package["args"]
    kwargs, state = package["kwargs"], package["state"]
    if not isinstance(klass, type) or klass not in _MARKS:
        raise _refused(f"the class {str(klass)[:80]!r}")
    if not isinstance(args, list | tuple):
        raise _refused("args is no list")
    if not isinstance(kwargs, dict) or not isinstance(state, dict):
        raise _refused("kwargs and state are no tables")
    # As demucs does with its old files: what the class of today does not take is left out.
    taken = {name: value for name, value in kwargs.items() if name in RULES[_MARKS[klass]]}
    tensors = {}
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise _refused(f"state: {str(name)[:80]!r} is no tensor")
        if value.dtype not in _DTYPES or value.layout is not torch.strided:
            raise _refused(f"tensor {name[:80]!r} is {value.dtype}, {value.layout}")
        tensors[name] = value.detach().clone(memory_format=torch.contiguous_format)
    metadata = {
        "klass": _MARKS[klass],
        "args": _json(list(args)),
        "kwargs": _json(taken),
    }
    return _in_order(save(tensors, metadata=metadata))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, default=_fraction, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _refused(f"arguments: {str(error)[:200]}") from error


def _fraction(value: Any) -> dict[str, Any]:
    """Demucs' JSON for a fraction; nothing else is turned into JSON."""
    if not isinstance(value, Fraction):
        raise TypeError(f"{type(value).__name__} is no plain value")
    return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}


def _in_order(data: bytes) -> bytes:
    """A safetensors file with its header in order: by itself the metadata stands there by chance,
    and the same file is to give the same bytes each time."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


def _refused(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_REFUSED, detail)
