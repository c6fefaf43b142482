"""The player's values: its states, what it is asked to play, and how it is at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from stemdesk.audio.output import OutputInfo
from stemdesk.audio.playable import Range
from stemdesk.core.errors import StemDeskError


class PlayerState(StrEnum):
    """What the player does. `FAILED`: the song cannot be played; it wants to be loaded again."""

    EMPTY = "empty"
    LOADING = "loading"
    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


class Side(StrEnum):
    """What is compared with what: the remix of the stems, or the song as it came."""

    STEMS = "stems"
    ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class Levels:
    """Linear peaks of what was heard in the last 50 ms or so: each stem's (after its gain and
    pan; 0 where the original is heard), and left and right of the whole, as they go out."""

    stems: tuple[tuple[str, float], ...] = ()
    master: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PlayerStatus:
    """The player at one moment. Positions, lengths and `loop` in frames of the song, `samplerate`
    in hertz (0 without a song). `output`: what sounds, None before the first play. `error`: why
    it fell silent: a stem that is gone or damaged (FAILED), or a lost sound device (PAUSED).
    `hears_original`: because of `side`, or because the stems are not finished here. `waiting`: it
    plays, and the song is not decoded as far as this yet. `has_original`: whether there is an
    original to compare with. `busy`: it has not done all that it was asked yet."""

    state: PlayerState
    position_frames: int
    length_frames: int
    samplerate: int
    underruns: int
    output: OutputInfo | None
    error: StemDeskError | None
    speed_percent: float = 100.0
    key_semitones: float = 0.0
    loop: Range | None = None
    side: Side = Side.STEMS
    hears_original: bool = False
    waiting: bool = False
    levels: Levels = field(default_factory=Levels)
    has_original: bool = True
    busy: bool = False
