"""Reads `<name>.yaml`: which model files make a model, with which weights.

As demucs writes them: `models: [signature, …]`, optional `weights` (one row for each model, one
number for each source) and optional `segment` in seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.arguments import MAX_SEGMENT_S

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAX_YAML_BYTES = 64 * 1024
MAX_MODELS = 16
MAX_WEIGHT = 1e6

Weights = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Bag:
    """`weights`: [models][sources], or None for all alike. `segment`: seconds, or None for each
    model's own."""

    signatures: tuple[str, ...]
    weights: Weights | None
    segment: float | None


def read_bag(path: Path) -> Bag:
    """Raises `ModelError`: MODEL_CORRUPT, or MODEL_REFUSED for what may be an attack (more than
    64 KiB, aliases, odd names)."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_YAML_BYTES + 1)
        if len(data) > MAX_YAML_BYTES:
            raise ModelError(ErrorCode.MODEL_REFUSED, f"more than {MAX_YAML_BYTES} bytes")
        return _bag(yaml.load(data, _PlainLoader))
    except ModelError as error:
        error.path = path
        raise
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise ModelError(ErrorCode.MODEL_CORRUPT, str(error)[:300], path=path) from error


class _PlainLoader(yaml.SafeLoader):
    """`SafeLoader` without anchors and aliases (a few lines of them can fill the memory) and
    without keys that stand there twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise ModelError(ErrorCode.MODEL_REFUSED, "anchors and aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) != len(node.value):
            raise ModelError(ErrorCode.MODEL_CORRUPT, "a key stands there twice")
        return mapping


def _bag(value: Any) -> Bag:
    if not isinstance(value, dict) or not value.keys() <= {"models", "weights", "segment"}:
        raise _corrupt("expected models, and perhaps weights and segment")
    return Bag(
        _signatures(value.get("models")),
        _weights(value.get("weights")),
        _segment(value.get("segment")),
    )


def _signatures(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_MODELS:
        raise _corrupt(f"models must list 1 to {MAX_MODELS} signatures")
    for signature in value:
        if not isinstance(signature, str) or not NAME.fullmatch(signature):
            raise ModelError(
                ErrorCode.MODEL_REFUSED,
                f"signature {str(signature)[:80]!r}: only text of A-Z a-z 0-9 _ - is allowed",
            )
    return tuple(value)


def _weights(value: Any) -> Weights | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise _corrupt("weights must be a list of lists")
    for weight in (weight for row in value for weight in row):
        if not _is_number(weight) or not 0 <= weight <= MAX_WEIGHT:
            raise _corrupt(f"weight {str(weight)[:40]} is not a number, 0 to {MAX_WEIGHT:.0f}")
    return tuple(tuple(float(weight) for weight in row) for row in value)


def _segment(value: Any) -> float | None:
    if value is None:
        return None
    if not _is_number(value) or not 0 < value <= MAX_SEGMENT_S:
        raise _corrupt(f"segment {str(value)[:40]} is not over 0 and up to {MAX_SEGMENT_S} s")
    segment: float = value
    return segment


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _corrupt(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_CORRUPT, detail)
