"""Small sound tools that all generators share: filters, rooms, dynamics, places in the stereo
picture. Sounds are float32 arrays at 44.1 kHz: (samples,) mono or (2, samples) stereo.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

RATE = 44100
SECONDS = 22.0
SAMPLES = int(SECONDS * RATE)
Sound: TypeAlias = NDArray[np.floating[Any]]  # float32 wherever it is kept
Response: TypeAlias = NDArray[np.complexfloating[Any, Any]]
Random: TypeAlias = np.random.Generator
_BLOCK = 256  # samples over which a compressor measures


def fast_length(samples: int) -> int:
    """The next length that the Fourier transform is quick for."""
    step = 1 << max(0, samples.bit_length() - 4)
    return -(-samples // step) * step


def filtered(sound: Sound, response: Response, length: int) -> Sound:
    """`sound` through a filter given at `frequencies(length)`."""
    spectrum = np.fft.rfft(sound, length)
    return np.fft.irfft(spectrum * response, length)[..., : sound.shape[-1]].astype(np.float32)


def frequencies(length: int) -> Sound:
    return np.fft.rfftfreq(length, 1 / RATE)


def low_pass(hertz: Sound, cut: float, q: float = 0.7) -> Response:
    s = 1j * hertz / cut
    answer: Response = 1 / (s * s + s / q + 1)
    return answer


def high_pass(hertz: Sound, cut: float, q: float = 0.7) -> Response:
    s = 1j * hertz / cut
    answer: Response = s * s / (s * s + s / q + 1)
    return answer


def band_pass(hertz: Sound, middle: float, q: float) -> Response:
    s = 1j * hertz / middle
    answer: Response = (s / q) / (s * s + s / q + 1)
    return answer


def bell(hertz: Sound, middle: float, decibel: float, q: float) -> Response:
    s, gain = 1j * hertz / middle, 10 ** (decibel / 40)
    answer: Response = (s * s + s * gain / q + 1) / (s * s + s / (gain * q) + 1)
    return answer


def low_passed(sound: Sound, cut: float, q: float = 0.7) -> Sound:
    length = fast_length(sound.shape[-1] + 256)
    return filtered(sound, low_pass(frequencies(length), cut, q), length)


def high_passed(sound: Sound, cut: float, q: float = 0.7) -> Sound:
    length = fast_length(sound.shape[-1] + 256)
    return filtered(sound, high_pass(frequencies(length), cut, q), length)


def band_passed(sound: Sound, middle: float, q: float) -> Sound:
    length = fast_length(sound.shape[-1] + 256)
    return filtered(sound, band_pass(frequencies(length), middle, q), length)


def noise(rng: Random, samples: int) -> Sound:
    return rng.standard_normal(samples, dtype=np.float32)


def decay(samples: int, seconds: float) -> Sound:
    """A falling exponential: 1/e after `seconds`."""
    curve: Sound = np.exp(np.arange(samples, dtype=np.float32) * np.float32(-1 / (seconds * RATE)))
    return curve


def faded(sound: Sound, seconds_in: float, seconds_out: float) -> Sound:
    """`sound` with its ends faded, in place."""
    length = sound.shape[-1]
    first, last = (min(length, max(1, int(s * RATE))) for s in (seconds_in, seconds_out))
    sound[..., :first] *= np.linspace(0, 1, first, dtype=np.float32)
    sound[..., length - last :] *= np.linspace(1, 0, last, dtype=np.float32)
    return sound


def panned(mono: Sound, position: float) -> Sound:
    """Mono to stereo; position -1 is left, 1 is right."""
    angle = (position + 1) * np.pi / 4
    sides = np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32) * np.float32(2**0.5)
    return sides * mono[None]


def add_at(track: Sound, sound: Sound, start: float) -> None:
    """Add `sound` into `track` at `start` seconds; what reaches beyond the end is cut."""
    first = int(start * RATE)
    if first < 0:
        sound, first = sound[..., -first:], 0
    count = min(sound.shape[-1], track.shape[-1] - first)
    if count > 0:
        track[..., first : first + count] += sound[..., :count]


def saturated(sound: Sound, drive: float) -> Sound:
    """Soft clipping; `drive` 1 is mild, 10 is a fuzz box. The level stays about the same."""
    peak = float(np.abs(sound).max()) + 1e-6
    bent: Sound = np.tanh(sound * np.float32(drive / peak)) * np.float32(peak / np.tanh(drive))
    return bent


def compressed(
    sound: Sound, threshold: float, ratio: float, attack: float, release: float
) -> Sound:
    """A compressor. `threshold` in decibel below the loudest block; times in seconds."""
    power = np.square(sound).sum(axis=0) if sound.ndim > 1 else np.square(sound)
    blocks = -(-len(power) // _BLOCK)
    padded = np.zeros(blocks * _BLOCK, dtype=np.float32)
    padded[: len(power)] = power
    level = 10 * np.log10(padded.reshape(blocks, _BLOCK).mean(axis=1) + 1e-10)
    wanted = np.maximum(0, level - (level.max() - threshold)) * (1 / ratio - 1)
    rise, fall = (float(np.exp(-_BLOCK / RATE / seconds)) for seconds in (attack, release))
    gain, now = np.empty(blocks), 0.0
    for index, target in enumerate(wanted.tolist()):
        keep = rise if target < now else fall
        now = keep * now + (1 - keep) * target
        gain[index] = now
    places = (np.arange(blocks) + 0.5) * _BLOCK
    smooth = np.interp(np.arange(len(power)), places, 10 ** (gain / 20))
    return sound * smooth.astype(np.float32)


def room(rng: Random, seconds: float, bright: float) -> Sound:
    """An impulse response, (2, samples): early reflections and a tail that `seconds` later is
    60 dB lower and darker (`bright` in Hz is where the tail's treble ends)."""
    count = int(min(2.5, max(0.08, seconds)) * RATE)
    time = np.arange(count, dtype=np.float32) / RATE
    falling = 10 ** (-3 * time / seconds)
    tail: Sound = rng.standard_normal((2, count)).astype(np.float32) * falling
    dull = low_passed(tail, bright / 3)
    blend = np.minimum(1, time / (0.5 * seconds))
    tail = low_passed(tail * (1 - blend) + dull * blend * 1.5, bright)
    tail = high_passed(tail, float(rng.uniform(80, 350)))
    delay = int(rng.uniform(0.0, 0.03) * RATE)
    tail = np.pad(tail, ((0, 0), (delay, 0)))[:, :count]
    tail /= np.sqrt(np.square(tail).sum(axis=1, keepdims=True)) + 1e-9
    for _ in range(int(rng.integers(2, 9))):
        place = int(rng.uniform(0.003, 0.05) * RATE)
        if place < count:
            tail[:, place] += rng.uniform(-0.25, 0.25, 2).astype(np.float32)
    return tail.astype(np.float32)


def in_room(sound: Sound, response: Sound, wet: float) -> Sound:
    """Stereo `sound` with the room's answer at `wet` times its own level."""
    length = fast_length(sound.shape[-1] + response.shape[-1])
    answer = np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(response, length), length)
    return sound + np.float32(wet) * answer[:, : sound.shape[-1]].astype(np.float32)


