"""Export orders under a name: those that come with the app, and the person's own, in a JSON file.

A file that cannot be read never stops the app: what is usable in it is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemdesk.core.errors import ErrorCode, SettingsError, write_error
from stemdesk.core.export_order import (
    ALL_STEMS,
    Clipping,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.files import replace_file
from stemdesk.core.template import check_template
from stemdesk.core.text import clean

NAME_LENGTH = 60  # characters
_VERSION = 1
_FOLDER = "{artist} - {title}"


@dataclass(frozen=True, slots=True)
class ExportPreset:
    """Raises `SettingsError` for a name that is none: empty, too long, not one plain line."""

    name: str
    order: ExportOrder

    def __post_init__(self) -> None:
        if not self.name or self.name != clean(self.name) or len(self.name) > NAME_LENGTH:
            raise SettingsError(ErrorCode.SETTINGS_INVALID, f"a preset's name: {self.name!r}")


def _for_a_daw(template: str, *extras: Extra) -> ExportOrder:
    """24 bits at the song's own rate; together the files are the song, bit for bit."""
    return ExportOrder(
        exact_sum=True,
        clipping=Clipping.OFF,  # what does not fit into one stem goes to another
        template=template,
        extras=frozenset(extras),
    )


BUILT_IN = (
    ExportPreset(
        "For a DAW",
        _for_a_daw(
            f"{_FOLDER}/{{title}} ({{stem}})", Extra.REAPER, Extra.DAWPROJECT, Extra.MANIFEST
        ),
    ),
    ExportPreset("For Ableton", _for_a_daw(f"{_FOLDER}/{{stem}} {{title}} {{bpm}}bpm {{key}}")),
    ExportPreset(
        "MP3s for the band",
        ExportOrder(
            parts=(ALL_STEMS, Part(PartKind.ORIGINAL)),
            formats=(FileFormat(FileKind.MP3, kbps=256),),
        ),
    ),
    ExportPreset(
        "Instrumental and a cappella",
        ExportOrder(
            parts=(Part(PartKind.INSTRUMENTAL), Part(PartKind.A_CAPPELLA)),
            formats=(FileFormat(FileKind.FLAC),),
            template=f"{_FOLDER} ({{stem}})",
        ),
    ),
    ExportPreset(
        "The remix as MP3",
        ExportOrder(
            parts=(Part(PartKind.REMIX),),
            formats=(FileFormat(FileKind.MP3, kbps=320),),
            template=f"{_FOLDER} ({{stem}})",
        ),
    ),
    ExportPreset(
        "For DJs (NI Stems)",
        ExportOrder(parts=(), formats=(), template=_FOLDER, extras=frozenset({Extra.NI_STEMS})),
    ),
    ExportPreset(
        "Video with the remix",
        ExportOrder(
            parts=(), formats=(), template=f"{_FOLDER} (remix)", extras=frozenset({Extra.VIDEO})
        ),
    ),
)


def preset_named(name: str, saved: Iterable[ExportPreset]) -> ExportPreset | None:
    """The preset of that name, whatever its letters' case; a saved one before one of ours."""
    wanted = name.strip().casefold()
    return next((it for it in (*saved, *BUILT_IN) if it.name.casefold() == wanted), None)


def load_presets(path: Path) -> tuple[ExportPreset, ...]:
    """The saved presets, in their order; those that cannot be used are left out, and so is a
    second one of the same name."""
    try:
        value = json.loads(path.read_text("utf-8"))
        entries = list(value["presets"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    found: dict[str, ExportPreset] = {}
    for entry in entries:
        preset = _preset(entry)
        if preset is not None:
            found.setdefault(preset.name.casefold(), preset)
    return tuple(found.values())


def save_presets(path: Path, presets: Sequence[ExportPreset]) -> None:
    """Write the person's presets. Raises `DiskFullError` or `ExportError`."""
    entries = [{"name": item.name, "order": item.order.to_json()} for item in presets]
    text = json.dumps({"version": _VERSION, "presets": entries}, indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode("ascii"))
    except OSError as error:
        raise write_error(error, path) from error


def _preset(entry: Any) -> ExportPreset | None:
    try:
        preset = ExportPreset(str(entry["name"]), ExportOrder.from_json(entry["order"]))
        check_template(preset.order.template)
    except (SettingsError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return preset
