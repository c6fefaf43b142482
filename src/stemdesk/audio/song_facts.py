"""What is known of the song that plays, as the render thread saw it last.

A song that grows may only be asked by the thread that reads it (it opens files, and looks at the
disk); whoever wants to know how the player is gets these values instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from stemdesk.audio.playable import Playable


@dataclass(frozen=True, slots=True)
class SongFacts:
    """`length` in frames and `samplerate` in hertz are 0 without a song. `finished`: nothing of it
    will change any more."""

    stems: tuple[str, ...] = ()
    samplerate: int = 0
    length: int = 0
    has_original: bool = False
    finished: bool = True

    @classmethod
    def of(cls, song: Playable) -> Self:
        """The song now. For the thread that reads it."""
        complete = song.complete  # asked first: the length is certain then
        length = max(song.frames, song.known)
        whole = complete and song.final() == ((0, length),)
        return cls(song.stems, song.samplerate, length, song.original is not None, whole)
