"""The way from a song to finished sound: timeline → vocoder → resampler → master → guard.

It can begin at any frame and then goes on in order; another remix, speed or place is another
chain. Where nothing is to be done (speed 100 %, the song's own key, a device at the song's rate)
the samples pass as they are. Each block tells which frames of the song it holds, as exact
fractions.

The key is changed by playing faster or slower (the resampler, which also brings the sound to the
device's rate) what the vocoder made slower or faster before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import soxr
from numpy.typing import NDArray

from stemdesk.audio.guard import guard
from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.playable import Playable
from stemdesk.audio.remix import amplitude
from stemdesk.audio.ring import Block, Span
from stemdesk.audio.sound import Sound
from stemdesk.audio.timeline import Timeline
from stemdesk.audio.vocoder import Turn, Vocoder, lead

RESAMPLER_LEAD = 512
"""Frames that the resampler hears before the first one that counts: more than its filter's half."""

_PITCH_STEPS = 20_000
_TRIES = 1000
_NEAR = 64

Samples = NDArray[np.float32]
Read = Callable[[int], Samples]


@dataclass(frozen=True, slots=True)
class _Begin:
    """How a chain begins. `origin`: the song's frame of the vocoder's frame 0 (or of the
    resampler's), `offset` less. `first`: the frame before the resampler that the first frame is
    at. `skipped`: frames that are left out after the resampler, `early`: before it. `turn`: what
    the vocoder goes on from."""

    origin: int
    first: Fraction
    skipped: int
    early: int = 0
    offset: Fraction = Fraction(0)
    turn: Turn | None = None


class Chain:
    """Finished sound from one place of a song on, at `rate` hertz."""

    def __init__(
        self,
        song: Playable,
        mixer: SongMixer,
        sound: Sound,
        rate: int,
        position: Fraction,
        after: tuple[Chain, int] | None = None,
        stems_share: float | None = None,
        *,
        guarded: bool = True,
    ) -> None:
        """`position`: the song's frame of the first frame; kept to a whole one where a fraction
        of a frame cannot be begun at. `after`: the chain that was there until now, and how many
        of its frames are given up for those of this one, which goes on in phase if it can.
        `stems_share`: as for `Timeline`. `guarded`: what is too loud is bent (`guard`)."""
        pitch = Fraction(round(2.0 ** (sound.key_semitones / 12.0) * _PITCH_STEPS), _PITCH_STEPS)
        self._ratio = pitch * Fraction(song.samplerate, rate)  # the resampler's, in for each out
        self._speed = sound.speed / pitch if sound.stretched else Fraction(1)  # the vocoder's
        self._step = self._ratio * self._speed
        self._kind = (sound.speed, pitch, song.samplerate, rate)
        self._given = 0  # frames
        self._vocoder: Vocoder | None = None
        begin = None
        if sound.stretched and after is not None and after[0]._kind == self._kind:
            begin = after[0]._successor(position, after[1])
        self._begin = begin = begin or _grid(position, self._step, self._ratio)
        self._next = begin.first * self._speed + begin.offset  # the timeline's step that is next
        before = lead(song.samplerate, self._speed) if sound.stretched else 0
        self._timeline = Timeline(
            song, mixer, sound, begin.origin, before, int(position), stems_share
        )
        self._read = self._stretching(song.samplerate) if sound.stretched else self._padded
        if self._ratio != 1:
            self._read = _Resampler(self._read, self._ratio, begin.skipped).read
        self._master = np.float32(amplitude(sound.remix.master_db))
        self._guarded = guarded

    @property
    def ended(self) -> bool:
        """Whether all frames of the song were given."""
        return self._timeline.ended and self._next >= self._timeline.step

    def read(self, frames: int) -> Block:
        """The next frames, at most so many: fewer at the song's end (the block's `last`), and
        where it is not decoded any further. Raises what its readers raise."""
        samples = self._read(frames)
        if self._timeline.ended:  # the silence after it only served to get the last frames out
            left = max(0, math.ceil((self._timeline.step - self._next) / self._step))
            samples = samples[:, :left]
        if self._master != 1.0:
            samples = samples * self._master
        if self._guarded:
            samples = guard(samples)
        spans = tuple(self._spans(samples))
        self._next += samples.shape[1] * self._step
        self._given += samples.shape[1]
        self._timeline.forget(math.floor(self._next))
        return Block(samples, spans, last=self.ended)

    def _successor(self, position: Fraction, given_up: int) -> _Begin | None:
        """Where another chain is to begin to take over the last `given_up` frames, the first of
        which is at `position`, in phase; None where it cannot."""
        if self._vocoder is None or given_up > self._given:
            return None
        at = self._begin.first + (self._given - given_up) * self._ratio
        skipped = _nearest_grid(at, self._ratio)
        start = round(at - skipped * self._ratio)  # of the resampler
        window = start // self._vocoder.hop * self._vocoder.hop
        turn = self._vocoder.turn_at(window)
        if turn is None:
            return None
        first = start - window + skipped * self._ratio
        place = position - first * self._speed
        origin = math.floor(place)
        return _Begin(origin, first, skipped, start - window, place - origin, turn)

    def _stretching(self, samplerate: int) -> Read:
        """The vocoder, without the frames that it begins too early with."""
        begin = self._begin
        vocoder = Vocoder(self._padded, samplerate, self._speed, begin.turn, begin.offset)
        self._vocoder, early = vocoder, begin.early

        def read(frames: int) -> Samples:
            nonlocal early
            if early:
                early -= vocoder.read(early).shape[1]
            return vocoder.read(0 if early else frames)

        return read

    def _padded(self, frames: int) -> Samples:
        """The timeline, silence after its end: vocoder and resampler look ahead."""
        samples = self._timeline.read(frames)
        missing = frames - samples.shape[1]
        if missing and self._timeline.ended and self._looks_ahead:
            samples = np.pad(samples, ((0, 0), (0, missing)))
        return samples

    @property
    def _looks_ahead(self) -> bool:
        return self._ratio != 1 or self._vocoder is not None

    def _spans(self, samples: Samples) -> list[Span]:
        """What the frames are: cut where the marks of the timeline are."""
        spans: list[Span] = []
        at, frames = 0, samples.shape[1]
        for mark in self._timeline.marks:
            end = min(frames, math.ceil((mark.end - self._next) / self._step))
            if end <= at:
                continue
            if at >= frames:
                break
            position = mark.frame + (self._next + at * self._step - mark.first)
            peaks = np.abs(samples[:, at:end]).max(axis=1)
            master = (float(peaks[0]), float(peaks[1]))
            spans.append(Span(end - at, position, self._step, mark.stems, master, mark.original))
            at = end
        return spans


