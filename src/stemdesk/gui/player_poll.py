"""What the player says, polled while it plays and told as signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.priority import rushing

if TYPE_CHECKING:
    from stemdesk.audio.player import Player, PlayerStatus

POLL_MS = 33
RUSH_POLL_MS = 100
"""While the first separated sound is computed: painting beside a network holds it up."""
_QUIET_POLLS = 15
"""Polling rests after half a second in which nothing changed and nothing plays."""


class PlayerPoll(QObject):
    """`moved`: the position in seconds. `changed`: state, length, output, or which side is heard.
    `levels`: the player's `Levels`. `failed`: the StemDeskError that silenced it."""

    moved = Signal(float)
    changed = Signal()
    levels = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player: Player | None = None
        self._status: PlayerStatus | None = None
        self._opening = False
        self._quiet = 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def playing(self) -> bool:
        return self._status is not None and self._status.state.value == "playing"

    @property
    def ready(self) -> bool:
        """Whether there is something to play."""
        return self._status is not None and self._status.length_frames > 0

    @property
    def length_s(self) -> float:
        return self._seconds(self._status.length_frames) if self._status else 0.0

    @property
    def position_s(self) -> float:
        return self._seconds(self._status.position_frames) if self._status else 0.0

    @property
    def waiting(self) -> bool:
        """Whether it plays, and what comes next is not decoded yet."""
        return self._status is not None and self.playing and self._status.waiting

    @property
    def has_original(self) -> bool:
        """Whether there is an original to compare with, as far as is known."""
        return self._status is None or not self.ready or self._status.has_original

    @property
    def silent_reason(self) -> str:
        """Why nothing is heard although it plays; "" if something is, or is not known."""
        output = self._status.output if self._status else None
        return output.reason if output is not None else ""

    @property
    def output_label(self) -> str:
        """What plays; "" before the first play."""
        output = self._status.output if self._status else None
        return output.label if output is not None else ""

    @property
    def underruns(self) -> int:
        """How often sound that was due was not there."""
        return self._status.underruns if self._status else 0

    def _seconds(self, frames: int) -> float:
        rate = self._status.samplerate if self._status else 0
        return frames / rate if rate else 0.0

    def look(self) -> None:
        """Something may be heard otherwise now, though nothing was asked: a part is finished."""
        if self._status is not None:
            self._watch()

    def _watch(self) -> None:
        self._quiet = 0
        self._timer.start()
        self._poll()

    def _measured(self) -> None:
        """A song's length or samplerate are others now; it may be a song that grows."""

    def _poll(self) -> None:
        if self._player is None:
            return
        wanted_ms = RUSH_POLL_MS if rushing() else POLL_MS
        if self._timer.interval() != wanted_ms:
            self._timer.setInterval(wanted_ms)
        before, now = self._status, self._player.status
        self._status = now
        if self.ready and (self._opening or before is None or _size(before) != _size(now)):
            self._opening = False
            self._measured()
        if before is None or before.position_frames != now.position_frames:
            self.moved.emit(self.position_s)
        if before is None or before.levels != now.levels:
            self.levels.emit(now.levels)
        if before is None or _shape(before) != _shape(now):
            self.changed.emit()
        if now.error is not None and (before is None or before.error is not now.error):
            self.failed.emit(now.error)
        still = now == before and not now.busy  # a sound device may take seconds to open
        resting = still and now.state.value not in ("playing", "loading")
        self._quiet = self._quiet + 1 if resting else 0
        if self._quiet > _QUIET_POLLS:
            self._timer.stop()


def _size(status: PlayerStatus) -> tuple[int, int]:
    return status.length_frames, status.samplerate


def _shape(status: PlayerStatus) -> tuple[object, ...]:
    output = status.output
    heard = (status.hears_original, status.waiting, status.has_original)
    return status.state, status.length_frames, status.samplerate, output, heard
