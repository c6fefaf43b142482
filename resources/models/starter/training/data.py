"""Songs on disk, and the batches made from them.

A song is an .npy of int16, (stems, 2, samples). In some clips each stem comes from another song.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from dsp import Random

_FULL = 32767.0
_LOOK_EVERY = 20  # batches from one look for new songs to the next
_WHOLE_SONG = 0.8  # how often the four stems are from one song and moment
_NARROW = 0.2  # how many clips' stereo pictures are narrower than their song's
Clip = NDArray[np.float32]
T = TypeVar("T")


def store(folder: Path, seed: int, stems: Clip) -> Path:
    """Put a song into the folder, under its final name only when it is complete."""
    path = folder / f"song{seed:06d}.npy"
    waiting = folder / f".{seed:06d}.{os.getpid()}.tmp"
    with waiting.open("wb") as file:
        np.save(file, np.round(np.clip(stems, -1, 1) * _FULL).astype(np.int16))
    waiting.replace(path)
    return path


def stored(folder: Path) -> list[Path]:
    return sorted(folder.glob("song*.npy"))


def opened(path: Path) -> NDArray[np.int16]:
    """A song, read from disk only where it is looked at."""
    song: NDArray[np.int16] = np.load(path, mmap_mode="r")
    return song


def whole(path: Path) -> Clip:
    return opened(path).astype(np.float32) / np.float32(_FULL)


class Feeder(Generic[T]):
    """Makes batches ahead, in threads, of a number and the songs that are there by then."""

    def __init__(
        self, folder: Path, make: Callable[[Sequence[NDArray[np.int16]], int], T], first: int,
        loaders: int,
    ) -> None:  # fmt: skip
        self._folder, self._make = folder, make
        self._number = first
        self._open: dict[Path, NDArray[np.int16]] = {}
        self._pool = ThreadPoolExecutor(loaders)
        self._waiting = deque(self._ask() for _ in range(loaders + 1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    @property
    def songs(self) -> int:
        return len(self._open)

    def next(self) -> T:
        """The next batch, waited for if need be."""
        self._waiting.append(self._ask())
        return self._waiting.popleft().result()

    def _ask(self) -> Future[T]:
        if self._number % _LOOK_EVERY == 0 or not self._open:
            for path in stored(self._folder):
                self._open.setdefault(path, opened(path))
        songs = list(self._open.values())
        self._number += 1
        return self._pool.submit(self._make, songs, self._number - 1)


def batch(rng: Random, songs: Sequence[NDArray[np.int16]], clips: int, samples: int) -> Clip:
    """(clips, stems, 2, samples): stems whose sum is the mix the network gets."""
    made: list[Clip] = []
    while len(made) < clips:
        clip = _clip(rng, songs, samples)
        if np.square(clip).mean(axis=(1, 2)).max() > 1e-7:  # silence teaches nothing
            made.append(_mastered(rng, clip))
    return np.stack(made)


def _clip(rng: Random, songs: Sequence[NDArray[np.int16]], samples: int) -> Clip:
    together = rng.random() < _WHOLE_SONG
    song, place, speed = _drawn(rng, songs, samples)
    stems = []
    for index in range(song.shape[0]):
        if not together:
            song, place, speed = _drawn(rng, songs, samples)
        sound = _cut(song[index], place, samples, speed)
        stems.append(_changed(rng, sound, together))
    clip = np.stack(stems)
    return _narrowed(rng, clip) if rng.random() < _NARROW else clip


def _drawn(
    rng: Random, songs: Sequence[NDArray[np.int16]], samples: int
) -> tuple[NDArray[np.int16], int, float]:
    """A song, a place in it, a speed."""
    song = songs[int(rng.integers(len(songs)))]
    speed = float(np.exp(rng.normal(0, 0.12))) if rng.random() < 0.7 else 1.0
    speed = min(1.4, max(0.72, speed))
    needed = int(samples * speed) + 2
    return song, int(rng.integers(0, song.shape[-1] - needed)), speed


def _cut(stem: NDArray[np.int16], place: int, samples: int, speed: float) -> Clip:
    """A part of a stem, faster and higher or slower and lower."""
    piece = stem[:, place : place + int(samples * speed) + 2].astype(np.float32) / np.float32(_FULL)
    if speed == 1.0:
        return piece[:, :samples]
    places = np.arange(samples) * speed
    known = np.arange(piece.shape[1])
    return np.stack([np.interp(places, known, side) for side in piece]).astype(np.float32)


def _changed(rng: Random, sound: Clip, together: bool) -> Clip:
    """Random level, sign, sides and width; sometimes silence."""
    if rng.random() < 0.04:
        return np.zeros_like(sound)
    decibel = float(rng.normal(0, 2 if together else 3))
    sound = sound * np.float32(10 ** (decibel / 20))
    if rng.random() < 0.5:
        sound = sound[::-1]
    if rng.random() < 0.5:
        sound = -sound
    if rng.random() < 0.25:
        sound = _narrowed(rng, sound)
    return np.ascontiguousarray(sound)


def _narrowed(rng: Random, sound: Clip) -> Clip:
    """Narrower, half of the time down to mono: [..., 2, samples]. Who sings and who plays must be
    heard where all stand in the middle, too."""
    share = np.float32(max(0.0, rng.uniform(-1, 1)))
    narrow: Clip = share * sound + (1 - share) * sound.mean(axis=-2, keepdims=True)
    return narrow


def _mastered(rng: Random, clip: Clip) -> Clip:
    """Mastering of the whole mix, as gains over time, which every stem has its part of: so the
    stems still add up to the mix."""
    mix = clip.sum(axis=0)
    chance = rng.random()
    if chance < 0.2:  # saturation: each sample's gain
        scale = np.float32(rng.uniform(0.8, 3) / (np.abs(mix).max() + 1e-5))
        loud = np.abs(mix * scale) + 1e-6
        bent: Clip = clip * (np.tanh(loud) / loud)[None]
        return bent
    if chance < 0.4:  # a limiter: the gain of each millisecond or so, smoothed
        step = 64
        count = mix.shape[-1] // step
        level = np.abs(mix[:, : count * step]).max(axis=0).reshape(count, step).max(axis=1)
        roof = float(np.quantile(level, rng.uniform(0.5, 0.95))) + 1e-5
        gain = np.minimum(1, roof / (level + 1e-6))
        kernel = np.hanning(int(rng.integers(5, 80)) + 2)
        gain = np.convolve(np.pad(gain, len(kernel) // 2, "edge"), kernel / kernel.sum(), "valid")
        places = (np.arange(len(gain)) + 0.5) * step
        smooth = np.interp(np.arange(mix.shape[-1]), places, gain)
        limited: Clip = clip * smooth.astype(np.float32)
        return limited
    return clip
