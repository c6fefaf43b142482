"""The ring between the render thread and the audio callback: 150 ms of finished sound or more.

Every jump (seek, another remix, pause) is one operation: what nobody has heard yet is replaced,
crossfaded with what would have come. So changes are heard at once and never click. Beside the
samples the ring knows which frame of the song each one belongs to, and how loud its stems are.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.player_status import Levels

Samples = NDArray[np.float32]

_REMEMBERED = 64  # spans that were handed out


@dataclass(frozen=True, slots=True)
class Span:
    """So many frames that follow each other in the song: the first one is the song's frame
    `position`, each next one is `step` further. `stems`: their linear peaks, in the song's
    order. `master`: the peaks of left and right. `original`: the original is heard."""

    frames: int
    position: Fraction
    step: Fraction = Fraction(1)
    stems: tuple[float, ...] = ()
    master: tuple[float, float] = (0.0, 0.0)
    original: bool = False

    @property
    def end(self) -> Fraction:
        return self.position + self.frames * self.step

    def without(self, frames: int) -> Span:
        """The span without its first frames."""
        return replace(
            self, frames=self.frames - frames, position=self.position + frames * self.step
        )


@dataclass(frozen=True, slots=True)
class Block:
    """Finished sound: float32 [2, frames], and what it is. `last`: nothing follows."""

    samples: Samples
    spans: tuple[Span, ...]
    last: bool = False

    @property
    def frames(self) -> int:
        return int(self.samples.shape[1])

    def without(self, frames: int) -> Block:
        """The block without its first frames."""
        spans, left = [], frames
        for span in self.spans:
            if left < span.frames:
                spans.append(span.without(left) if left else span)
            left = max(0, left - span.frames)
        return Block(self.samples[:, frames:], tuple(spans), self.last)


class Place(NamedTuple):
    """Where a ring is: frames handed out, frames unread, the song's frame that is next."""

    handed: int
    unread: int
    position: Fraction


