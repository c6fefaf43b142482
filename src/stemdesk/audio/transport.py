"""What the render thread does: opens a song's stems, fills the ring, starts and rests the output.

One thread calls the methods (`player.py` owns it); others only read `state`, `error` and the
properties. Nothing here starts a thread, so everything can be tested by calling it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.mixer import Mixer
from stemdesk.audio.output import Output, OutputInfo, OutputKind, Pull
from stemdesk.audio.playable import OpenPlayable, Playable
from stemdesk.audio.player_status import Levels, PlayerState
from stemdesk.audio.ring import Ring
from stemdesk.audio.sound import Sound
from stemdesk.core.errors import DeviceError, ErrorCode, StemDeskError

__all__ = ["OpenOutput", "PlayerState", "Transport"]

RING_S = 0.15
FADE_S = 0.005
POLL_S = 0.02

Samples = NDArray[np.float32]
OpenOutput = Callable[[int, Pull, str], Output]
"""Opens what plays: a samplerate in hertz, where sound comes from, a device's name ("": any)."""


class Transport:
    """Plays one song at a time through one output."""

    def __init__(self, open_output: OpenOutput) -> None:
        self.state = PlayerState.EMPTY
        self.error: StemDeskError | None = None
        self._open_output = open_output
        self._song: Playable | None = None
        self._mixer = Mixer({})
        self._sound = Sound()
        self._device = ""
        self._output: Output | None = None
        self._running = False
        self._rate = 0  # of ring and output, in hertz
        self._ring = Ring(1, 1)
        self._underruns_before = 0  # of rings and outputs that were given up

    @property
    def position(self) -> int:
        """The song's frame that the output is handed next."""
        return self._ring.position

    @property
    def length(self) -> int:
        """Frames of the song, 0 without one."""
        return 0 if self._song is None else self._song.frames

    @property
    def samplerate(self) -> int:
        """Hertz, 0 without a song."""
        return 0 if self._song is None else self._song.samplerate

    @property
    def output_info(self) -> OutputInfo | None:
        """What plays; None before the first `play`."""
        return None if self._output is None else self._output.info

    @property
    def underruns(self) -> int:
        """How often sound was missing since the start."""
        output = 0 if self._output is None else self._output.underruns
        return self._underruns_before + self._ring.underruns + output

    @property
    def hears_original(self) -> bool:
        return False

    @property
    def waiting(self) -> bool:
        return False

    @property
    def levels(self) -> Levels:
        return Levels()

    def load(self, open: OpenPlayable | None, sound: Sound, *, keep: bool = False) -> None:  # noqa: A002  # the contract's word
        """Open the song and stop at frame 0; None: only let go of what is open.

        Raises `SourceError`; then nothing is open.
        """
        before, state = self.position, self.state
        self._close_song()
        self._ring.fade_out(0)
        self.state, self.error, self._sound = PlayerState.EMPTY, None, sound
        if open is None:
            return
        song = open()
        if song.samplerate != self._rate:
            self._close_output()
            underruns, self._rate = self._ring.underruns, song.samplerate
            self._ring = Ring(round(RING_S * self._rate), round(FADE_S * self._rate))
            self._underruns_before += underruns
        self._song = song
        self._mixer = Mixer({name: song.stem(name) for name in song.stems})
        self.state = PlayerState.STOPPED
        if keep:
            self.seek(before)
            if state is PlayerState.PLAYING:
                self.play()

    def set_sound(self, sound: Sound) -> None:
        """Another balance, heard with the next block that the output takes."""
        self._sound = sound
        if self.state is PlayerState.PLAYING:
            position = self.position
            block = self._mix(position, round(RING_S * self._rate))
            self._ring.revise(position, block, last=self._is_last(position, block))

    def set_output(self, device: str) -> None:
        """Another device, from the next play on."""
        self._device = device

    def play(self) -> None:
        """Play from the position; from 0 at the song's end."""
        if self._song is None or self.state is PlayerState.PLAYING:
            return
        self.error = None
        self._jump(0 if self.position >= self.length else self.position)
        self.state = PlayerState.PLAYING
        try:
            if self._output is not None and self._output.info.kind is OutputKind.NULL:
                self._close_output()  # there may be a sound device by now
            if self._output is None:
                self._output = self._open_output(self._rate, self._ring.read_into, self._device)
            self._output.start()
            self._running = True
        except DeviceError as error:
            self._lose_output(error)

    def pause(self) -> None:
        """Fall silent where the output is now."""
        if self.state is PlayerState.PLAYING:
            self._ring.fade_out()
            self.state = PlayerState.PAUSED

    def stop(self) -> None:
        """Fall silent and go to frame 0."""
        if self._song is not None:
            self._ring.fade_out(0)
            self.state = PlayerState.STOPPED

    def seek(self, frame: int) -> None:
        """Go to a frame (kept inside the song), playing or not."""
        if self._song is None:
            return
        frame = min(max(0, frame), self.length)
        if self.state is PlayerState.PLAYING:
            self._jump(frame)
        else:
            self._ring.fade_out(frame)
            if self.state is PlayerState.FINISHED:
                self.state = PlayerState.PAUSED

    def work(self) -> float | None:
        """Fill the ring; notice the song's end and a lost device; let an idle output rest.

        Returns the seconds after which it wants to be called again, None: after a command.
        Raises `SourceError` when a stem cannot be read.
        """
        if self.state is PlayerState.PLAYING:
            if self._output is not None and not self._output.alive:
                self._lose_output(
                    DeviceError(ErrorCode.OUTPUT_UNAVAILABLE, "the device stopped", retryable=True)
                )
                return None
            start = self._ring.end
            block = self._mix(start, self._ring.free)
            if block.shape[1]:
                self._ring.write(block, last=self._is_last(start, block))
            elif start >= self.length and not self._ring.available:
                self.state = PlayerState.FINISHED
        if self.state is not PlayerState.PLAYING and not self._ring.available:
            self._rest()
        return POLL_S if self._running else None

    def fail(self, error: StemDeskError) -> None:
        """Give the song up: `error` says why."""
        self._ring.fade_out(0)
        self._close_song()
        self.error, self.state = error, PlayerState.FAILED

    def close(self) -> None:
        """Let output and files go."""
        self._close_output()
        self._close_song()
        self.state = PlayerState.EMPTY

    def _mix(self, start: int, frames: int) -> Samples:
        """float32 [2, up to frames], within ±1: some systems wrap what is beyond."""
        if self._song is None:
            raise ValueError("no song")
        frames = max(0, min(frames, self.length - start))
        block = self._mixer.read(start, frames, self._sound.remix)
        return np.clip(block, -1.0, 1.0, out=block)

    def _is_last(self, start: int, block: Samples) -> bool:
        return bool(start + block.shape[1] >= self.length)

    def _jump(self, frame: int) -> None:
        block = self._mix(frame, round(RING_S * self._rate))
        last = self._is_last(frame, block)
        self._ring.jump(frame, block, last=last, fade_in=frame > 0)

    def _rest(self) -> None:
        if self._running and self._output is not None:
            self._output.stop()
        self._running = False

    def _lose_output(self, error: DeviceError) -> None:
        self.state, self.error = PlayerState.PAUSED, error
        self._close_output()
        self._ring.clear()

    def _close_output(self) -> None:
        output, self._output, self._running = self._output, None, False
        if output is not None:
            output.close()
            self._underruns_before += output.underruns

    def _close_song(self) -> None:
        if self._song is not None:
            self._song.close()
        self._song = None