class _Resampler:
    """`ratio` frames of its input for each frame of its own; frame 0 is the input's frame 0, and
    the first `skipped` ones are left out."""

    def __init__(self, read: Read, ratio: Fraction, skipped: int) -> None:
        self._read = read
        self._skipped = skipped
        self._ratio = ratio
        self._stream = soxr.ResampleStream(
            float(ratio.numerator), float(ratio.denominator), 2, "float32", "HQ"
        )
        self._done = np.zeros((2, 0), dtype=np.float32)

    def read(self, frames: int) -> Samples:
        parts, have = [self._done], self._done.shape[1]
        while have < frames:
            wanted = max(64, math.ceil((frames - have + self._skipped) * self._ratio))
            fresh = self._read(wanted)
            if fresh.shape[1]:
                out = self._stream.resample_chunk(np.ascontiguousarray(fresh.T)).T
                skipped = min(self._skipped, out.shape[1])
                self._skipped -= skipped
                out = out[:, skipped:]
                parts.append(out)
                have += out.shape[1]
            if fresh.shape[1] < wanted:
                break
        joined = np.concatenate(parts, axis=1)
        self._done = joined[:, frames:]
        return joined[:, :frames]


def _nearest_grid(at: Fraction, ratio: Fraction) -> int:
    """How many frames before `at` (in frames into the resampler) it begins best: where that is
    nearest to a whole one."""
    if ratio == 1:
        return 0
    fewest = math.ceil(RESAMPLER_LEAD / ratio)

    def off(skipped: int) -> float:
        place = float(at - skipped * ratio)
        return abs(place - round(place))

    tries = ratio.denominator if ratio.denominator <= _TRIES else _NEAR
    return min(range(fewest, fewest + tries), key=off)


def _grid(position: Fraction, step: Fraction, ratio: Fraction) -> _Begin:
    """Begin at a whole frame of the song from where `position` is come to; exactly, where that is
    possible."""
    if ratio == 1:
        return _Begin(math.floor(position), Fraction(0), 0)
    fewest = math.ceil(RESAMPLER_LEAD / ratio)
    tries = step.denominator if step.denominator <= _TRIES else 0  # a key has steps of its own
    for skipped in range(fewest, fewest + tries):
        origin = position - skipped * step
        if origin.denominator == 1:
            return _Begin(int(origin), skipped * ratio, skipped)
    return _Begin(round(position - fewest * step), fewest * ratio, fewest)
