"""What a project for a DAW holds: tracks with their files, as the song is heard now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stemdesk.audio.remix import Remix, amplitude
from stemdesk.core.stem_colours import stem_colour

USUAL_BPM = 120.0
"""The tempo of a project whose song's tempo is not known: what every DAW begins with. Clips lie in
seconds, so no sound depends on it."""


@dataclass(frozen=True, slots=True)
class SessionTrack:
    """One track with one file that begins at 0. `gain_db`: GAIN_MIN_DB is silence. `pan`: -1
    (left) to 1 (right), a balance. `colour`: `#rrggbb`, "" for none."""

    name: str
    file: Path
    gain_db: float = 0.0
    pan: float = 0.0
    muted: bool = False
    soloed: bool = False
    colour: str = ""

    @property
    def volume(self) -> float:
        """Linear gain."""
        return amplitude(self.gain_db)


@dataclass(frozen=True, slots=True)
class Session:
    """One song. `samplerate` (hertz) and `frames` are those of every track's file, which is
    stereo. `bpm`: None where it is not known. `master_db`: the gain of the whole."""

    title: str
    artist: str
    samplerate: int
    frames: int
    tracks: tuple[SessionTrack, ...]
    bpm: float | None = None
    master_db: float = 0.0

    @property
    def length_s(self) -> float:
        return self.frames / self.samplerate

    @property
    def master(self) -> float:
        """Linear gain of the whole."""
        return amplitude(self.master_db)


def session_of(
    title: str,
    artist: str,
    samplerate: int,
    frames: int,
    files: Sequence[tuple[str, Path]],
    remix: Remix,
    bpm: float | None = None,
) -> Session:
    """The session of a song whose stems (name, exported file) are `files`: each with the gain, pan,
    mute and solo that it has in `remix`, and its colour in the window."""
    tracks = []
    for stem, file in files:
        heard = remix.setting(stem)
        name = stem.replace("_", " ").capitalize()
        colour = stem_colour(stem)
        tracks.append(
            SessionTrack(name, file, heard.gain_db, heard.pan, heard.muted, heard.soloed, colour)
        )
    return Session(title, artist, samplerate, frames, tuple(tracks), bpm, remix.master_db)
