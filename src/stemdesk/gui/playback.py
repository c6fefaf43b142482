"""The player as the window sees it, and the song that it plays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.audio.listening import LOOP_MIN_S, Listening, Loop
from stemdesk.audio.remix import Preset, Remix
from stemdesk.gui.memory import Known, Memory
from stemdesk.gui.player_poll import PlayerPoll

if TYPE_CHECKING:
    from stemdesk.audio.energy import Energies
    from stemdesk.audio.player import Player
    from stemdesk.gui.song_source import SongSource

PlayerFactory = Callable[[], "Player"]


def new_player() -> Player:
    """The real player; it is imported when the first song is opened."""
    from stemdesk.audio.player import Player

    return Player()


class Playback(PlayerPoll):
    """One song at a time: what the window asks of the player. `remixed`: the balance. `tuned`:
    speed, key or loop."""

    remixed = Signal()
    tuned = Signal()

    def __init__(
        self,
        player_factory: PlayerFactory = new_player,
        parent: QObject | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`memory`: what knows how songs were listened to last; None: only this window does."""
        super().__init__(parent)
        self._factory = player_factory
        self._known = Known(memory)
        self._song: SongSource | None = None
        self._energies: Energies | None = None
        self._device = ""
        self._original = False
        self._last_s = 0.0  # where it was before it failed
        self.moved.connect(self._note_place)

    # What is

    @property
    def song(self) -> SongSource | None:
        return self._song

    @property
    def on_original(self) -> bool:
        """Whether the person chose the original."""
        return self._original

    @property
    def hears_original(self) -> bool:
        """Whether the original is heard: chosen, or because its stems are not there yet."""
        return self._original or (self._status is not None and self._status.hears_original)

    @property
    def listening(self) -> Listening:
        """Balance, speed, key and loop of this song."""
        return self._known.of(self._song.job_id) if self._song else Listening()

    @property
    def can_begin_anew(self) -> bool:
        """Whether the player has given this song up and may be asked again: it grows, and what
        failed may be there by now."""
        failed = self._status is not None and self._status.state.value == "failed"
        return failed and self._song is not None and self._song.live

    @property
    def remix(self) -> Remix:
        return self.listening.remix

    @property
    def loop(self) -> Loop | None:
        """The loop that plays, in seconds."""
        return self.listening.heard_loop

    # What is asked

    def open(self, song: SongSource) -> None:
        """Take another song; it waits at its start as it was listened to last."""
        if self._player is None:
            self._player = self._factory()
            if self._device:
                self._player.set_output(self._device)
        self._song, self._energies, self._original = song, None, False
        self._load(self._player, song)
        self.remixed.emit()
        self.tuned.emit()
        self._watch()

    def _load(self, player: Player, song: SongSource) -> None:
        listening = self._known.recall(song)
        player.load(song.open, listening.remix)  # as recorded, until told otherwise
        if listening.speed_percent != 100.0:
            player.set_speed(listening.speed_percent)
        if listening.key_semitones:
            player.set_key(listening.key_semitones)
        self._opening = True

    def replace(self, song: SongSource) -> None:
        """The same song from other files: it goes on as it is."""
        if self._song is None or self._player is None or self._song.job_id != song.job_id:
            self.open(song)
            return
        self._song = song
        listening = self._known.recall(song)
        self._player.load(song.open, listening.remix, keep=True)
        self._match()
        self.remixed.emit()
        self._watch()

    def close_song(self) -> None:
        """Let the files go."""
        gone, self._song = self._song, None
        if gone is not None and self._player is not None:
            self._player.unload()
            self._watch()

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Play from the position; a song that was given up is opened anew, where it was."""
        if self._song is not None and self._player is not None:
            if self.can_begin_anew:
                self._load(self._player, self._song)
                self._player.seek(round(self._last_s * self._song.samplerate))
                self._original = False
            self._player.play()
            self._watch()

    def _note_place(self, seconds: float) -> None:
        if not self.can_begin_anew:
            self._last_s = seconds

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

    def set_original(self, original: bool) -> None:
        """Hear the song as it was, or the stems."""
        if self._song is None or self._player is None or original == self._original:
            return
        if original and not self.has_original:
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
        self._known.flush()
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

    def _measured(self) -> None:
        if self.loop is not None:  # more of it may fit now
            self._tell_loop()

    def _tell_loop(self) -> None:
        """In frames: their rate is known once the song is open."""
        if self._player is None or self._status is None:
            return
        rate, loop = self._status.samplerate, self.loop
        if loop is None or loop[0] > self.length_s - LOOP_MIN_S:
            self._player.set_loop(None)
        else:
            end = min(round(loop[1] * rate), self._status.length_frames)
            self._player.set_loop((round(loop[0] * rate), end))

    # What is remembered

    def forget(self, ids: Iterable[str]) -> None:
        """Songs that are gone from the list."""
        self._known.forget(ids)

    def _keep(self, listening: Listening) -> None:
        if self._song is not None:
            self._known.keep(self._song.job_id, listening)