class Ring:
    """A preallocated ring of stereo frames.

    One thread writes, one reads, any may ask. The lock is held for as long as copying takes (tens
    of microseconds); it makes a replacement whole for the reader. Silence where nothing is due
    (the song's end, a pause, a song that is not decoded as far) is not an underrun.
    """

    def __init__(self, capacity: int, fade: int, position: Fraction = Fraction(0)) -> None:
        """`capacity`: frames held. `fade`: frames of a crossfade. `position`: the song's frame
        where it rests until something is written."""
        self._samples = np.zeros((capacity, 2), dtype=np.float32)
        self._lock = threading.Lock()
        self._fade = fade
        self._first = 0  # index of the first unread frame
        self._count = 0  # unread frames
        self._handed = 0  # frames handed out since the start
        self._spans: deque[Span] = deque()  # of what is unread
        self._passed = 0  # frames of the first span that were handed out
        self._rest = position  # where the song is when no span is left
        self._heard: deque[tuple[int, Span]] = deque(maxlen=_REMEMBERED)
        self._due = False
        self._underruns = 0

    @property
    def position(self) -> Fraction:
        """The song's frame that is handed out next."""
        return self.place().position

    @property
    def end(self) -> Fraction:
        """The song's frame that is to be written next."""
        with self._lock:
            return self._spans[-1].end if self._spans else self._rest

    def place(self) -> Place:
        """Where it is, for `revise`."""
        with self._lock:
            return Place(self._handed, self._count, self._place())

    @property
    def available(self) -> int:
        """Frames not handed out yet."""
        return self._count

    @property
    def free(self) -> int:
        """Frames that can be written."""
        return len(self._samples) - self._count

    @property
    def underruns(self) -> int:
        """How often the reader asked for more than there was."""
        return self._underruns

    def heard(self, frames: int) -> tuple[Span, ...]:
        """What the last `frames` handed out were, the newest last."""
        with self._lock:
            since = self._handed - frames
            spans = [span for end, span in self._heard if end > since]
            if self._spans and self._passed:
                spans.append(self._spans[0])
            return tuple(spans)

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
                self._underruns += self._due

    def write(self, block: Block, *, fade_in: bool = False) -> None:
        """Append at most `free` frames."""
        with self._lock:
            samples = block.samples
            if fade_in:
                rise = self._rise(min(self._fade, block.frames))
                samples = samples.copy()
                samples[:, : len(rise)] *= rise
            self._append(samples, block.spans)
            self._due = not block.last

    def jump(self, position: Fraction, block: Block, *, fade_in: bool = True) -> None:
        """Go on at the song's frame `position` with `block`, which may be empty.

        What was unread fades out under it. `fade_in`: False keeps the attack at a song's start.
        """
        with self._lock:
            self._blend(block, position, fade_in=fade_in)

    def revise(self, handed: int, block: Block) -> None:
        """Replace what is unread by `block`, another version of what came next when `handed`
        frames had been handed out. Those that were handed out since are left out."""
        with self._lock:
            passed = min(max(0, self._handed - handed), block.frames)
            place = block.spans[-1].end if block.spans else self._place()
            self._blend(block.without(passed), place, fade_in=True)

    def fade_out(self, position: Fraction | None = None) -> None:
        """End in a few milliseconds, then hand out silence; meanwhile the position rests.

        `position`: the song's frame that is next, the current one if None.
        """
        with self._lock:
            place = self._place() if position is None else position
            self._blend(Block(np.zeros((2, 0), dtype=np.float32), ()), place, fade_in=True)

    def hold(self) -> None:
        """Let what is unread end softly: what follows is not there yet, and not due."""
        with self._lock:
            frames = min(self._fade, self._count)
            index = (self._first + self._count - frames + np.arange(frames)) % len(self._samples)
            self._samples[index] *= self._rise(frames)[::-1, None]
            self._due = False

    def clear(self) -> None:
        """Drop what is unread: nobody asks for it any more."""
        with self._lock:
            self._rest = self._place()
            self._count = self._passed = 0
            self._spans.clear()
            self._due = False

    def _place(self) -> Fraction:
        if not self._spans:
            return self._rest
        span = self._spans[0]
        return span.position + self._passed * span.step

    def _rise(self, frames: int) -> Samples:
        return np.arange(frames, dtype=np.float32) / np.float32(max(1, frames))

    def _blend(self, block: Block, place: Fraction, *, fade_in: bool) -> None:
        """Replace what is unread, which fades out under `block`, or to silence where that is
        shorter; there, and where the block is empty, the position rests."""
        old = min(self._fade, self._count)
        fade = min(self._fade, max(block.frames, old))
        rise = self._rise(fade)
        mixed = np.zeros((2, max(block.frames, old)), dtype=np.float32)
        mixed[:, : block.frames] = block.samples
        if fade_in:
            mixed[:, :fade] *= rise
        index = (self._first + np.arange(old)) % len(self._samples)
        mixed[:, :old] += self._samples[index].T * (1.0 - rise[:old])
        self._count = self._passed = 0
        self._spans.clear()
        self._rest = block.spans[-1].end if block.spans else place
        self._append(mixed, block.spans)
        if mixed.shape[1] > block.frames:
            tail = mixed.shape[1] - block.frames
            self._spans.append(Span(tail, self._rest, Fraction(0)))
        self._due = not block.last and block.frames > 0

    def _append(self, samples: Samples, spans: tuple[Span, ...]) -> None:
        frames = samples.shape[1]
        if frames > self.free:
            raise ValueError(f"{frames} frames into {self.free}")
        start = (self._first + self._count) % len(self._samples)
        head = min(frames, len(self._samples) - start)
        self._samples[start : start + head] = samples[:, :head].T
        self._samples[: frames - head] = samples[:, head:].T
        self._count += frames
        self._spans.extend(spans)

    def _skip(self, frames: int) -> None:
        self._first = (self._first + frames) % len(self._samples)
        self._count -= frames
        while frames and self._spans:
            span = self._spans[0]
            taken = min(frames, span.frames - self._passed)
            frames -= taken
            self._handed += taken
            self._passed += taken
            if self._passed == span.frames:
                self._heard.append((self._handed, self._spans.popleft()))
                self._passed = 0
                self._rest = span.end


def levels_of(names: tuple[str, ...], spans: tuple[Span, ...]) -> Levels:
    """How loud these spans are; silence where there are none."""
    *stems, left, right = list(loudest(spans)) or (0.0, 0.0)
    stems += [0.0] * (len(names) - len(stems))
    return Levels(tuple(zip(names, stems, strict=False)), (left, right))


def loudest(spans: tuple[Span, ...]) -> Iterator[float]:
    """The peaks of all spans together: the stems', as many as the newest span has, then left and
    right of the whole."""
    stems = len(spans[-1].stems) if spans else 0
    same = [span for span in spans if len(span.stems) == stems]
    for index in range(stems):
        yield max(span.stems[index] for span in same)
    for side in islice(range(2), 2 if spans else 0):
        yield max(span.master[side] for span in spans)
