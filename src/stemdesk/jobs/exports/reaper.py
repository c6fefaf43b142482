"""REAPER projects: plain text, nested `<BLOCK … >`, the media beside it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from stemdesk.core.errors import write_error
from stemdesk.core.files import replace_file
from stemdesk.core.sentences import printable
from stemdesk.jobs.exports.session import USUAL_BPM, Session, SessionTrack

_SOURCES = {
    ".flac": "FLAC",
    ".mp3": "MP3",
    ".ogg": "VORBIS",
    ".opus": "OPUS",
    ".m4a": "VIDEO",  # REAPER hands MP4 to its video decoder, also where there is no picture
}
_WAVE = "WAVE"  # also AIFF
_COLOURED = 0x1000000  # without this bit REAPER takes the colour for none
_NAMES = uuid.UUID("d0c0e4a5-41f6-5c35-9a6e-2f3a7f0b7d11")


def write_reaper(session: Session, path: Path, folder: Path) -> None:
    """Write `session` as `path`. The tracks' files are named relative to `folder`, in which the
    project will lie (on another volume: in full), and need not be there yet.

    Raises `DiskFullError`, `ExportError`; nothing is left then.
    """
    text = "\n".join(_project(session, folder)) + "\n"
    try:
        replace_file(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise write_error(error, path) from error


def _project(session: Session, folder: Path) -> Iterator[str]:
    """Sounds the same as the player: REAPER's own gain for the middle would be another one (PANLAW
    1: none), and PANMODE 3 is the balance of two channels that a `Remix` means."""
    yield '<REAPER_PROJECT 0.1 "6.0" 0'
    yield f"  TITLE {_quoted(session.title)}"
    yield f"  AUTHOR {_quoted(session.artist)}"
    yield "  PANLAW 1"
    yield "  PANMODE 3"
    yield "  TIMELOCKMODE 0"  # items stay where they are when the tempo is set later
    yield f"  SAMPLERATE {session.samplerate} 1 0"
    yield f"  TEMPO {_number(session.bpm or USUAL_BPM)} 4 4"
    yield f"  MASTER_VOLUME {_number(session.master)} 0 -1 -1 1"
    for index, track in enumerate(session.tracks):
        yield from _track(session, track, index, folder)
    yield ">"


def _track(session: Session, track: SessionTrack, index: int, folder: Path) -> Iterator[str]:
    key = f"{session.title}/{session.artist}/{index}/{track.name}"
    identity = _identity(f"{key}/track")
    yield f"  <TRACK {identity}"
    yield f"    NAME {_quoted(track.name)}"
    if track.colour:
        yield f"    PEAKCOL {_colour(track.colour)}"
    yield f"    VOLPAN {_number(track.volume)} {_number(track.pan)} -1 -1 1"
    yield f"    MUTESOLO {int(track.muted)} {int(track.soloed)} 0"
    yield "    NCHAN 2"
    yield f"    TRACKID {identity}"
    yield "    MAINSEND 1 0"
    yield "    <ITEM"
    yield "      POSITION 0"
    yield f"      LENGTH {_number(session.length_s)}"
    yield "      LOOP 0"
    yield "      FADEIN 1 0 0 1 0 0 0"  # none: the files begin and end as the song does
    yield "      FADEOUT 1 0 0 1 0 0 0"
    yield f"      IGUID {_identity(f'{key}/item')}"
    yield f"      NAME {_quoted(track.file.name)}"
    yield "      SOFFS 0"
    yield "      PLAYRATE 1 1 0 -1 0 0.0025"
    yield f"      <SOURCE {_SOURCES.get(track.file.suffix.lower(), _WAVE)}"
    yield f"        FILE {_quoted(_relative(track.file, folder))}"
    yield "      >"
    yield "    >"
    yield "  >"


def _relative(file: Path, folder: Path) -> str:
    """With forward slashes, which REAPER takes on every system."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return file.as_posix()


def _quoted(text: str) -> str:
    """As one word of the project's grammar: in the first kind of quotes that it does not hold
    itself; there is no way to escape one, so of all three kinds one is replaced."""
    line = "".join(character if character.isprintable() else " " for character in text)
    for quote in ('"', "'", "`"):
        if quote not in line:
            return f"{quote}{line}{quote}"
    return "`{}`".format(line.replace("`", "'"))


def _number(value: float) -> str:
    """Exact to the sample for songs of days, and never with an exponent."""
    return f"{value:.12f}".rstrip("0").rstrip(".")


def _colour(colour: str) -> int:
    """`#rrggbb` as REAPER counts: red in the lowest byte."""
    red, green, blue = bytes.fromhex(colour[1:])
    return _COLOURED | blue << 16 | green << 8 | red


def _identity(key: str) -> str:
    """The same for the same thing, so that the same export is the same file."""
    return f"{{{str(uuid.uuid5(_NAMES, printable(key))).upper()}}}"
