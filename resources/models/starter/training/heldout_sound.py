"""What the held-out instruments are made with: filters, places in the stereo picture, a room.

A `Mono` is float64 [frames], a `Stereo` float64 [2, frames]; both at `RATE`. Everything follows
from its arguments and the `Random` it is given (numpy's `RandomState`: its stream never changes).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 44100

Mono = NDArray[np.float64]
Stereo = NDArray[np.float64]
Random = np.random.RandomState


def frames(seconds: float) -> int:
    return round(seconds * RATE)


def peaked(sound: Mono) -> Mono:
    """The sound with its highest peak at 1; silence stays silent."""
    top = float(np.max(np.abs(sound), initial=0.0)) or 1.0
    return sound / top


def times(length: int) -> Mono:
    """The time of each of `length` frames, in seconds."""
    return np.arange(length) / RATE


def hertz(note: float) -> float:
    """The frequency of a MIDI note (69 is 440 Hz)."""
    return float(440.0 * 2.0 ** ((note - 69.0) / 12.0))


def edges(length: int, attack_s: float, release_s: float) -> Mono:
    """Rises linearly in `attack_s`, holds 1, falls linearly in the last `release_s`."""
    place = np.arange(length)
    rise = (place + 1) / max(1, frames(attack_s))
    fall = (length - place) / max(1, frames(release_s))
    return np.clip(np.minimum(rise, fall), 0.0, 1.0)


def shaped(sound: Stereo, gains: list[tuple[float, float]]) -> Stereo:
    """[..., frames] through a linear-phase filter: (hertz, decibels) points, joined on a log axis.

    Two points further out hold the first and the last level.
    """
    length = sound.shape[-1]
    size = 1 << (length + 4096 - 1).bit_length()
    axis = np.log(np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1.0))
    places = [np.log(max(1.0, point)) for point, _ in gains]
    level = 10 ** (np.interp(axis, places, [gain for _, gain in gains]) / 20)
    filtered = np.fft.irfft(np.fft.rfft(sound, size) * level, size)
    result: Stereo = filtered[..., :length]
    return result


def band(sound: Stereo, low: float, high: float, slope_db: float = 24.0) -> Stereo:
    """[..., frames]: what lies between two frequencies; `slope_db` an octave outside of them."""
    octaves = 4
    far = -slope_db * octaves
    points = [(low / 2**octaves, far), (low, 0.0), (high, 0.0), (high * 2**octaves, far)]
    return shaped(sound, points)


def put(stem: Stereo, sound: Mono, start_s: float, level: float, pan: float = 0.0) -> None:
    """Add a mono sound to a stem from `start_s` on; pan -1 left to 1 right, constant power, and up
    to 0.4 ms later on the far side, as two microphones hear it. What is beyond the end is cut."""
    angle = (pan + 1) * np.pi / 4
    for side, gain in enumerate((np.cos(angle), np.sin(angle))):
        away = max(0.0, pan if side == 0 else -pan)
        start = frames(start_s + 0.0004 * away)
        part = sound[: max(0, stem.shape[1] - start)]
        stem[side, start : start + len(part)] += level * 1.4142 * gain * part


def moved(sound: Mono, delay: Mono) -> Mono:
    """The sound `delay` frames later, where the delay moves: chorus, tape, a turning horn."""
    place = np.arange(len(sound)) - delay
    return np.interp(place, np.arange(len(sound)), sound, left=0.0)


def driven(sound: Stereo, amount: float) -> Stereo:
    """An asymmetric valve-like bend; 0 leaves the sound as it is. Keeps the level about."""
    if amount <= 0:
        return sound
    top = float(np.max(np.abs(sound))) or 1.0
    x = sound / top * (1 + 4 * amount)
    bent = np.where(x >= 0, 1 - np.exp(-x), x / (1 + np.abs(x)))
    bent = bent - np.mean(bent, axis=-1, keepdims=True)
    loud = np.sqrt(np.mean(sound**2)) / max(1e-9, float(np.sqrt(np.mean(bent**2))))
    return np.asarray(bent * loud)


# Frames of the eight delay lines, without common divisors.
_LINES = (1153, 1327, 1559, 1801, 2039, 2293, 2539, 2801)


def hadamard() -> NDArray[np.float64]:
    """The orthogonal matrix [8, 8] of signs that mixes the delay lines."""
    matrix = np.ones((1, 1))
    for _ in range(3):
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return np.asarray(matrix / np.sqrt(8))


def room(sound: Stereo, seconds: float, dark: float, size: float = 1.0) -> Stereo:
    """Only the room's answer: a feedback delay network of eight lines.

    `seconds` until it is 60 dB down; `dark` 0 to 1, how much sooner the treble is gone; `size`
    stretches the lines. It works through blocks as long as the shortest line.
    """
    lines = [int(line * size) | 1 for line in _LINES]
    block, length = min(lines) - 1, sound.shape[1]
    matrix = hadamard() * 10 ** (-3 * np.array(lines)[:, None] / (seconds * RATE))
    memory = [np.zeros(length + line + block) for line in lines]  # what comes out, later
    sides = np.array([[1, 1, -1, 1, -1, 1, 1, -1], [1, -1, 1, 1, 1, 1, -1, -1]]) / np.sqrt(8)
    wet, last = np.zeros((2, length)), np.zeros((8, 1))
    for start in range(0, length, block):
        end = min(length, start + block)
        heard = np.stack([line[start:end] for line in memory])
        wet[:, start:end] = sides @ heard
        soft = np.concatenate((last, heard), axis=1)
        last = heard[:, -1:]
        soft = (1 - dark / 2) * soft[:, 1:] + dark / 2 * soft[:, :-1]
        fed = matrix @ soft + np.repeat(sound[:, start:end], 4, axis=0) * 0.5
        for index, line in enumerate(lines):
            memory[index][start + line : end + line] += fed[index]
    return wet
