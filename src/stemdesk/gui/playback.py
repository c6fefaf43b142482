"""The player as the window sees it: polled while it plays, told as signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.audio.listening import LOOP_MIN_S, Listening, Loop
from stemdesk.audio.remix import Preset, Remix

if TYPE_CHECKING:
    from stemdesk.audio.energy import Energies
    from stemdesk.audio.player import Player, PlayerStatus
    from stemdesk.gui.memory import Memory
    from stemdesk.gui.song_source import SongSource

POLL_MS = 33
_QUIET_POLLS = 15
"""Polling rests after half a second in which nothing changed and nothing plays."""

PlayerFactory = Callable[[], "Player"]


def new_player() -> Player:
    """The real player; it is imported when the first song is opened."""
    from stemdesk.audio.player import Player

    return Player()


class Playback(QObject):
    """One song at a time. `moved`: the position in seconds. `changed`: state, length, output,
    side, or what is heard of it. `remixed`: the balance. `tuned`: speed, key or loop. `levels`:
    the player's `Levels`. `failed`: the StemDeskError that silenced it."""

    moved = Signal(float)
    changed = Signal()
    remixed = Signal()
    tuned = Signal()
    levels = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        player_factory: PlayerFactory = new_player,
        parent: QObject | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`memory`: what knows how songs were listened to last; None: only this window does."""
        super().__init__(parent)
        self._factory = player_factory
        self._memory = memory
        self._player: Player | None = None
        self._status: PlayerStatus | None = None
        self._song: SongSource | None = None
        self._known: dict[str, Listening] = {}  # by job, as long as the window lives
        self._energies: Energies | None = None
        self._device = ""
        self._original = False
        self._loop_due = False  # it is told in frames: their rate is known once the song is open
        self._quiet = 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    # What is

    @property
    def song(self) -> SongSource | None:
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
    def waiting(self) -> bool:
        """Whether it plays, and what comes next is not decoded yet."""
        return self._status is not None and self.playing and self._status.waiting

    @property
    def on_original(self) -> bool:
        """Whether the person chose the original."""
        return self._original

    @property
    def hears_original(self) -> bool:
        """Whether the original is heard: chosen, or because its stems are not there yet."""
        return self._original or (self._status is not None and self._status.hears_original)

    @property
    def silent_reason(self) -> str:
        """Why nothing is heard although it plays; "" if something is, or is not known."""
        output = self._status.output if self._status else None
        return output.reason if output is not None else ""

    @property
    def listening(self) -> Listening:
        """Balance, speed, key and loop of this song."""
        return self._known.get(self._song.job_id, Listening()) if self._song else Listening()

    @property
    def remix(self) -> Remix:
        return self.listening.remix

    @property
    def loop(self) -> Loop | None:
        """The loop that plays, in seconds."""
        return self.listening.heard_loop

    def _seconds(self, frames: int) -> float:
        rate = self._status.samplerate if self._status else 0
        return frames / rate if rate else 0.0

    # What is asked

    def open(self, song: SongSource) -> None:
        """Take another song; it waits at its start as it was listened to last."""
        if self._player is None:
            self._player = self._factory()
            if self._device:
                self._player.set_output(self._device)
        self._song, self._energies, self._original = song, None, False
        listening = self._known[song.job_id] = self._recall(song)
        player = self._player
        player.load(song.open, listening.remix)
        player.set_original_gain(0.0)
        player.set_speed(listening.speed_percent)
        player.set_key(listening.key_semitones)
        self._loop_due = True
        self.remixed.emit()
        self.tuned.emit()
        self._watch()

    def replace(self, song: SongSource) -> None:
        """The same song from other files: it goes on as it is."""
        if self._song is None or self._player is None or self._song.job_id != song.job_id:
            self.open(song)
            return
        self._song = song
        listening = self._known[song.job_id] = self._recall(song)
        self._player.load(song.open, listening.remix, keep=True)
        self._match()
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

    def set_original(self, original: bool) -> None:
        """Hear the song as it was, or the stems."""
        if self._song is None or self._player is None or original == self._original:
            return
        from stemdesk.audio.player import Side

        self._original = original
        self._player.set_side(Side.ORIGINAL if original else Side.STEMS)
        self.changed.emit()
        self._watch()

    def toggle_side(self) -> None:
        self.set_original(not self._original)

    def set_output(self, device: str) -> None:
        """Play through this device; "": the system's."""
        if device != self._device:
            self._device = device
            if self._player is not None:
                self._player.set_output(device)
                self._watch()

    def shut(self, timeout_s: float = 0.0) -> bool:
        """The window closes. Whether the player's thread ended within `timeout_s`; may be asked
        again."""
        self._timer.stop()
        self._status = self._song = None
        if self._memory is not None:
            self._memory.flush()
        return self._player is None or self._player.close(timeout_s)

    # The balance

    def is_muted(self, stem: str) -> bool:
        return self.remix.setting(stem).muted

    def is_soloed(self, stem: str) -> bool:
        return self.remix.setting(stem).soloed

    def sounds(self, stem: str) -> bool:
        """Whether the stem is heard in the remix as it is."""
        return self.remix.sounds(stem)

    def set_muted(self, stem: str, muted: bool) -> None:
        self._balance(self.remix.with_muted(stem, muted))

    def set_soloed(self, stem: str, soloed: bool) -> None:
        self._balance(self.remix.with_soloed(stem, soloed))

    def only(self, stem: str) -> None:
        """This stem alone; a second time: all again."""
        remix = self.remix
        alone = remix.with_only(stem)
        self._balance(remix.with_soloed(stem, False) if alone == remix else alone)

    def set_gain(self, stem: str, gain_db: float) -> None:
        self._balance(self.remix.with_gain(stem, gain_db))

    def set_pan(self, stem: str, pan: float) -> None:
        self._balance(self.remix.with_pan(stem, pan))

    def set_master(self, master_db: float) -> None:
        self._balance(self.remix.with_master(master_db))

    def use_preset(self, preset: Preset) -> None:
        self._balance(self.remix.with_preset(preset))

    def match(self, energies: Energies) -> None:
        """How loud the song's remixes are: the original is made as loud from now on."""
        self._energies = energies
        self._match()

    def _balance(self, remix: Remix) -> None:
        if self._song is not None and self._player is not None:
            self._keep(replace(self.listening, remix=remix))
            self._player.set_remix(remix)
            self._match()
            self.remixed.emit()

    def _match(self) -> None:
        if self._energies is not None and self._player is not None:
            self._player.set_original_gain(self._energies.match_db(self.remix))

    # Speed, key and loop

    def set_speed(self, percent: float) -> None:
        if self._song is not None and self._player is not None:
            self._keep(self.listening.with_speed(percent))
            self._player.set_speed(self.listening.speed_percent)
            self.tuned.emit()

    def change_speed(self, percent: float) -> None:
        """Faster, or slower, by so many percent of the speed as recorded."""
        self.set_speed(self.listening.speed_percent + percent)

    def set_key(self, semitones: float) -> None:
        if self._song is not None and self._player is not None:
            self._keep(self.listening.with_key(semitones))
            self._player.set_key(self.listening.key_semitones)
            self.tuned.emit()

    def set_loop(self, loop: Loop | None) -> None:
        """Loop this part, in seconds; None: go on after its end."""
        self._tune_loop(self.listening.with_loop(loop))

    def toggle_loop(self) -> None:
        """The last loop on or off; the whole song if there was none."""
        self._tune_loop(self.listening.with_loop_toggled(self.length_s))

    def start_loop_here(self) -> None:
        self._tune_loop(self.listening.with_loop_start(self.position_s, self.length_s))

    def end_loop_here(self) -> None:
        self._tune_loop(self.listening.with_loop_end(self.position_s))

    def _tune_loop(self, listening: Listening) -> None:
        if self._song is not None and self.ready:
            self._keep(listening)
            self._tell_loop()
            self.tuned.emit()

    def _tell_loop(self) -> None:
        if self._player is None or self._status is None:
            return
        self._loop_due = False
        rate, loop = self._status.samplerate, self.loop
        if loop is None or loop[0] > self.length_s - LOOP_MIN_S:
            self._player.set_loop(None)
        else:
            end = min(round(loop[1] * rate), self._status.length_frames)
            self._player.set_loop((round(loop[0] * rate), end))

    # What is remembered

    def forget(self, ids: Iterable[str]) -> None:
        """Songs that are gone from the list."""
        for job_id in ids:
            self._known.pop(job_id, None)

    def _recall(self, song: SongSource) -> Listening:
        """How the song was listened to last, with the stems that it has now."""
        known = self._known.get(song.job_id)
        if known is None and self._memory is not None:
            known = self._memory.recall(song.job_id)
        known = known or Listening()
        if not song.stems:  # not known yet
            return known
        settings = tuple(known.remix.setting(stem) for stem in song.stems)
        return replace(known, remix=replace(known.remix, stems=settings))

    def _keep(self, listening: Listening) -> None:
        if self._song is not None:
            self._known[self._song.job_id] = listening
            if self._memory is not None:
                self._memory.remember(self._song.job_id, listening)

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
        if self._loop_due and self.ready:
            self._tell_loop()
        if before is None or before.position_frames != now.position_frames:
            self.moved.emit(self.position_s)
        if before is None or before.levels != now.levels:
            self.levels.emit(now.levels)
        if before is None or _shape(before) != _shape(now):
            self.changed.emit()
        if now.error is not None and (before is None or before.error is not now.error):
            self.failed.emit(now.error)
        resting = now == before and now.state.value not in ("playing", "loading")
        self._quiet = self._quiet + 1 if resting else 0
        if self._quiet > _QUIET_POLLS:
            self._timer.stop()


def _shape(status: PlayerStatus) -> tuple[object, ...]:
    output, heard = status.output, (status.hears_original, status.waiting)
    return status.state, status.length_frames, status.samplerate, output, heard
