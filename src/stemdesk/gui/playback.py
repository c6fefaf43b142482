"""The player as the window sees it: polled while it plays, told as signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.gui.song_files import SongFiles

if TYPE_CHECKING:
    from stemdesk.audio.player import Player, PlayerStatus
    from stemdesk.audio.remix import Remix

POLL_MS = 33
_QUIET_POLLS = 15
"""Polling rests after half a second in which nothing changed and nothing plays."""

PlayerFactory = Callable[[], "Player"]


def new_player() -> Player:
    """The real player; it is imported when the first song is opened."""
    from stemdesk.audio.player import Player

    return Player()


class Playback(QObject):
    """One song at a time. `moved`: the position in seconds. `changed`: state, length or output.
    `remixed`: which stems sound. `failed`: the StemDeskError that silenced it."""

    moved = Signal(float)
    changed = Signal()
    remixed = Signal()
    failed = Signal(object)

    def __init__(
        self, player_factory: PlayerFactory = new_player, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._factory = player_factory
        self._player: Player | None = None
        self._status: PlayerStatus | None = None
        self._song: SongFiles | None = None
        self._remixes: dict[str, Remix] = {}  # by job, as long as the window lives
        self._quiet = 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    # What is

    @property
    def song(self) -> SongFiles | None:
        return self._song

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

    # What is asked

    def open(self, song: SongFiles) -> None:
        """Take another song; it waits at its start with the balance it had last."""
        if self._player is None:
            self._player = self._factory()
        self._song = song
        self._player.load(song.files, self._remix())
        self.remixed.emit()
        self._watch()

    def close_song(self) -> None:
        """Let the files go."""
        if self._song is not None and self._player is not None:
            self._player.unload()
            self._watch()
        self._song = None

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        if self._song is not None and self._player is not None:
            self._player.play()
            self._watch()

    def pause(self) -> None:
        if self._player is not None:
            self._player.pause()
            self._watch()

    def stop(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._watch()

    def seek(self, seconds: float) -> None:
        """Go to a time, kept inside the song."""
        if self._player is not None and self._status is not None and self.ready:
            inside = min(max(0.0, seconds), self.length_s)
            self._player.seek(round(inside * self._status.samplerate))
            self._watch()

    def skip(self, seconds: float) -> None:
        self.seek(self.position_s + seconds)

    def shut(self, timeout_s: float = 0.0) -> bool:
        """The window closes. Whether the player's thread ended within `timeout_s`; may be asked
        again."""
        self._timer.stop()
        self._status = self._song = None
        return self._player is None or self._player.close(timeout_s)

    # The balance

    def _remix(self) -> Remix:
        from stemdesk.audio.remix import Remix

        if self._song is None:
            return Remix()
        stems = self._song.stems
        known = self._remixes.get(self._song.job_id)
        if known is None or {item.name for item in known.stems} != set(stems):
            known = self._remixes[self._song.job_id] = Remix.of(stems)
        return known

    def is_muted(self, stem: str) -> bool:
        return self._remix().setting(stem).muted

    def is_soloed(self, stem: str) -> bool:
        return self._remix().setting(stem).soloed

    def sounds(self, stem: str) -> bool:
        """Whether the stem is heard with the mutes and solos as they are."""
        return self._remix().gain(stem) > 0

    def set_muted(self, stem: str, muted: bool) -> None:
        self._balance(self._remix().with_muted(stem, muted))

    def set_soloed(self, stem: str, soloed: bool) -> None:
        self._balance(self._remix().with_soloed(stem, soloed))

    def only(self, stem: str) -> None:
        """This stem alone; a second time: all again."""
        remix = self._remix()
        alone = remix.with_only(stem)
        self._balance(remix.with_soloed(stem, False) if alone == remix else alone)

    def forget(self, ids: Iterable[str]) -> None:
        """Songs that are gone from the list."""
        for job_id in ids:
            self._remixes.pop(job_id, None)

    def _balance(self, remix: Remix) -> None:
        if self._song is not None and self._player is not None:
            self._remixes[self._song.job_id] = remix
            self._player.set_remix(remix)
            self.remixed.emit()

    # Polling

    def _watch(self) -> None:
        self._quiet = 0
        self._timer.start()
        self._poll()

    def _poll(self) -> None:
        if self._player is None:
            return
        before, now = self._status, self._player.status
        self._status = now
        if before is None or before.position_frames != now.position_frames:
            self.moved.emit(self.position_s)
        if before is None or _shape(before) != _shape(now):
            self.changed.emit()
        if now.error is not None and (before is None or before.error is not now.error):
            self.failed.emit(now.error)
        resting = now == before and now.state.value not in ("playing", "loading")
        self._quiet = self._quiet + 1 if resting else 0
        if self._quiet > _QUIET_POLLS:
            self._timer.stop()


def _shape(status: PlayerStatus) -> tuple[object, ...]:
    return status.state, status.length_frames, status.samplerate, status.output
