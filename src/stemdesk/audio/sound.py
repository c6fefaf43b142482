"""What a song is asked to sound like: everything that changes while it plays."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from stemdesk.audio.playable import Range
from stemdesk.audio.player_status import Side
from stemdesk.audio.remix import Remix

SPEED_MIN, SPEED_MAX = 50.0, 150.0  # percent
KEY_MAX = 12.0  # semitones
MATCH_MAX_DB = 6.0


@dataclass(frozen=True, slots=True)
class Sound:
    """One way to play a song; what is out of bounds is brought back into them.

    `speed_percent`: to tenths. `key_semitones`: to hundredths. `loop`: frames of the song, None
    where it is empty. `original_db`: the original's gain on `Side.ORIGINAL`.
    """

    remix: Remix = field(default_factory=Remix)
    speed_percent: float = 100.0
    key_semitones: float = 0.0
    loop: Range | None = None
    side: Side = Side.STEMS
    original_db: float = 0.0

    def __post_init__(self) -> None:
        speed = round(_within(self.speed_percent, SPEED_MIN, SPEED_MAX, 100.0), 1)
        key = round(_within(self.key_semitones, -KEY_MAX, KEY_MAX, 0.0), 2)
        match = _within(self.original_db, -MATCH_MAX_DB, MATCH_MAX_DB, 0.0)
        loop = self.loop
        if loop is not None:
            start, end = sorted(max(0, int(frame)) for frame in loop)
            loop = (start, end) if end > start else None
        object.__setattr__(self, "speed_percent", speed)
        object.__setattr__(self, "key_semitones", key)
        object.__setattr__(self, "original_db", match)
        object.__setattr__(self, "loop", loop)

    @property
    def speed(self) -> Fraction:
        """Frames of the song for each frame that is heard."""
        return Fraction(round(self.speed_percent * 10), 1000)

    @property
    def stretched(self) -> bool:
        """Whether speed or key are not the song's own."""
        return self.speed != 1 or self.key_semitones != 0.0


def _within(value: float, low: float, high: float, otherwise: float) -> float:
    return min(high, max(low, value)) if math.isfinite(value) else otherwise
