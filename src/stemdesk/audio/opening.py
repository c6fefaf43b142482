"""Songs on their way to the render thread: still to be opened there, or opened beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from stemdesk.audio.playable import OpenPlayable, Playable


@dataclass(frozen=True, slots=True)
class Load:
    """A song to be opened; `open` None: only let go. `keep`: the one that plays, anew. `opened`: it
    is open already, and `open` gives it."""

    open: OpenPlayable | None
    keep: bool = False
    opened: Playable | None = None

    def give_up(self) -> None:
        """Nobody will take it."""
        if self.opened is not None:
            self.opened.close()


def opened(open: OpenPlayable) -> Load:  # noqa: A002 - the same word as in `Player.load`
    """Open a song that takes the place of the one that plays, which may take time. What that
    raises is raised where the song is taken."""
    try:
        song = open()
    except Exception as error:  # whatever it is: the render thread meets it, and tells it
        return Load(partial(_raise, error), keep=True)
    return Load(partial(_given, song), keep=True, opened=song)


def _given(song: Playable) -> Playable:
    return song


def _raise(error: Exception) -> NoReturn:
    raise error
