"""A player that notes what is asked of it and can be in any state."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from stemdesk.audio.playable import OpenPlayable, Range
from stemdesk.audio.player import PlayerState, PlayerStatus, Side
from stemdesk.audio.remix import Remix
from stemdesk.audio.sound import Sound
from stemdesk.core.errors import StemDeskError


class FakePlayer:
    """100 s at 1000 Hz, whatever it is given; what it is given is not opened."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.remix = Remix()
        self.original_gain_db = 0.0
        self.open: OpenPlayable | None = None
        self.status = PlayerStatus(PlayerState.EMPTY, 0, 0, 0, 0, None, None)

    @property
    def opened_files(self) -> dict[str, Path]:
        """The files that the last `load` is of, where it is a `partial` of `open_files`."""
        assert isinstance(self.open, partial)
        return dict(self.open.args[0])

    def load(self, open: OpenPlayable, remix: Remix, *, keep: bool = False) -> None:  # noqa: A002  # the player's word
        self.calls.append(("load", open, keep) if keep else ("load", open))
        self.open = open
        self.remix = remix
        if keep:
            return
        self.be(
            state=PlayerState.STOPPED,
            position_frames=0,
            length_frames=100_000,
            samplerate=1000,
            error=None,
            speed_percent=100.0,
            key_semitones=0.0,
            loop=None,
            side=Side.STEMS,
            hears_original=False,
        )

    def unload(self) -> None:
        self.calls.append(("unload",))
        self.be(state=PlayerState.EMPTY, position_frames=0, length_frames=0, samplerate=0)

    def play(self) -> None:
        self.calls.append(("play",))
        self.be(state=PlayerState.PLAYING)

    def pause(self) -> None:
        self.calls.append(("pause",))
        self.be(state=PlayerState.PAUSED)

    def stop(self) -> None:
        self.calls.append(("stop",))
        self.be(state=PlayerState.STOPPED, position_frames=0)

    def seek(self, frame: int) -> None:
        self.calls.append(("seek", frame))
        self.be(position_frames=frame)

    def set_remix(self, remix: Remix) -> None:
        self.calls.append(("set_remix", remix))
        self.remix = remix

    def set_speed(self, percent: float) -> None:
        self.calls.append(("set_speed", percent))
        self.be(speed_percent=Sound(speed_percent=percent).speed_percent)

    def set_key(self, semitones: float) -> None:
        self.calls.append(("set_key", semitones))
        self.be(key_semitones=Sound(key_semitones=semitones).key_semitones)

    def set_loop(self, loop: Range | None) -> None:
        self.calls.append(("set_loop", loop))
        self.be(loop=Sound(loop=loop).loop)

    def set_side(self, side: Side) -> None:
        self.calls.append(("set_side", side))
        self.be(side=side, hears_original=side is Side.ORIGINAL)

    def set_original_gain(self, gain_db: float) -> None:
        self.calls.append(("set_original_gain", gain_db))
        self.original_gain_db = Sound(original_db=gain_db).original_db

    def set_output(self, device: str) -> None:
        self.calls.append(("set_output", device))

    def close(self, timeout_s: float = 2.0) -> bool:
        self.calls.append(("close",))
        return True

    def be(self, **changes: Any) -> None:
        """Another status."""
        self.status = replace(self.status, **changes)

    def fail(self, error: StemDeskError, state: PlayerState = PlayerState.FAILED) -> None:
        self.be(error=error, state=state)

    def names(self) -> list[str]:
        """What was asked; not the level of the original, which follows whatever is read."""
        return [call[0] for call in self.calls if call[0] != "set_original_gain"]
