"""How the sound of the last window did, for `stemdesk doctor`: a process of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from stemdesk.core.files import replace_file
from stemdesk.log import log

FILE_NAME = "sound.json"


@dataclass(frozen=True, slots=True)
class SoundNote:
    """`output`: the device that played last. `underruns`: how often sound that was due was not
    there, since the window was opened."""

    output: str
    underruns: int


def write_sound_note(data: Path, note: SoundNote) -> None:
    """In place of the one before. Never raises."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        replace_file(data / FILE_NAME, json.dumps(asdict(note)).encode("ascii"))
    except OSError as error:  # only a count
        log.warning("how the sound did was not noted: %s", error)


def read_sound_note(data: Path) -> SoundNote | None:
    """None where nothing was played yet, or the note cannot be read."""
    try:
        value = json.loads((data / FILE_NAME).read_text("utf-8"))
        return SoundNote(str(value["output"]), int(value["underruns"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
