"""The timeline: one song read from a frame on, stems or original, round its loop, to its end.

It counts *steps* (frames read since it began, from 0 at the frame it was asked for), because a
loop makes the song's frames come again. What each step was is kept as marks.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.parts import is_end, readable, share, slewed
from stemdesk.audio.playable import Playable, Range
from stemdesk.audio.player_status import Side
from stemdesk.audio.remix import amplitude
from stemdesk.audio.sound import Sound

PART_FADE_S = 0.05
SEAM_S = 0.005
LOOP_MIN_S = 0.05
MARK_S = 0.01

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mark:
    """The steps from `first` to before `end` are the song's frames from `frame` on. `stems`:
    linear peaks in them. `original`: mostly the original is heard."""

    first: int
    end: int
    frame: int
    stems: tuple[float, ...]
    original: bool


class Timeline:
    """Reads one song in one `Sound`, in order. Its speed and key are others' work."""

    def __init__(
        self,
        song: Playable,
        mixer: SongMixer,
        sound: Sound,
        frame: int,
        lead: int = 0,
        heard_from: int | None = None,
        stems_share: float | None = None,
    ) -> None:
        """`frame`: where step 0 is. `lead`: so many steps before it are read first, silence where
        the song has not begun. `heard_from`: the frame that is heard first, if it is another.
        `stems_share`: of what was heard before step 0, 0 to 1; None: nothing was."""
        self.marks: deque[Mark] = deque()
        self.ended = False
        self.step = -lead  # to be read next
        self._song = song
        self._mixer = mixer
        self._sound = sound
        self._frame = frame - lead  # the song's, to be read next; below 0 before its start
        self._fade = round(PART_FADE_S * song.samplerate)
        self._hop = max(1, round(MARK_S * song.samplerate))
        self._loop = usable_loop(sound.loop, song)
        heard_from = frame if heard_from is None else heard_from
        if self._loop is not None and heard_from >= self._loop[1]:
            self._loop = None  # beyond it: the song plays on
        self._seam = round(SEAM_S * song.samplerate)
        self._tail = np.zeros((2, 0), dtype=np.float32)  # what fades out after a wrap
        self._share = stems_share  # at the frame before; None: as it is

    def read(self, steps: int) -> Samples:
        """float32 [2, up to `steps`]: less at the song's end (`ended`) and where it is not
        decoded any further. Raises what its readers raise."""
        pieces: list[Samples] = []
        while steps > 0 and not self.ended:
            piece = self._piece(steps)
            if piece is None:
                break
            pieces.append(piece)
            steps -= piece.shape[1]
        return np.concatenate(pieces, axis=1) if pieces else np.zeros((2, 0), dtype=np.float32)

    def forget(self, step: int) -> None:
        """Drop the marks of what lies before a step."""
        while self.marks and self.marks[0].end <= step:
            self.marks.popleft()

    def _piece(self, steps: int) -> Samples | None:
        if self._frame < 0:
            steps = min(steps, -self._frame)
            self._advance(steps)
            return np.zeros((2, steps), dtype=np.float32)
        if self._loop is not None and self._loop[1] > self._song.frames:
            self._loop = usable_loop(self._sound.loop, self._song)  # it turned out shorter
        if self._loop is not None and self._frame == self._loop[1]:
            self._wrap(*self._loop)
        limit = readable(self._song, self._frame, self._sound.side)
        if self._frame >= limit:
            self._look_for_end()
            return None
        if self._loop is not None:
            limit = min(limit, self._loop[1])
        steps = min(steps, limit - self._frame)
        piece = self._render(self._frame, steps, marked=True)
        tail = min(steps, self._tail.shape[1])
        if tail:
            rise = np.arange(self._seam - self._tail.shape[1], self._seam)[:tail] / self._seam
            piece[:, :tail] *= rise.astype(np.float32)
            piece[:, :tail] += self._tail[:, :tail]
            self._tail = self._tail[:, tail:]
        self._soften_end(piece)
        self._advance(steps)
        self._look_for_end()
        return piece

    def _look_for_end(self) -> None:
        turns = self._loop is not None and self._frame == self._loop[1]
        self.ended = not turns and is_end(self._song, self._frame)

    def _advance(self, steps: int) -> None:
        self._frame += steps
        self.step += steps

    def _wrap(self, start: int, end: int) -> None:
        """Go back to the loop's start; what would have followed its end fades out there."""
        follows = self._follows(end)
        self._tail = np.zeros((2, self._seam), dtype=np.float32)
        if follows:
            fall = 1.0 - np.arange(self._seam) / self._seam
            self._tail = self._render(end, self._seam) * fall.astype(np.float32)
        self._frame = start
        self._share = None

    def _follows(self, end: int) -> bool:
        """Whether there is sound after the loop's end to fade out with."""
        return end + self._seam <= readable(self._song, end, self._sound.side)

    def _soften_end(self, piece: Samples) -> None:
        """A loop up to the song's end: its last frames fall to silence instead."""
        if self._loop is None or self._follows(self._loop[1]):
            return
        left = self._loop[1] - np.arange(self._frame, self._frame + piece.shape[1]) - 1
        piece *= np.minimum(1.0, left / self._seam).astype(np.float32)

    def _render(self, first: int, frames: int, *, marked: bool = False) -> Samples:
        """float32 [2, frames] of the song's frames from `first` on; the next mark's, if
        `marked`."""
        edges = list(range(0, frames, self._hop)) if marked else []
        peaks: Samples | None = None
        share, original = self._shares(first, frames), self._song.original
        if share is None or bool(share.any()):
            mixed, peaks = self._mixer.measure(first, frames, self._sound.remix, edges)
        else:
            mixed = np.zeros((2, frames), dtype=np.float32)
        if share is not None:
            mixed *= share
            if original is not None and not bool((share == 1.0).all()):
                gain = self._original_gain()
                mixed += np.float32(gain) * ((1.0 - share) * original.read(first, frames))
        if marked:
            self._mark(first, frames, edges, peaks, share)
        return mixed

    def _original_gain(self) -> float:
        side = self._sound.side is Side.ORIGINAL
        return amplitude(self._sound.original_db) if side else 1.0

    def _shares(self, first: int, frames: int) -> Samples | None:
        """The stems' share at each frame, None for all of it; remembered for what follows."""
        if self._sound.side is Side.ORIGINAL and self._song.original is not None:
            return np.zeros(frames, dtype=np.float32)
        target = share(self._song, first, frames, self._fade)
        before = self._share
        if before is not None and before < 1.0:
            whole = np.ones(frames, dtype=np.float32) if target is None else target
            target = slewed(whole, before, self._fade)
        self._share = 1.0 if target is None else float(target[-1])
        return target

    def _mark(
        self,
        first: int,
        frames: int,
        edges: list[int],
        peaks: Samples | None,
        share: Samples | None,
    ) -> None:
        heard = peaks if share is None or peaks is None else peaks * share[edges]
        for index, edge in enumerate(edges):
            end = min(edge + self._hop, frames)
            stems = () if heard is None else tuple(float(peak) for peak in heard[:, index])
            original = share is not None and bool(share[(edge + end) // 2] < 0.5)
            mark = Mark(self.step + edge, self.step + end, first + edge, stems, original)
            self.marks.append(mark)


def usable_loop(loop: Range | None, song: Playable) -> Range | None:
    """The loop inside of the song, at least `LOOP_MIN_S` long; None where it is not in it, or the
    song is shorter than that."""
    shortest = round(LOOP_MIN_S * song.samplerate)
    if loop is None or song.frames < shortest:
        return None
    start, end = min(loop[0], song.frames), min(loop[1], song.frames)
    if start >= song.frames:
        return None
    end = min(song.frames, max(end, start + shortest))
    return max(0, min(start, end - shortest)), end
