"""What of a song is finished where the player is, and what it asks for there."""

from __future__ import annotations

from stemdesk.audio.parts import covers, gap_before
from stemdesk.audio.playable import Playable, Range
from stemdesk.audio.player_status import Side

_TELL_S = 0.5


class Whereabouts:
    """As it was looked at last. `on_original`: whether the original is what is heard here, or would
    be."""

    def __init__(self, song: Playable | None = None) -> None:
        """None: there is no song."""
        self.on_original = False
        self._parts: tuple[Range, ...] = () if song is None else song.final()
        self._wanted_gap: int | None = None  # the unfinished part that was asked for last
        self._told: int | None = None  # the frame that the song was told last

    def moved(self) -> None:
        """The player has jumped: what is unfinished there is to be asked for, again maybe."""
        self._wanted_gap = None

    def look(
        self,
        song: Playable,
        here: int,
        length: int,
        side: Side,
        speed: float,
        *,
        asked: bool,
    ) -> bool:
        """See what is at the frame `here` of `length`; an unfinished part that is `asked` for is
        wanted, once, and where it is played at `speed` (0: it is not), the song is told on the way,
        too, so that what is separated goes along. Returns whether stems are to be heard here that
        were not finished the last time."""
        before, self._parts = self._parts, song.final()
        finished = covers(self._parts, here)
        unfinished = not finished and here < length
        self.on_original = song.original is not None and (side is Side.ORIGINAL or unfinished)
        gap = gap_before(self._parts, here) if unfinished else None
        new_gap = asked and gap is not None and gap != self._wanted_gap
        if new_gap or (speed and self._is_elsewhere(here, song.samplerate)):
            self._told = here
            song.want(here, speed)
        if asked:
            self._wanted_gap = gap
        return finished and side is Side.STEMS and not covers(before, here)

    def _is_elsewhere(self, here: int, samplerate: int) -> bool:
        return self._told is None or abs(here - self._told) >= _TELL_S * samplerate
