"""A song as it is exported: streamed at any rate, whole or a region of it, in constant memory.

What a `Rendition` gives are stems; `finish.Finisher` makes parts of them. A part with another speed
or key is a rendition of its own, whose one "stem" is that part as the player's vocoder makes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from stemdesk.audio.chain import Chain
from stemdesk.audio.mixer import SongMixer
from stemdesk.audio.part_mix import PartMix
from stemdesk.audio.playable import Playable, Range, Reader
from stemdesk.audio.remix import Remix
from stemdesk.audio.sound import Sound
from stemdesk.audio.stem_stream import BLOCK, Resampled, Together
from stemdesk.core.progress import CancelToken

_HEARD = "remix"  # what the one stem of a stretched rendition is called

Samples = NDArray[np.float32]
Region = tuple[float, float]
"""Start and end in seconds of the song."""


@dataclass(frozen=True, slots=True)
class SongSound:
    """One song's sound. `stems`: the readers of those that are needed, in the model's order, with
    `stems_frames` frames at `stems_rate` hertz. `original`: the undivided song, decoded at
    `samplerate`, the rate of the export; None where it is not needed or not there. `frames`: of
    the whole song at `samplerate`."""

    stems: Mapping[str, Reader]
    stems_rate: int
    stems_frames: int
    original: Reader | None
    samplerate: int
    frames: int

    @classmethod
    def of(cls, song: Playable, names: Sequence[str] | None = None) -> Self:
        """A finished song at its own rate, without the original (`at` adds it). `names`: the stems
        that are needed, None for all."""
        wanted = song.stems if names is None else names
        stems = {name: song.stem(name) for name in song.stems if name in wanted}
        return cls(stems, song.samplerate, song.frames, None, song.samplerate, song.frames)

    def at(self, samplerate: int, original: Reader | None = None, frames: int = 0) -> Self:
        """The same at the rate of an export. `original`: decoded at it. `frames`: as counted; 0: as
        the stems have them at this rate."""
        known = frames or frames_at(self.stems_frames, self.stems_rate, samplerate)
        return replace(self, original=original, samplerate=samplerate, frames=known)


class Rendition(Protocol):
    """A song, or a region of it, at one rate and speed."""

    @property
    def samplerate(self) -> int:
        """Hertz."""
        ...

    @property
    def frames(self) -> int:
        """As many as all blocks have, and every file that is made of them."""
        ...

    @property
    def stems(self) -> tuple[str, ...]:
        """The names of what `Block.stems` holds."""
        ...

    @property
    def parts(self) -> tuple[PartMix, ...]:
        """What can be made of them. Parts of a stretched rendition say how they are made of its
        stems, and that they are not stretched any more."""
        ...

    def blocks(self, cancel: CancelToken) -> Iterator[Block]:
        """All of it from its first frame on, each time it is called, in blocks of up to `BLOCK`
        frames. Raises `Cancelled`, and what the readers raise."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """The next frames: `stems` float32 [stems, 2, frames], `original` float32 [2, frames], None
    where the rendition has none. Values above full scale are kept."""

    stems: Samples
    original: Samples | None

    @property
    def frames(self) -> int:
        return int(self.stems.shape[2])


def renditions(
    sound: SongSound, parts: Sequence[PartMix], region_s: Region | None = None
) -> tuple[Rendition, ...]:
    """One rendition for all parts at the song's speed and key, if there are any, and one for each
    other part; `region_s`: only this part of the song (`region`)."""
    plain = [part for part in parts if not part.stretched]
    made: list[Rendition] = [PlainRendition(sound, plain, region_s)] if plain else []
    made += [StretchedRendition(sound, part, region_s) for part in parts if part.stretched]
    return tuple(made)


def needed_stems(
    parts: Sequence[PartMix], stems: Sequence[str], *, complete: bool
) -> tuple[str, ...]:
    """The stems of the song that have to be read for these parts, in the song's order; `complete`:
    all of them, for an exact sum or the null depth."""
    heard = {name for part in parts for name, _, _ in part.sides}
    return tuple(name for name in stems if complete or name in heard)


def frames_at(frames: int, rate: int, samplerate: int) -> int:
    """How many frames `frames` at `rate` hertz are at `samplerate`: rounded, at least one."""
    return max(min(1, frames), (2 * frames * samplerate + rate) // (2 * rate))


def region(region_s: Region | None, samplerate: int, frames: int) -> Range:
    """The frames of a region of a song, at least one; all of them without one."""
    if region_s is None or not frames:
        return 0, frames
    start = min(max(0, round(region_s[0] * samplerate)), frames - 1)
    return start, max(start + 1, min(frames, round(region_s[1] * samplerate)))


class PlainRendition:
    """The song's stems at the speed and key that they have.

    At another rate than theirs they are resampled (soxr, VHQ), from a frame well before a region
    at which a frame of either rate begins: the region is what the same frames of the whole are.
    """

    def __init__(
        self, sound: SongSound, parts: Sequence[PartMix], region_s: Region | None = None
    ) -> None:
        self.samplerate = sound.samplerate
        self.stems = tuple(sound.stems)
        self.parts = tuple(parts)
        self._sound = sound
        self._range = region(region_s, sound.samplerate, sound.frames)
        self.frames = self._range[1] - self._range[0]

    def blocks(self, cancel: CancelToken) -> Iterator[Block]:
        """As `Rendition.blocks`."""
        start, end = self._range
        sound = self._sound
        stems = Together(list(sound.stems.values()), sound.stems_frames)
        resampled = sound.stems_rate != sound.samplerate and self.stems
        stream = Resampled(stems, sound.stems_rate, sound.samplerate, start) if resampled else None
        for at in range(start, end, BLOCK):
            cancel.check()
            frames = min(BLOCK, end - at)
            block = stems.read(at, frames) if stream is None else stream.read(frames)
            original = None if sound.original is None else sound.original.read(at, frames)
            yield Block(block, original)


class StretchedRendition:
    """One part at another speed or in another key, exactly as the player makes it at this rate when
    it begins to play at the region's start; round(frames / speed) frames. Its bending of what is
    too loud is left to the finisher."""

    def __init__(self, sound: SongSound, part: PartMix, region_s: Region | None = None) -> None:
        self.samplerate = sound.samplerate
        self.stems = (_HEARD,)
        made = replace(part, sides=((_HEARD, 1.0, 1.0),), original=0.0, stem="", master_db=0.0)
        self.parts = (replace(made, speed=Fraction(1), semitones=0.0),)
        start, end = region(region_s, sound.samplerate, sound.frames)
        self.frames = max(min(1, end - start), round((end - start) / part.speed))
        self._sound = sound
        self._part = part
        self._position = Fraction(start * sound.stems_rate, sound.samplerate)

    def blocks(self, cancel: CancelToken) -> Iterator[Block]:
        """As `Rendition.blocks`."""
        song = _Mixed(self._sound, self._part)
        wanted = Sound(
            Remix(master_db=self._part.master_db),
            float(self._part.speed * 100),
            self._part.semitones,
        )
        chain = Chain(song, SongMixer(song), wanted, self.samplerate, self._position, guarded=False)
        for at in range(0, self.frames, BLOCK):
            frames = min(BLOCK, self.frames - at)
            samples = np.zeros((1, 2, frames), np.float32)
            have = 0
            while have < frames and not chain.ended:
                cancel.check()
                fresh = chain.read(frames - have).samples
                if not fresh.shape[1]:
                    break
                samples[0, :, have : have + fresh.shape[1]] = fresh
                have += fresh.shape[1]
            yield Block(samples, None)


class _Mixed:
    """A `Playable` whose only stem is the sum that a part is of a song's stems: what the player
    makes slower or faster."""

    original: Reader | None = None
    complete = True
    known = 0

    def __init__(self, sound: SongSound, part: PartMix) -> None:
        self.stems = (_HEARD,)
        self.samplerate = sound.stems_rate
        self.frames = sound.stems_frames
        self._readers = [
            (np.array((left, right), np.float32)[:, None], sound.stems[name])
            for name, left, right in part.sides
        ]

    def read(self, start: int, frames: int) -> Samples:
        """As `Mixer.read` adds it up."""
        mixed = np.zeros((2, frames), np.float32)
        for gains, reader in self._readers:
            mixed += gains * reader.read(start, frames)
        return mixed

    def stem(self, name: str) -> Reader:
        return self

    def final(self) -> tuple[Range, ...]:
        return ((0, self.frames),) if self.frames else ()

    def want(self, frame: int, speed: float = 0.0) -> None:
        """All of it is there."""

    def close(self) -> None:
        """The readers belong to others."""
