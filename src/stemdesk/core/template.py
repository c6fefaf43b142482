"""Names of exported files by template: `{artist} - {title}/{track:02} {stem}`. `/` makes folders.
How empty fields are dealt with stands in `core.pattern`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from stemdesk.core.errors import ErrorCode, SettingsError
from stemdesk.core.names import MAX_BYTES, safe_name
from stemdesk.core.pattern import Field, Item, fields_of, fill, read_pattern
from stemdesk.core.text import clean

FIELDS: Mapping[str, str] = {
    "artist": "who plays it",
    "title": "the song; its file's name where no title is known",
    "album": "the album",
    "track": "the number on the album; {track:02} is 07",
    "stem": "what is in the file: vocals, instrumental, remix …",
    "model": "the model that split it",
    "bpm": "the tempo, where the song's file tells it",
    "key": "the key, where the song's file tells it",
    "date": "today, such as 2026-03-09",
    "name": "the song's file, without its ending",
    "format": "the file format, such as WAV 24-bit",
}
"""What can stand in braces, and what it becomes."""

MAX_FOLDERS = 8
MAX_UNITS = 180
"""UTF-16 units of a whole name: Windows takes 259, with the chosen folder, ` (99)` and suffix."""

_SLASH = re.compile(r"[/\\]")
_NOT_BELOW = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_SHORTEST, _STEP = 8, 4  # bytes of a field that is cut


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What is known of one file of one song; "" and None: not known. `stem`: what is in it.
    `name`: the name of the song's own file, without suffix. `format`: `FileFormat.label`."""

    artist: str = ""
    title: str = ""
    album: str = ""
    track: int | None = None
    stem: str = ""
    model: str = ""
    bpm: float | None = None
    key: str = ""
    date: date | None = None
    name: str = ""
    format: str = ""


def check_template(template: str) -> None:
    """Raises `SettingsError` for a template that cannot be: its `detail` says why."""
    _components(template)


def tells_parts_apart(template: str) -> bool:
    """Whether the files of one song get different names. Raises as `check_template`."""
    return _has(template, "stem")


def tells_formats_apart(template: str) -> bool:
    """Whether two formats with the same suffix get different names. Raises as `check_template`."""
    return _has(template, "format")


def name_for(template: str, facts: NameFacts) -> PurePosixPath:
    """The file's name below the chosen folder, without suffix; each component is a `safe_name`.

    Where it would be too long, its long fields are cut, never the one that tells the stems apart.
    Raises as `check_template`.
    """
    components = _components(template)
    values = {field: _written(field, facts) for part in components for field in fields_of(part)}
    names, longest = _names(components, values, facts), MAX_BYTES + _STEP
    while longest > _SHORTEST and not _fits(names):
        longest -= _STEP
        short = {
            field: text if field.name == "stem" else _cut(text, longest)
            for field, text in values.items()
        }
        names = _names(components, short, facts)
    return PurePosixPath(*(safe_name(name) for name in names))


def _components(template: str) -> list[tuple[Item, ...]]:
    """The template's folders and its file."""
    if _NOT_BELOW.match(template):
        raise _refused("it must not begin with a slash or a drive; it lies below the chosen folder")
    parts = _SLASH.split(template)
    if not parts[-1].strip():
        raise _refused("it must end with the file's name")
    if len(parts) > MAX_FOLDERS + 1:
        raise _refused(f"it has more than {MAX_FOLDERS} folders")
    if any(part.strip() and not part.strip(". ") for part in parts):
        raise _refused("a name of only dots")
    try:
        return [read_pattern(part, tuple(FIELDS)) for part in parts if part.strip()]
    except ValueError as error:
        raise _refused(str(error)) from error


def _refused(why: str) -> SettingsError:
    return SettingsError(ErrorCode.SETTINGS_INVALID, f"the name template: {why}")


def _has(template: str, name: str) -> bool:
    return any(field.name == name for part in _components(template) for field in fields_of(part))


def _names(
    components: Sequence[Sequence[Item]], values: Mapping[Field, str], facts: NameFacts
) -> list[str]:
    """Folders that are empty are left out; the file has a name in any case."""
    *folders, file = [" ".join(fill(part, values).split()) for part in components]
    named = [name for name in folders if name.strip(". ")]
    return [*named, file if file.strip(". ") else clean(facts.title or facts.name)]


def _fits(names: Sequence[str]) -> bool:
    units = sum(len(name.encode("utf-16-le", "replace")) // 2 + 1 for name in names)
    return units <= MAX_UNITS and all(
        len(name.encode("utf-8", "replace")) <= MAX_BYTES for name in names
    )


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore").rstrip()


def _written(field: Field, facts: NameFacts) -> str:
    """What stands in the field's place; a title's slashes make no folders."""
    if field.name in ("track", "bpm"):
        number = facts.track if field.name == "track" else facts.bpm
        return "" if number is None else _number(number, field.digits)
    if field.name == "date":
        return "" if facts.date is None else facts.date.isoformat()
    text = clean(str(getattr(facts, field.name)))
    if field.name == "title" and not text:
        text = clean(facts.name)
    return unicodedata.normalize("NFC", _SLASH.sub("_", text))


def _number(number: float, digits: int) -> str:
    """At most one decimal; none where digits are asked for."""
    return f"{round(number):0{digits}}" if digits else f"{number:.1f}".removesuffix(".0")
