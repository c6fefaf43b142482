"""The held-out songs' mixing desk: levels, a room, and a compressor and a limiter that turn all
stems up and down alike, so that the mastered mix is still the sum of its stems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heldout_sound import Mono, Random, Stereo, driven, frames, room, shaped

PEAK = 0.95
_LOUD = {"drums": -1.0, "bass": -3.0, "other": -3.0, "vocals": 0.0}  # dB, RMS against each other
_SENDS = {"drums": 0.5, "bass": 0.08, "other": 1.0, "vocals": 1.0}
_BLOCK = 128  # frames between two values of a gain


@dataclass(frozen=True, slots=True)
class Mix:
    """`room_s`: seconds until the room is 60 dB down; `dark` 0 to 1; `wet`: the room's level beside
    a voice; `lossy`: nothing above 15.5 kHz, as a small MP3; `drive`: a bend of drums and bass."""

    room_s: float
    dark: float
    wet: float
    lossy: bool = False
    drive: float = 0.04


def mixed(dry: dict[str, Stereo], mix: Mix, random: Random) -> dict[str, NDArray[np.float32]]:
    """The finished stems, float32 [2, frames] each, of the dry ones; their sum peaks at 0.95."""
    size = random.uniform(0.7, 1.4)
    stems = {}
    for stem, sound in dry.items():
        bent = driven(sound, mix.drive) if stem in ("drums", "bass") else sound
        level = 10 ** ((_LOUD[stem] + random.uniform(-2.5, 2.5)) / 20)
        loud = bent * (level / (_active_rms(bent) + 1e-9))
        stems[stem] = loud + mix.wet * _SENDS[stem] * room(loud, mix.room_s, mix.dark, size) * 2
    tilt = random.uniform(-2.5, 2.5)  # dB from the bass to the treble, and a little less in between
    curve = [(30.0, -3.0), (60.0, -tilt), (500.0, -0.5), (3000.0, 0.0), (10000.0, tilt)]
    curve += [(15500.0, tilt), (16500.0, -90.0)] if mix.lossy else []
    stems = {stem: shaped(sound, curve) for stem, sound in stems.items()}
    song = np.sum(list(stems.values()), axis=0)
    gain = pressed(song, ratio=random.uniform(1.5, 3.0))
    gain = gain * limited(song * gain)
    top = np.max(np.abs(song * gain)) or 1.0
    fade = np.minimum(1.0, np.arange(song.shape[1], 0, -1) / frames(0.05))
    gain = gain * fade * (PEAK / top)
    return {stem: (sound * gain).astype(np.float32) for stem, sound in stems.items()}


def _active_rms(sound: Stereo) -> float:
    """RMS of the tenths of a second in which it sounds."""
    step = frames(0.1)
    whole = sound[:, : sound.shape[1] // step * step].reshape(2, -1, step)
    power = np.mean(whole**2, axis=(0, 2))
    return float(np.sqrt(np.mean(power[power > 1e-3 * power.max()]))) if power.max() else 0.0


def pressed(song: Stereo, ratio: float) -> Mono:
    """A compressor's gain for each frame: RMS over 80 ms, 6 dB below the song's level on."""
    power = _blocks(np.mean(song**2, axis=0)).mean(axis=1)
    width = max(1, frames(0.08) // _BLOCK)
    level = np.sqrt(np.convolve(power, np.ones(width) / width, "same")) + 1e-6
    threshold = 0.5 * np.sqrt(power.mean())
    gain = np.minimum(1.0, (level / threshold) ** (1 / ratio - 1))
    release = np.exp(-np.arange(60) / 15)
    return _stretched(np.convolve(gain, release / release.sum(), "full")[: len(gain)], song)


def limited(song: Stereo) -> Mono:
    """A limiter's gain for each frame: 4 dB of the peaks go, seen 6 ms ahead."""
    peaks = _blocks(np.max(np.abs(song), axis=0)).max(axis=1)
    ceiling = 0.63 * peaks.max() + 1e-9
    wanted = np.minimum(1.0, ceiling / (peaks + 1e-9))
    reach = 4
    view = np.lib.stride_tricks.sliding_window_view(np.pad(wanted, reach, "edge"), 2 * reach + 1)
    window = np.hanning(2 * reach + 1)
    lowest = np.pad(view.min(axis=1), reach, "edge")
    return _stretched(np.convolve(lowest, window / window.sum(), "valid"), song)


def _blocks(values: Mono) -> NDArray[np.float64]:
    """[blocks, _BLOCK], padded with the last value."""
    return np.pad(values, (0, -len(values) % _BLOCK), "edge").reshape(-1, _BLOCK)


def _stretched(gain: Mono, song: Stereo) -> Mono:
    """A value a block to one a frame."""
    centres = (np.arange(len(gain)) + 0.5) * _BLOCK
    return np.interp(np.arange(song.shape[1]), centres, gain)
