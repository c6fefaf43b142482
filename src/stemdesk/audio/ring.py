"""The ring between the render thread and the audio callback: about 150 ms of finished sound.

Every jump (seek, another remix, pause) is one operation: what nobody has heard yet is replaced,
crossfaded with what would have come. So changes are heard at once and never click.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Ring:
    """A preallocated ring of stereo frames that follow each other in the song.

    One thread writes, one reads. The lock is held for as long as copying takes (tens of
    microseconds); it makes a replacement whole for the reader. `ended`: nothing more is due, so
    that silence beyond the last frame is not an underrun.
    """

    def __init__(self, capacity: int, fade: int) -> None:
        """`capacity`: frames held. `fade`: frames of a crossfade."""
        self._samples = np.zeros((capacity, 2), dtype=np.float32)
        self._lock = threading.Lock()
        self._fade = fade
        self._first = 0  # index of the first unread frame
        self._count = 0  # unread frames
        self._position = 0  # the song's frame that is handed out next
        self._fading = False  # what is unread ends in silence and is not part of the way
        self._ended = True
        self._underruns = 0

    @property
    def position(self) -> int:
        """The song's frame that is handed out next."""
        return self._position

    @property
    def available(self) -> int:
        """Frames not handed out yet."""
        return self._count

    @property
    def end(self) -> int:
        """The song's frame that is to be written next."""
        with self._lock:  # or a read in between would count some frames twice
            return self._position + self._count

    @property
    def free(self) -> int:
        """Frames that can be written."""
        return len(self._samples) - self._count

    @property
    def underruns(self) -> int:
        """How often the reader asked for more than there was."""
        return self._underruns

    def read_into(self, out: Samples) -> None:
        """Fill `out`, float32 [frames, 2]; silence where frames are missing (the callback)."""
        with self._lock:
            frames = min(len(out), self._count)
            head = min(frames, len(self._samples) - self._first)
            out[:head] = self._samples[self._first : self._first + head]
            out[head:frames] = self._samples[: frames - head]
            self._skip(frames)
            if frames < len(out):
                out[frames:] = 0.0
                self._underruns += not self._ended

    def write(self, block: Samples, *, last: bool) -> None:
        """Append float32 [2, frames], at most `free`. `last`: the song ends with it."""
        with self._lock:
            self._append(block)
            self._ended = last

    def jump(self, position: int, block: Samples, *, last: bool, fade_in: bool = True) -> None:
        """Go on at the song's frame `position` with `block`, float32 [2, frames].

        What was unread fades out under it. `fade_in`: False keeps the attack at a song's start.
        """
        with self._lock:
            self._blend(block, fade_in=fade_in)
            self._position = position
            self._fading = False
            self._ended = last

    def revise(self, position: int, block: Samples, *, last: bool) -> None:
        """Replace what is unread by `block`, another version of the frames from `position`.

        Frames that were handed out since `position` was asked for are left out.
        """
        with self._lock:
            passed = min(max(0, self._position - position), block.shape[1])
            self._blend(block[:, passed:], fade_in=True)
            self._ended = last

    def fade_out(self, position: int | None = None) -> None:
        """End in a few milliseconds, then hand out silence; meanwhile the position rests.

        `position`: the song's frame that is next, the current one if None.
        """
        with self._lock:
            silence = np.zeros((2, min(self._fade, self._count)), dtype=np.float32)
            self._blend(silence, fade_in=True)
            self._position = self._position if position is None else position
            self._fading = self._ended = True

    def clear(self) -> None:
        """Drop what is unread: nobody asks for it any more."""
        with self._lock:
            self._count = 0
            self._ended = True

    def _blend(self, block: Samples, *, fade_in: bool) -> None:
        frames = min(self._fade, block.shape[1])
        old = min(frames, self._count)
        index = (self._first + np.arange(old)) % len(self._samples)
        rise = np.arange(frames, dtype=np.float32) / max(1, frames)
        mixed = block.copy()
        if fade_in:
            mixed[:, :frames] *= rise
        mixed[:, :old] += self._samples[index].T * (1.0 - rise[:old])
        self._count = 0
        self._append(mixed)

    def _append(self, block: Samples) -> None:
        frames = block.shape[1]
        if frames > self.free:
            raise ValueError(f"{frames} frames into {self.free}")
        start = (self._first + self._count) % len(self._samples)
        head = min(frames, len(self._samples) - start)
        self._samples[start : start + head] = block[:, :head].T
        self._samples[: frames - head] = block[:, head:].T
        self._count += frames

    def _skip(self, frames: int) -> None:
        self._first = (self._first + frames) % len(self._samples)
        self._count -= frames
        if not self._fading:
            self._position += frames
