"""The player: stems that sound together, driven from the window without ever holding it up.

A command only notes what is wanted; the render thread does it, the opening of files included.
Wishes that nobody has attended to yet are replaced by newer ones (a hundred seeks are one).
What happens is read from `status`, a frozen value to be polled at the display's rate.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from stemdesk.audio.output import OutputInfo, open_output
from stemdesk.audio.remix import Remix
from stemdesk.audio.transport import OpenOutput, PlayerState, Transport
from stemdesk.core.errors import ErrorCode, StemDeskError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlayerStatus:
    """The player at one moment. Positions and lengths in frames, `samplerate` in hertz (0
    without a song). `output`: what sounds, None before the first play. `error`: why it fell
    silent: a stem that is gone or damaged (FAILED), or a lost sound device (PAUSED)."""

    state: PlayerState
    position_frames: int
    length_frames: int
    samplerate: int
    underruns: int
    output: OutputInfo | None
    error: StemDeskError | None


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is wanted and not done yet; None: as it is. `state`: PLAYING, PAUSED or STOPPED."""

    files: Mapping[str, Path] | None = None
    remix: Remix | None = None
    seek: int | None = None
    state: PlayerState | None = None
    close: bool = False


class Player:
    """Plays the stems of one song at a time. Every method but `close` and `settle` returns at
    once and may be called from any thread; none raises for what happens to files or devices."""

    def __init__(self, open_output: OpenOutput = open_output) -> None:
        """`open_output`: where sound goes; the default device, or a clock without one."""
        self._transport = Transport(open_output)
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._wish = _Wish()
        self._target: int | None = None  # where a seek goes that is not done yet
        self._loading = False
        self._asked = self._done = 0  # counts of wishes, for `settle`
        self._thread = threading.Thread(target=self._run, name="render", daemon=True)
        self._thread.start()

    def load(self, files: Mapping[str, Path], remix: Remix | None = None) -> None:
        """Take another song: its stems' files (WAV or FLAC) by name. It waits at frame 0.

        `remix`: the balance it starts with, neutral if None.
        """
        with self._changed:
            self._loading = True
            self._target = 0
            self._post(_Wish(dict(files), remix or Remix.of(files)))

    def unload(self) -> None:
        """Let the files go, so that they can be moved or deleted."""
        self.load({})

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
        """Another balance of the stems, heard within the ring's 150 ms at most."""
        self._want(remix=remix)

    @property
    def status(self) -> PlayerStatus:
        """The player now: its state, position, length, rate, output and error."""
        with self._changed:
            transport = self._transport
            return PlayerStatus(
                state=PlayerState.LOADING if self._loading else transport.state,
                position_frames=self._position(),
                length_frames=0 if self._loading else transport.length,
                samplerate=0 if self._loading else transport.samplerate,
                underruns=transport.underruns,
                output=transport.output_info,
                error=None if self._loading else transport.error,
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
            return self._changed.wait_for(lambda: self._done >= ticket, timeout_s)

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
        self._transport.close()
        with self._changed:
            self._target, self._loading, self._done = None, False, sys.maxsize
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
        if wish.files is not None:
            transport.load(wish.files, wish.remix or Remix.of(wish.files))
        elif wish.remix is not None:
            transport.set_remix(wish.remix)
        if wish.state is PlayerState.PAUSED:
            transport.pause()
        elif wish.state is PlayerState.STOPPED:
            transport.stop()
        if wish.seek is not None:
            transport.seek(wish.seek)
        if wish.state is PlayerState.PLAYING:
            transport.play()

    def _note_done(self, wish: _Wish, ticket: int) -> None:
        with self._changed:
            if self._wish.seek is None and self._wish.files is None:
                self._target = None
            if wish.files is not None and self._wish.files is None:
                self._loading = False
            self._done = ticket
            self._changed.notify_all()
