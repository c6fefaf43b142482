"""What a command line asks of exports, as one order."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stemdesk.core.errors import ErrorCode, SettingsError
from stemdesk.core.export_order import (
    Clipping,
    Collision,
    ExportOrder,
    Extra,
    Part,
    PartKind,
)
from stemdesk.core.export_presets import BUILT_IN, ExportPreset, load_presets, preset_named
from stemdesk.core.file_format import BITS, KBPS, QUALITIES, FileFormat, FileKind
from stemdesk.core.options import AudioFormat
from stemdesk.core.template import check_template, tells_parts_apart
from stemdesk.paths import Folders

_BITS = 24
_VOCALS = "vocals"
_ALONE = frozenset({Extra.NI_STEMS, Extra.VIDEO})
"""Extras that are what a person wants, where nothing else is named."""
_PROJECTS = frozenset({Extra.REAPER, Extra.DAWPROJECT})
_WITH_BITS = {kind: (0, *held) for kind, held in BITS.items()}  # 0: as the source
_PLAIN = {item.value for item in AudioFormat}
_SWITCHES = ("preset", "parts", "two_stems", "kbps", "vbr", "rate", "dither", "clipping", "tags",
             "template", "if_there", "extras")  # fmt: skip


def find_preset(name: str, where: Folders) -> ExportPreset:
    """Raises `SettingsError` PRESET_UNKNOWN."""
    saved = load_presets(where.export_presets)
    preset = preset_named(name, saved)
    if preset is None:
        known = ", ".join(f"“{one.name}”" for one in (*saved, *BUILT_IN))
        raise SettingsError(ErrorCode.PRESET_UNKNOWN, preset=name, known=known)
    return preset


def exports_too(options: argparse.Namespace) -> bool:
    """Whether a line of `split` asks for an export, and not only for stems in a song folder."""
    formats = [kind.value for kind in options.format or ()]
    plain = not formats or (len(formats) == 1 and formats[0] in _PLAIN)
    given = any(getattr(options, name) is not None for name in _SWITCHES)
    return given or options.beside or options.bits == 0 or not plain


def order_of(options: argparse.Namespace, base: ExportOrder, bits: int = _BITS) -> ExportOrder:
    """`base` (a preset's order, or the usual one) with what the line says put in. `bits`: of
    lossless formats of which the line names none. Raises `SettingsError` for what cannot be."""
    changes: dict[str, Any] = {
        "samplerate": options.rate,
        "exact_sum": options.exact_sum,
        "dither": options.dither,
        "clipping": None if options.clipping is None else Clipping(options.clipping),
        "template": options.template,
        "collision": None if options.if_there is None else Collision(options.if_there),
        "extras": None if options.extras is None else base.extras | set(options.extras),
        "tags": options.tags,
        "beside_source": True if options.beside else None,
        "loop_only": True if getattr(options, "loop", False) else None,
        "tempo_and_key": False if getattr(options, "as_recorded", False) else None,
        "parts": options.parts or (_two(options.two_stems) if options.two_stems else None),
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    alone = options.extras is not None and _ALONE.issuperset(options.extras)
    nothing_else = not (options.preset or options.parts or options.two_stems or options.format)
    if alone and nothing_else:
        changes |= {"parts": (), "formats": ()}
    else:
        if not base.parts and (changes.get("parts") or options.format):
            usual = ExportOrder()  # the preset has but an extra, and a name for no more than that
            base = replace(base, parts=usual.parts, formats=usual.formats, template=usual.template)
        changes["formats"] = _formats(options, base.formats, bits)
    order = replace(base, **_for_projects(changes, base))
    check_template(order.template)
    return order


def warning(order: ExportOrder) -> str:
    """What a person should know before it begins; "" for nothing."""
    several = len(order.parts) > 1 or Part(PartKind.STEM) in order.parts
    if several and not tells_parts_apart(order.template):
        return "The template has no {stem}: the files of a song differ by a number only."
    return ""


def _two(stem: str) -> tuple[Part, Part]:
    rest = Part(PartKind.INSTRUMENTAL) if stem == _VOCALS else Part(PartKind.ALL_BUT, stem)
    return Part(PartKind.STEM, stem), rest


def _for_projects(changes: dict[str, Any], base: ExportOrder) -> dict[str, Any]:
    """Whoever takes stems into a project wants them to sum to the song, unless the line says
    otherwise."""
    extras = changes.get("extras", frozenset()) - base.extras
    if "exact_sum" in changes or not extras & _PROJECTS:
        return changes
    clipping = changes.get("clipping", Clipping.OFF)
    if clipping is Clipping.LIMIT:
        return changes
    return changes | {"exact_sum": True, "clipping": clipping}


def _formats(
    options: argparse.Namespace, base: Sequence[FileFormat], bits: int
) -> tuple[FileFormat, ...]:
    """The line's formats, else `base`, each with the line's bits, bit rate and quality where it
    has such a thing. Raises `SettingsError` where none of them has."""
    if options.bits == 32 and not options.format:
        base = [FileFormat(FileKind.WAV)]  # nothing else holds it
    named = [FileFormat(kind).with_source_bits(bits) for kind in options.format or ()]
    formats = named or list(base)
    if None not in (options.kbps, options.vbr) and FileKind.MP3 in {it.kind for it in formats}:
        raise _wrong("mp3 takes --kbps or --vbr, not both")
    formats = _with(formats, "--bits", options.bits, _WITH_BITS)
    formats = _with(formats, "--kbps", options.kbps, KBPS)
    formats = _with(formats, "--vbr", options.vbr, QUALITIES)
    return tuple(dict.fromkeys(formats))


def _with(
    formats: list[FileFormat],
    option: str,
    value: int | None,
    held: Mapping[FileKind, Collection[int]],
) -> list[FileFormat]:
    """The formats with this value where they can hold one (`held`). Raises `SettingsError`."""
    if value is None:
        return formats
    if not any(one.kind in held for one in formats):
        raise _wrong(f"{option} is for {', '.join(kind.value for kind in held)}")
    for one in formats:
        if value not in held.get(one.kind, (value,)):
            known = ", ".join(str(item) for item in held[one.kind] if item or option != "--bits")
            raise _wrong(f"{option} {value}: {one.kind.value} takes {known}")
    return [_changed(one, option, value) if one.kind in held else one for one in formats]


def _changed(one: FileFormat, option: str, value: int) -> FileFormat:
    if option == "--bits":
        return replace(one, bits=value)
    if option == "--kbps":
        return replace(one, kbps=value, quality=None)
    return replace(one, kbps=None, quality=value)


def _wrong(text: str) -> SettingsError:
    return SettingsError(ErrorCode.SETTINGS_INVALID, text)
