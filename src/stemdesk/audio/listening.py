"""How a person listens to one song: balance, speed, key and loop, as it is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from stemdesk.audio.remix import Remix

SPEED_MIN = 50.0
SPEED_MAX = 150.0
KEY_MAX = 12.0
LOOP_MIN_S = 0.05

Loop = tuple[float, float]
"""Start and end in seconds of the song."""


@dataclass(frozen=True, slots=True)
class Listening:
    """`speed_percent`: 100 as recorded. `key_semitones`: 0 as recorded. `loop`: the part that was
    looped last, None if there never was one; `looping`: whether it is on."""

    remix: Remix = field(default_factory=Remix)
    speed_percent: float = 100.0
    key_semitones: float = 0.0
    loop: Loop | None = None
    looping: bool = False

    @property
    def heard_loop(self) -> Loop | None:
        """The loop that plays; None while it is off."""
        return self.loop if self.looping else None

    def with_speed(self, percent: float) -> Self:
        return replace(self, speed_percent=speed(percent))

    def with_key(self, semitones: float) -> Self:
        return replace(self, key_semitones=key(semitones))

    def with_loop(self, loop: Loop | None) -> Self:
        """This loop, on; None: off, and the loop is kept."""
        if loop is None:
            return replace(self, looping=False)
        return replace(self, loop=loop, looping=True)

    def with_loop_toggled(self, length_s: float) -> Self:
        """On or off: the loop that there was last, else the whole song."""
        if self.looping:
            return replace(self, looping=False)
        return self.with_loop(self.loop or (0.0, max(length_s, LOOP_MIN_S)))

    def with_loop_start(self, start_s: float, length_s: float) -> Self:
        """The loop starts there; it ends at the song's end where its own end does not fit."""
        start = max(0.0, min(start_s, length_s - LOOP_MIN_S))
        end = self.loop[1] if self.loop and self.loop[1] >= start + LOOP_MIN_S else length_s
        return self.with_loop((start, max(end, start + LOOP_MIN_S)))

    def with_loop_end(self, end_s: float) -> Self:
        """The loop ends there; it starts at the song's start where its own start does not fit."""
        end = max(end_s, LOOP_MIN_S)
        start = self.loop[0] if self.loop and self.loop[0] <= end - LOOP_MIN_S else 0.0
        return self.with_loop((start, end))

    def to_json(self) -> dict[str, Any]:
        """As values that JSON knows; `from_json` takes them back."""
        return {
            "remix": self.remix.to_json(),
            "speed_percent": self.speed_percent,
            "key_semitones": self.key_semitones,
            "loop": None if self.loop is None else list(self.loop),
            "looping": self.looping,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` gave, kept within what is allowed. Raises `ValueError` for anything
        else."""
        try:
            loop = value["loop"]
            ends = None if loop is None else _loop(float(loop[0]), float(loop[1]))
            return cls(
                Remix.from_json(value["remix"]),
                speed(float(value["speed_percent"])),
                key(float(value["key_semitones"])),
                ends,
                value["looping"] is True and ends is not None,
            )
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"not how a song is listened to: {error!r}") from error


def speed(percent: float) -> float:
    """A speed in percent, kept within what there is."""
    return min(SPEED_MAX, max(SPEED_MIN, percent))


def key(semitones: float) -> float:
    """A key in semitones, kept within what there is."""
    return min(KEY_MAX, max(-KEY_MAX, semitones))


def _loop(start_s: float, end_s: float) -> Loop:
    if not 0.0 <= start_s <= end_s - LOOP_MIN_S:
        raise ValueError(f"not a loop: {start_s} to {end_s} s")
    return start_s, end_s
