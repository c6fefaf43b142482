"""The player: stems that sound together, driven from the window without ever holding it up.

A command only notes what is wanted; the render thread does it, the opening of files included.
Wishes that nobody has attended to yet are replaced by newer ones (a hundred seeks are one).
What happens is read from `status`, a frozen value to be polled at the display's rate.
"""

from __future__ import annotations

import logging
import sys
import threading
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from stemdesk.audio.finished import open_files
from stemdesk.audio.opening import Load, opened
from stemdesk.audio.output import OutputInfo, open_output
from stemdesk.audio.playable import OpenPlayable, Range
from stemdesk.audio.player_status import Levels, PlayerState, PlayerStatus, Side
from stemdesk.audio.remix import Remix
from stemdesk.audio.sound import Sound
from stemdesk.audio.transport import OpenOutput, Transport
from stemdesk.core.errors import ErrorCode, StemDeskError

__all__ = [
    "Levels",
    "OutputInfo",
    "Player",
    "PlayerState",
    "PlayerStatus",
    "Side",
    "open_files",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is wanted and not done yet; None: as it is. `state`: PLAYING, PAUSED or STOPPED."""

    load: Load | None = None
    sound: Sound | None = None
    seek: int | None = None
    state: PlayerState | None = None
    device: str | None = None
    close: bool = False


class Player:
    """Plays one song at a time. Every method but `close` and `settle` returns at once and may be
    called from any thread; none raises for what happens to files or devices.

    Frames are frames of the song, whatever the speed and the device's rate.
    """

    def __init__(self, open_output: OpenOutput = open_output) -> None:
        """`open_output`: where sound goes; the default device, or a clock without one."""
        self._transport = Transport(open_output)
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._wish = _Wish()
        self._sound = Sound()
        self._target: int | None = None  # where a seek goes that is not done yet
        self._loading = False
        self._loads = 0  # so many were asked for
        self._opening = False  # one of them, beside the render thread
        self._asked = self._done = self._opened = 0  # counts of wishes, for `settle`
        self._thread = threading.Thread(target=self._run, name="render", daemon=True)
        self._thread.start()

    def load(self, open: OpenPlayable, remix: Remix, *, keep: bool = False) -> None:  # noqa: A002 - what it is given to do
        """Take another song; it waits at frame 0 with `remix`, at its own speed and key.

        `keep`: it is the song that is loaded already, to be read from other files from now on.
        Position, loop, speed, key and side stay; if it plays, it goes on without a gap, from the
        files of before until the others are open.
        """
        with self._changed:
            if not keep:
                self._take(Load(open), remix)
                return
            self._sound = replace(self._sound, remix=remix)
            if self._wish.load is not None and not self._wish.load.keep:
                # the song itself is not there yet
                self._post(replace(self._wish, load=Load(open), sound=self._sound))
                return
            self._loads += 1
            self._opening = True
            # On a thread of its own: a slow drive is no reason for the ring to run empty.
            beside = threading.Thread(
                target=self._open_beside, args=(open, self._loads), name="open", daemon=True
            )
        beside.start()

    def _open_beside(self, open: OpenPlayable, number: int) -> None:  # noqa: A002 - as in `load`
        load = opened(open)
        with self._changed:
            wanted = number == self._loads and not self._wish.close
            if wanted:
                self._opening = False
                self._post(replace(self._wish, load=load, sound=self._sound))
                self._opened = self._asked
        if not wanted:
            load.give_up()

    def unload(self) -> None:
        """Let the files go, so that they can be moved or deleted."""
        with self._changed:
            self._take(Load(None), Remix())

    def _take(self, load: Load, remix: Remix) -> None:
        self._loads += 1
        self._opening, self._loading = False, True
        if self._wish.load is not None:
            self._wish.load.give_up()
        self._target = 0
        self._sound = Sound(remix)
        self._post(_Wish(load, self._sound, device=self._wish.device))

    def play(self) -> None:
        """Play from the position on; from the start if the song has ended."""
        self._want(state=PlayerState.PLAYING)

    def pause(self) -> None:
        """Fall silent and stay at the position."""
        self._want(state=PlayerState.PAUSED)

    def stop(self) -> None:
        """Fall silent and go back to the start."""
        self._want(state=PlayerState.STOPPED, seek=0)

    def seek(self, frame: int) -> None:
        """Go to a frame, kept inside the song; goes on playing if it plays."""
        self._want(seek=frame)

    def set_remix(self, remix: Remix) -> None:
        """Another balance of the stems."""
        self._change(remix=remix)

    def set_speed(self, percent: float) -> None:
        """50 to 150, 100 is as it is; the pitch stays. Kept to tenths of a percent."""
        self._change(speed_percent=percent)

    def set_key(self, semitones: float) -> None:
        """So many semitones higher, -12 to 12; the speed stays."""
        self._change(key_semitones=semitones)

    def set_loop(self, loop: Range | None) -> None:
        """Play from the second frame on the first one again. At least 50 ms; None: no loop."""
        self._change(loop=loop)

    def set_side(self, side: Side) -> None:
        """The remix, or the original at the same place."""
        self._change(side=side)

    def set_original_gain(self, gain_db: float) -> None:
        """How much louder the original is made to compare it, -6 to 6 dB."""
        self._change(original_db=gain_db)

    def set_output(self, device: str) -> None:
        """Another sound device by its name, "" for the system's; plays on there if it plays."""
        self._want(device=device)

    @property
    def status(self) -> PlayerStatus:
        """The player now."""
        with self._changed:
            transport, sound, loading = self._transport, self._sound, self._loading
            return PlayerStatus(
                state=PlayerState.LOADING if loading else transport.state,
                position_frames=self._position(),
                length_frames=0 if loading else transport.length,
                samplerate=0 if loading else transport.samplerate,
                underruns=transport.underruns,
                output=transport.output_info,
                error=None if loading else transport.error,
                speed_percent=sound.speed_percent,
                key_semitones=sound.key_semitones,
                loop=sound.loop,
                side=sound.side,
                hears_original=not loading and transport.hears_original,
                waiting=not loading and transport.waiting,
                levels=Levels() if loading else transport.levels,
                has_original=loading or transport.facts.has_original,
                busy=self._done < self._asked or self._opening,
            )

    @property
    def state(self) -> PlayerState:
        return self.status.state

    @property
    def position_frames(self) -> int:
        """The song's frame that the output is handed next; a seek's goal at once."""
        with self._changed:
            return self._position()

    @property
    def length_frames(self) -> int:
        return self.status.length_frames

    @property
    def samplerate(self) -> int:
        return self.status.samplerate

    @property
    def finished(self) -> bool:
        """Whether the song has played to its end and nothing was asked since."""
        return self.state is PlayerState.FINISHED

    @property
    def underruns(self) -> int:
        return self._transport.underruns

    @property
    def error(self) -> StemDeskError | None:
        return self.status.error

    def settle(self, timeout_s: float = 10.0) -> bool:
        """Wait until everything asked is done and the ring is full; False after `timeout_s`.

        For scripts and tests; the window does not wait.
        """
        with self._changed:
            self._post(self._wish)
            ticket = self._asked

            def settled() -> bool:
                return not self._opening and self._done >= max(ticket, self._opened)

            return self._changed.wait_for(settled, timeout_s)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Fall silent, let everything go and end the thread; whether it ended within `timeout_s`
        (a drive may hang). May be called again."""
        with self._changed:
            self._post(_Wish(close=True))
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _position(self) -> int:
        if self._target is None:
            return self._transport.position
        length = 0 if self._loading else self._transport.length
        return min(max(0, self._target), length) if length else max(0, self._target)

    def _change(self, **sound: Any) -> None:
        with self._changed:
            self._sound = replace(self._sound, **sound)
            self._want(sound=self._sound)

    def _want(self, **wish: Any) -> None:
        with self._changed:
            if "seek" in wish:
                self._target = wish["seek"]
            self._post(replace(self._wish, **wish))

    def _post(self, wish: _Wish) -> None:
        if not self._wish.close:  # nothing is wanted of a closed player
            self._wish = wish
        self._asked += 1
        self._wake.set()

    def _run(self) -> None:
        pause_s: float | None = None
        while True:
            self._wake.wait(pause_s)
            self._wake.clear()
            with self._changed:
                wish, ticket = self._wish, self._asked
                if wish.close:
                    break
                self._wish = _Wish()
            pause_s = self._attend(wish)
            self._note_done(wish, ticket)
        try:
            self._transport.close()
        finally:  # nobody waits in vain
            with self._changed:
                self._target, self._loading, self._done = None, False, sys.maxsize
                self._opening = False
                self._changed.notify_all()

    def _attend(self, wish: _Wish) -> float | None:
        """Do what is wanted and fill the ring; errors become part of the status."""
        try:
            self._apply(wish)
            return self._transport.work()
        except StemDeskError as error:
            log.warning("cannot play: %s (%s)", error, error.path)
            self._transport.fail(error)
        except Exception as error:  # a bug: told, and no reason to lose the thread
            log.exception("the player failed")
            self._transport.fail(StemDeskError(ErrorCode.INTERNAL, repr(error)))
        return self._transport.work()

    def _apply(self, wish: _Wish) -> None:
        transport = self._transport
        if wish.load is not None:
            transport.load(wish.load.open, wish.sound or Sound(), keep=wish.load.keep)
        elif wish.sound is not None:
            transport.set_sound(wish.sound)
        if wish.state is PlayerState.PAUSED:
            transport.pause()
        elif wish.state is PlayerState.STOPPED:
            transport.stop()
        if wish.device is not None:
            transport.set_output(wish.device)
        if wish.seek is not None:
            transport.seek(wish.seek)
        if wish.state is PlayerState.PLAYING:
            transport.play()

    def _note_done(self, wish: _Wish, ticket: int) -> None:
        with self._changed:
            if self._wish.seek is None and self._wish.load is None:
                self._target = None
            if wish.load is not None and self._wish.load is None:
                self._loading = False
            self._done = ticket
            self._changed.notify_all()