def echoed(sound: Sound, seconds: float, feedback: float, wet: float) -> Sound:
    """A ping-pong delay."""
    done = sound.copy()
    step, gain, turned = int(seconds * RATE), wet, sound
    for turn in range(1, 5):
        turned = turned[::-1]
        if turn * step >= sound.shape[-1] or gain < 0.02:
            break
        done[:, turn * step :] += np.float32(gain) * turned[:, : -turn * step]
        gain *= feedback
    return done


def tone_control(rng: Random, sound: Sound, strength: float = 4.0) -> Sound:
    """A few random bells and a gentle random low or high cut."""
    length = fast_length(sound.shape[-1] + 2048)
    hertz = frequencies(length)
    response = np.ones(len(hertz), dtype=np.complex128)
    for _ in range(int(rng.integers(1, 4))):
        middle = float(np.exp(rng.uniform(np.log(80), np.log(12000))))
        response *= bell(hertz, middle, float(rng.normal(0, strength)), float(rng.uniform(0.4, 2)))
    if rng.random() < 0.3:
        response *= low_pass(hertz, float(rng.uniform(6000, 18000)))
    return filtered(sound, response, length)


def widened(rng: Random, sound: Sound) -> Sound:
    """Stereo `sound` with a slow chorus: a copy whose delay moves, the other way round left and
    right."""
    count = sound.shape[-1]
    places = np.arange(count, dtype=np.float32)
    speed, depth = float(rng.uniform(0.2, 1.2)), float(rng.uniform(0.001, 0.004)) * RATE
    swing = depth * np.sin(2 * np.pi * speed * places / RATE).astype(np.float32)
    done = sound.copy()
    for side, sign in ((0, 1), (1, -1)):
        done[side] += 0.7 * np.interp(places - 2 * depth + sign * swing, places, sound[side])
    return done.astype(np.float32)
