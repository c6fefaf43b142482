"""What a job is asked to do: a snapshot of the settings, so that it can be repeated exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from stemdesk.core.errors import ErrorCode, SettingsError

DEFAULT_OVERLAP = 0.25
MAX_SHIFTS = 2


class AudioFormat(StrEnum):
    """File formats of saved stems."""

    WAV = "wav"
    FLAC = "flac"


@dataclass(frozen=True, slots=True)
class SeparationOptions:
    """`model`: name in the models folder. `stems`: the wanted ones, empty for all of the
    model's. `overlap`: share of a segment that the next one repeats, 0 to 0.9. `shifts`: how many
    times the song is separated, each time moved by a fixed offset, and averaged; 0 for once,
    not moved. `full_precision`: float32 on a GPU, too."""

    model: str
    stems: tuple[str, ...] = ()
    overlap: float = DEFAULT_OVERLAP
    shifts: int = 0
    full_precision: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.overlap) and 0 <= self.overlap <= 0.9):
            raise SettingsError(ErrorCode.SETTINGS_INVALID, f"overlap {self.overlap}")
        if not 0 <= self.shifts <= MAX_SHIFTS:
            raise SettingsError(ErrorCode.SETTINGS_INVALID, f"shifts {self.shifts}")

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "stems": list(self.stems),
            "overlap": self.overlap,
            "shifts": self.shifts,
            "full_precision": self.full_precision,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            model=str(value["model"]),
            stems=tuple(str(stem) for stem in value["stems"]),
            overlap=float(value["overlap"]),
            shifts=int(value.get("shifts", 0)),  # 0.1.0's first jobs had neither
            full_precision=bool(value.get("full_precision", False)),
        )


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`bits`: 16, 24, or 32 (float, WAV only). `exact_sum`: the saved stems sum to the mix
    (`audio.exact_sum`); it has no effect where only a part of the model's stems is wanted.
    `keep_original`: a song that came from a link stays beside its stems; what is made of it is the
    same either way, so it does not count when options are compared."""

    format: AudioFormat = AudioFormat.FLAC
    bits: int = 24
    exact_sum: bool = False
    keep_original: bool = field(default=True, compare=False)

    def __post_init__(self) -> None:
        allowed = (16, 24, 32) if self.format is AudioFormat.WAV else (16, 24)
        if self.bits not in allowed:
            raise SettingsError(
                ErrorCode.SETTINGS_INVALID, f"{self.format.value} cannot hold {self.bits} bits"
            )

    def to_json(self) -> dict[str, Any]:
        return {
            "format": self.format.value,
            "bits": self.bits,
            "exact_sum": self.exact_sum,
            "keep_original": self.keep_original,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            format=AudioFormat(value["format"]),
            bits=int(value["bits"]),
            exact_sum=bool(value.get("exact_sum", False)),  # 0.1.0's first jobs had none
            keep_original=bool(value.get("keep_original", True)),  # nor did they come from links
        )
