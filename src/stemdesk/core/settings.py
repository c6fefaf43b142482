"""Settings: declared once with type, default and label; JSON, written atomically.

A file that cannot be read, or a value that is not allowed, never stops the app: the default is
used for that setting and the rest is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from stemdesk.core.errors import ErrorCode, SettingsError, write_error
from stemdesk.core.files import replace_file
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.quality import Quality

_HOURS_MAX = 24 * 7


def _setting(default: Any, label: str, choices: tuple[Any, ...] = ()) -> Any:
    return field(default=default, metadata={"label": label, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """The person's choices. A job takes a snapshot when it is added and never reads them again."""

    output_folder: str = _setting("", "Save stems to")  # empty: Music/StemDesk
    format: str = _setting("flac", "File format", tuple(item.value for item in AudioFormat))
    bits: int = _setting(24, "Bits per sample", (16, 24, 32))
    quality: str = _setting("standard", "Quality", tuple(item.value for item in Quality))
    model: str = _setting("", "Model")  # empty: htdemucs, else another installed one
    stems: tuple[str, ...] = _setting((), "Stems")  # empty: all
    device: str = _setting("auto", "Compute on", ("auto", "cpu", "cuda", "mps"))
    full_precision: bool = _setting(False, "Full precision")
    models_folder: str = _setting("", "Models folder")  # empty: the app's own
    model_mirror: str = _setting("", "Mirror for models")  # address; empty: where they are at home
    draft_accepted: bool = _setting(False, "Split with the draft model")  # do not ask again
    scratch_folder: str = _setting("", "Working folder")  # empty: the app's own
    longest_hours: float = _setting(24.0, "Longest song (hours)")
    window: str = _setting("", "Window geometry")
    exact_sum: bool = _setting(False, "Stems sum to the mix")
    welcomed: bool = _setting(False, "Has added a song")  # the first start's card is not shown

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            choices = item.metadata["choices"]
            if choices and value not in choices:
                raise SettingsError(ErrorCode.SETTINGS_INVALID, f"{item.name}: {value!r}")
        if not 0 < self.longest_hours <= _HOURS_MAX:
            raise SettingsError(
                ErrorCode.SETTINGS_INVALID, f"longest_hours: {self.longest_hours!r}"
            )

    @property
    def export(self) -> ExportOptions:
        """The export options; FLAC cannot hold 32 bits, so it falls to 24."""
        kind = AudioFormat(self.format)
        bits = 24 if kind is AudioFormat.FLAC and self.bits == 32 else self.bits
        return ExportOptions(kind, bits, self.exact_sum)


def load_settings(path: Path) -> Settings:
    """The settings in `path`, defaults where there is nothing usable."""
    settings = Settings()
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return settings
    if not isinstance(values, dict):
        return settings
    for item in fields(Settings):
        if item.name not in values:
            continue
        try:
            changed: Any = {item.name: _typed(values[item.name], item.default)}
            settings = replace(settings, **changed)
        except (SettingsError, TypeError, ValueError):
            continue
    return settings


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings. Raises `DiskFullError` or `ExportError`."""
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(values, indent=2, ensure_ascii=False).encode())
    except OSError as error:
        raise write_error(error, path) from error


def _typed(value: Any, default: Any) -> Any:
    """`value` as the type of `default`, or `TypeError`: JSON knows no tuples, and 24 is a float."""
    if isinstance(default, tuple) and isinstance(value, list):
        if not all(isinstance(item, str) for item in value):
            raise TypeError(value)
        return tuple(value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise TypeError(value)
    return value
