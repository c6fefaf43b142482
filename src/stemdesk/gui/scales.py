"""Where values stand on a slider: volume in dB, pan, speed, key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stemdesk.audio.listening import KEY_MAX, SPEED_MAX, SPEED_MIN
from stemdesk.audio.remix import GAIN_MAX_DB, GAIN_MIN_DB
from stemdesk.gui import desk_words

_ZERO_DB_AT = 0.75
_CURVE = 1.6
"""Below 0 dB the slider is finer near the top, where ears are, too."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`neutral`: where a double-click goes. `step`: an arrow key or a notch of the wheel; `page`:
    Page up and down; `fine`: what dragging is rounded to. `words`: the value as it is told.
    `two_sided`: others go up or down from the neutral value."""

    low: float
    high: float
    neutral: float
    step: float
    page: float
    fine: float
    words: Callable[[float], str]
    two_sided: bool = True

    def share(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def value(self, share: float) -> float:
        """The value at a place from 0 to 1, rounded to `fine`."""
        return self.rounded(self.low + share * (self.high - self.low))

    def rounded(self, value: float) -> float:
        return self.kept(round(value / self.fine) * self.fine)

    def kept(self, value: float) -> float:
        """The value, within the scale."""
        return min(self.high, max(self.low, value))


class DecibelScale(Scale):
    """Volume: 0 dB at three quarters of the way."""

    def share(self, value: float) -> float:
        if value >= 0.0:
            return _ZERO_DB_AT + (1.0 - _ZERO_DB_AT) * value / self.high
        part = (value - self.low) / -self.low
        return float(_ZERO_DB_AT * max(0.0, part) ** _CURVE)

    def value(self, share: float) -> float:
        if share >= _ZERO_DB_AT:
            return self.rounded((share - _ZERO_DB_AT) / (1.0 - _ZERO_DB_AT) * self.high)
        part = (max(0.0, share) / _ZERO_DB_AT) ** (1.0 / _CURVE)
        return self.rounded(float(self.low - part * self.low))


VOLUME = DecibelScale(GAIN_MIN_DB, GAIN_MAX_DB, 0.0, 1.0, 6.0, 0.5, desk_words.db_text, False)
PAN = Scale(-100.0, 100.0, 0.0, 5.0, 25.0, 1.0, lambda value: desk_words.pan_text(value / 100))
SPEED = Scale(SPEED_MIN, SPEED_MAX, 100.0, 1.0, 10.0, 1.0, desk_words.speed_text)
KEY = Scale(-KEY_MAX, KEY_MAX, 0.0, 1.0, 3.0, 1.0, desk_words.key_text)
