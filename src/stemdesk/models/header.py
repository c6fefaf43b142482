"""Reads the header of a model file (safetensors) without torch and without trusting it.

Layout of a safetensors file: 8 bytes little-endian length of the header, the header as JSON
(`{"__metadata__": {…}, name: {"dtype", "shape", "data_offsets"}}`), then the tensors' bytes
without gaps. Demucs puts the network's class and arguments into the metadata; its own reader
imports and calls whatever class is named there. Here the class must be one of two, and it is not
even imported.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.arguments import RULES, check_arguments

MAX_HEADER_BYTES = 1024 * 1024  # the largest released one has about 60 kB
MAX_FILE_BYTES = 2 * 1024**3
ITEM_BYTES = {"F16": 2, "F32": 4}

_METADATA_KEY = "__metadata__"
_REFUSED_KEYS = ("structure", "_class")  # quantised states: they name classes to import


@dataclass(frozen=True, slots=True)
class TensorPlace:
    """Where a tensor lies: `size_bytes` from byte `start` of the file. `dtype`: F16 or F32."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModelHeader:
    """A checked header. `arguments`: of the class' constructor, by name. `size_bytes`: of the
    whole file."""

    klass: str
    arguments: dict[str, Any]
    tensors: dict[str, TensorPlace]
    size_bytes: int


@contextmanager
def open_model(path: Path) -> Iterator[tuple[BufferedReader, ModelHeader]]:
    """Open a model file and check its header; tensors may be read from the file meanwhile.

    Raises `ModelError`: MODEL_MISSING, MODEL_CORRUPT (not a whole safetensors file),
    MODEL_REFUSED (another class, arguments out of bounds, too large).
    """
    if not path.is_file():
        raise ModelError(ErrorCode.MODEL_MISSING, "no such file", path=path, model=path.stem)
    try:
        with path.open("rb") as file:
            yield file, _read(file, path)
    except OSError as error:
        raise ModelError(ErrorCode.MODEL_CORRUPT, str(error), path=path) from error


def read_header(path: Path) -> ModelHeader:
    """The checked header of a model file. Raises `ModelError` as `open_model`."""
    with open_model(path) as (_, header):
        return header


def _read(file: BinaryIO, path: Path) -> ModelHeader:
    size_bytes = os.fstat(file.fileno()).st_size
    try:
        if size_bytes > MAX_FILE_BYTES:
            raise _refused(f"{size_bytes} bytes are more than any model has")
        length = int.from_bytes(file.read(8), "little")
        if length > MAX_HEADER_BYTES:
            raise _corrupt(f"the header would have {length} bytes")
        data = file.read(length)
        if size_bytes < 8 or len(data) < length or not data.startswith(b"{"):
            raise _corrupt("not a safetensors file, or cut off in its header")
        entries = _json(data, "the header")
        metadata = entries.pop(_METADATA_KEY, None)
        klass, arguments = _network(metadata)
        tensors = _places(entries, 8 + length, size_bytes)
    except ModelError as error:
        error.path = path
        raise
    return ModelHeader(klass, arguments, tensors, size_bytes)


def _network(metadata: Any) -> tuple[str, dict[str, Any]]:
    """The class' name and its arguments."""
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _corrupt("the header has no metadata of text")
    for key in _REFUSED_KEYS:
        if key in metadata:
            raise _refused(f"the metadata holds {key!r} (a quantised model)")
    klass = metadata.get("klass", "")
    if klass not in RULES:
        raise _refused(f"the class {klass[:80]!r} is not one of {', '.join(RULES)}")
    args = _decode(_json(metadata.get("args", "[]"), "args", list))
    kwargs = _decode(_json(metadata.get("kwargs", "{}"), "kwargs", dict))
    return klass, check_arguments(klass, args, kwargs)


def _decode(value: Any) -> Any:
    """Demucs' JSON for arguments: fractions are objects with a `_type`."""
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("_type") != "fraction":
        return {key: _decode(item) for key, item in value.items()}
    numerator, denominator = value.get("numerator"), value.get("denominator")
    if type(numerator) is not int or type(denominator) is not int or denominator == 0:
        raise _refused("a fraction without a whole numerator and denominator")
    return Fraction(numerator, denominator)


def _places(entries: dict[str, Any], data_start: int, size_bytes: int) -> dict[str, TensorPlace]:
    """Check that the tensors fill the rest of the file, each byte once."""
    places = {name: _place(name, entry, data_start) for name, entry in entries.items()}
    end = data_start
    for name, place in sorted(places.items(), key=lambda item: item[1].start):
        if place.start != end:
            raise _corrupt(f"a gap or an overlap before tensor {name[:80]!r}")
        end += place.size_bytes
    if end != size_bytes:
        raise _corrupt(f"the file has {size_bytes} bytes where its header describes {end}")
    return places


def _place(name: str, entry: Any, data_start: int) -> TensorPlace:
    what = f"tensor {name[:80]!r}"
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _corrupt(f"{what} has no dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_BYTES:
        raise _refused(f"{what} is {str(dtype)[:20]}, not F16 or F32")
    if not _whole_numbers(shape, 1) or len(shape) > 8:
        raise _corrupt(f"{what} has the shape {str(shape)[:80]}")
    if not _whole_numbers(offsets, 0) or len(offsets) != 2:
        raise _corrupt(f"{what} lies at {str(offsets)[:80]}")
    size_bytes = math.prod(shape) * ITEM_BYTES[dtype]
    if offsets[1] - offsets[0] != size_bytes:
        raise _corrupt(f"{what} has {offsets[1] - offsets[0]} bytes, its shape {size_bytes}")
    return TensorPlace(dtype, tuple(shape), data_start + offsets[0], size_bytes)


def _whole_numbers(value: Any, least: int) -> bool:
    return isinstance(value, list) and all(
        type(item) is int and least <= item <= MAX_FILE_BYTES for item in value
    )


def _json(text: str | bytes, what: str, kind: type = dict) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _corrupt(f"{what}: {str(error)[:200]}") from error
    if not isinstance(value, kind):
        raise _corrupt(f"{what} is not a JSON {kind.__name__}")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands there twice")
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _corrupt(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_CORRUPT, detail)


def _refused(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_REFUSED, detail)
