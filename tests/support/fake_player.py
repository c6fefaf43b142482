"""A player that notes what is asked of it and can be in any state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stemdesk.audio.player import PlayerStatus
from stemdesk.audio.remix import Remix
from stemdesk.audio.transport import PlayerState
from stemdesk.core.errors import StemDeskError


class FakePlayer:
    """100 s at 1000 Hz, whatever it is given."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.remix = Remix()
        self.status = PlayerStatus(PlayerState.EMPTY, 0, 0, 0, 0, None, None)

    def load(self, files: Mapping[str, Path], remix: Remix | None = None) -> None:
        self.calls.append(("load", dict(files)))
        self.remix = remix or Remix.of(files)
        self.be(
            state=PlayerState.STOPPED, position_frames=0, length_frames=100_000, samplerate=1000
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

    def close(self, timeout_s: float = 2.0) -> bool:
        self.calls.append(("close",))
        return True

    def be(self, **changes: Any) -> None:
        """Another status."""
        self.status = replace(self.status, **changes)

    def fail(self, error: StemDeskError, state: PlayerState = PlayerState.FAILED) -> None:
        self.be(error=error, state=state)

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]
