"""Another speed at the same pitch: a phase vocoder that streams and begins at any frame.

After Laroche and Dolson, "Improved phase vocoder time-scale modification of audio" (IEEE Trans.
Speech and Audio Processing 7(3), 1999), with identity phase locking: between two frames of the
output each spectral peak goes on by the phase that the input goes on by in the same time, and the
bins around a peak turn with it. Both channels turn alike, so that the stereo picture stays.

Beats: where the bins around a peak get much louder from one window to the next (after Röbel, "A new
approach to transient processing in the phase vocoder", DAFx 2003, peak by peak, too), they are not
turned but moved in time as a whole, for as long as the beat is in the windows, and left out of
those windows that end before it. So every window has the beat at one place, where it belongs, and
it stays as steep as it was.

The package python-stretch (0.3.1) cannot do this: its `process` starts from nothing and ends in
silence at each call (blocks of 0.14 s of a sine are off by half of its level), and holds Python's
lock for all of it, so that the audio callback would wait.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 0.09
OVERLAP = 4

_REMEMBERED = 64  # windows: far more than the player's ring holds of them
_ONSET = 2.0  # louder by this factor from one window to the next: a beat
_REACH = 0.4  # of a window: so far behind its centre a beat may be
_PARTS = 64  # of a window, to find a beat in
_PARTS_BEFORE = 8  # that it is compared with

Samples = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


class Turn(NamedTuple):
    """What a window's bins were multiplied by, complex64 [bins]; in how many windows more each one
    is moved in time, int8 [bins]."""

    factors: Spectrum
    moving: NDArray[np.int8]


class Vocoder:
    """Gives `speed` of its input's frames for each frame of its own; frame 0 is the input's 0."""

    def __init__(
        self,
        read: Callable[[int], Samples],
        samplerate: int,
        speed: Fraction,
        begin: Turn | None = None,
        offset: Fraction = Fraction(0),
    ) -> None:
        """`read`: gives float32 [2, up to so many] frames of the input in order, the first one is
        the one `lead` before frame 0; fewer than it was asked for if there is no more now.
        `begin`: what `turn_at` of another vocoder gave, to go on in phase with it; frame 0 may
        then be `offset`, less than 1, behind the input's 0."""
        self.size = window_size(samplerate)
        self.hop = self.size // OVERLAP
        self._read = read
        self._speed = speed
        self._window = np.hanning(self.size + 1)[:-1].astype(np.float32)
        self._scale = np.float32(1.0 / (0.375 * OVERLAP))  # of overlapping squared Hann windows
        self._input = np.zeros((2, 0), dtype=np.float32)
        self._first = -lead(samplerate, speed)  # the input's frame that the buffer begins with
        self._number = 1 - OVERLAP // 2  # of the next window: the first one that reaches frame 0
        self._sum = np.zeros((2, self.size), dtype=np.float32)
        self._begin = begin
        self._offset = offset
        self._last: Spectrum | None = None
        self._centre = 0  # of the last window, in the input
        self._moving = np.zeros(self.size // 2 + 1, dtype=np.int8)  # windows more, for each bin
        self._turns: deque[tuple[int, Turn]] = deque(maxlen=_REMEMBERED)
        self._done = np.zeros((2, 0), dtype=np.float32)
        self._skip = self.size // 2 - self._number * self.hop  # frames before frame 0

    def read(self, frames: int) -> Samples:
        """float32 [2, up to `frames`], fewer if the input has no more now."""
        parts, have = [self._done], self._done.shape[1]
        while have < frames:
            part = self._turn()
            if part is None:
                break
            parts.append(part)
            have += part.shape[1]
        joined = np.concatenate(parts, axis=1)
        self._done = joined[:, frames:]
        return joined[:, :frames]

    def turn_at(self, frame: int) -> Turn | None:
        """What another vocoder of this speed has to begin with, whose frame 0 is this one's
        `frame`, a multiple of `hop`; None where that is not known (any more)."""
        wanted = frame // self.hop - 1
        return next((turn for number, turn in self._turns if number == wanted), None)

    def _turn(self) -> Samples | None:
        """One window more: the next `hop` frames that are complete, None without input."""
        way = self._number * self.hop
        # Before frame 0 at full speed: so the output begins in phase with the input.
        centre = way if way < 0 and self._begin is None else round(way * self._speed + self._offset)
        start = centre - self.size // 2 - self.hop
        if not self._fill(start, centre + self.size // 2):
            return None
        at = start - self._first
        before, now = self._spectrum(at), self._spectrum(at + self.hop)
        if self._last is not None:
            turn = self._turned(before, now, centre)
        elif self._begin is not None:
            turn, self._moving = self._begin
        else:
            turn = np.ones(now.shape[1], dtype=np.complex64)
        self._centre = centre
        self._turns.append((self._number, Turn(turn, self._moving)))
        self._last = now = now * turn
        self._sum += np.fft.irfft(now, self.size).astype(np.float32) * self._window
        ready = self._sum[:, : self.hop] * self._scale
        self._sum = np.concatenate(
            (self._sum[:, self.hop :], np.zeros((2, self.hop), dtype=np.float32)), axis=1
        )
        self._number += 1
        skipped = min(self._skip, self.hop)
        self._skip -= skipped
        return ready[:, skipped:]

    def _turned(self, before: Spectrum, now: Spectrum, centre: int) -> Spectrum:
        """What the bins of `now` are multiplied by to go on from the last window, complex64
        [bins]. `before`: the input's spectrum a hop before `now`."""
        assert self._last is not None
        turned, begins, hushed = _propagated(self._last, before, now)
        moving = self._moving > 0
        begins &= ~moving
        if moving.any():
            further = centre - self._centre - self.hop
            turned[moving] = (self._turns[-1][1].factors * self._moved(further))[moving]
        if begins.any():
            beat, reach = self._beat(centre), _REACH * self.size
            goal = self._place(centre + beat) - self._number * self.hop
            if goal > reach and self._speed < 1:
                turned[begins] *= hushed[begins]
                begins[:] = False  # in one of the next windows
            else:
                turned[begins] = self._moved(max(goal, -reach) - beat)[begins]
        left = np.where(begins, OVERLAP - 1, np.maximum(0, self._moving - 1))
        self._moving = left.astype(np.int8)
        return turned

    def _beat(self, centre: int) -> float:
        """Where in the window the sound gets louder most, in frames behind its centre."""
        at = centre - self.size // 2 - self._first
        steps = np.diff(self._input[:, at : at + self.size], axis=1, prepend=0.0)
        steps[:, 0] = 0.0
        level = np.sqrt((steps**2).sum(axis=0).reshape(_PARTS, -1).sum(axis=1))
        sums = np.concatenate(([0.0], np.cumsum(level)))
        earlier = (sums[_PARTS_BEFORE:-1] - sums[: -_PARTS_BEFORE - 1]) / _PARTS_BEFORE
        part = int((level[_PARTS_BEFORE:] - earlier).argmax()) + _PARTS_BEFORE
        return part * self.size / _PARTS - self.size / 2

    def _place(self, frame: float) -> float:
        """Where the input's frame is in the output."""
        if frame < 0 and self._begin is None:
            return frame
        return (frame - float(self._offset)) / float(self._speed)

    def _moved(self, frames: float) -> Spectrum:
        """What moves a window's content to later by so many frames."""
        angle = np.arange(self.size // 2 + 1) * (-2.0 * np.pi * frames / self.size)
        moved: Spectrum = np.exp(1j * angle).astype(np.complex64)
        return moved

    def _spectrum(self, at: int) -> Spectrum:
        spectrum = np.fft.rfft(self._input[:, at : at + self.size] * self._window)
        return spectrum.astype(np.complex64, copy=False)

    def _fill(self, start: int, end: int) -> bool:
        """Have the input's frames from `start` to `end` in the buffer, if there are as many."""
        missing = end - self._first - self._input.shape[1]
        if missing > 0:
            fresh = self._read(missing)
            old = min(max(0, start - self._first), self._input.shape[1])
            self._input = np.concatenate((self._input[:, old:], fresh), axis=1)
            self._first += old
            return bool(fresh.shape[1] == missing)
        return True


def window_size(samplerate: int) -> int:
    """Frames of a window: the power of two nearest to `WINDOW_S`."""
    return int(2 ** round(math.log2(WINDOW_S * samplerate)))


def lead(samplerate: int, speed: Fraction) -> int:
    """How many frames of the input before frame 0 a vocoder begins with."""
    size = window_size(samplerate)
    hop = size // OVERLAP
    return size // 2 + hop + math.ceil((OVERLAP // 2 - 1) * hop * max(Fraction(1), speed)) + 1


def _propagated(
    last: Spectrum, before: Spectrum, now: Spectrum
) -> tuple[Spectrum, NDArray[np.bool_], Samples]:
    """How the bins of `now` turn for their peaks to go on from `last`, complex64 [bins]; where
    something begins instead, and what would keep these bins as quiet as they were.

    `before`: the input's spectrum a hop before `now`, `last`: the output's a hop before.
    """
    size = np.abs(now).sum(axis=0)
    inner = size[2:-2]
    is_peak = (inner > size[1:-3]) & (inner >= size[3:-1])
    is_peak &= (inner > size[:-4]) & (inner >= size[4:])
    peaks = np.flatnonzero(is_peak) + 2
    if len(peaks) == 0:
        still = np.ones(len(size), dtype=np.float32)
        return still.astype(np.complex64), np.zeros(len(size), dtype=np.bool_), still
    turn = (last[:, peaks] * np.conj(before[:, peaks])).sum(axis=0)
    length = np.abs(turn)
    turn = np.where(length > 1e-20, turn / np.maximum(length, 1e-20), 1.0)
    edges = np.concatenate(([0], (peaks[1:] + peaks[:-1] + 1) // 2))
    widths = np.diff(np.concatenate((edges, [len(size)])))
    energy, earlier = _energy(now, edges), _energy(last, edges)
    louder = energy > _ONSET**2 * earlier
    if size.sum() > _ONSET * np.abs(before).sum():
        louder[:] = True
    hushed = np.sqrt(np.minimum(1.0, earlier / np.maximum(energy, 1e-20))).astype(np.float32)
    turned: Spectrum = np.repeat(turn, widths).astype(np.complex64)
    return turned, np.repeat(louder, widths), np.repeat(hushed, widths)


def _energy(spectrum: Spectrum, edges: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of the bins from each edge to the next one."""
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0)
    return np.add.reduceat(power, edges)
