"""What a part goes through on its way to the mix: amplifiers, filters that move, tremolos, gates,
phasers, small speakers. Each takes and returns (2, samples)."""

from __future__ import annotations

import numpy as np

from dsp import (
    RATE,
    Random,
    Response,
    Sound,
    bell,
    fast_length,
    filtered,
    frequencies,
    high_pass,
    low_pass,
    widened,
)


def through_effects(rng: Random, part: Sound, beat: float, chance: float = 0.4) -> Sound:
    """The part through none, one or two effects drawn at random; its level stays. `beat` in
    seconds."""
    level = part.std()
    ways = (_amplified, _amplified, _swept, _trembling, _gated, _phased, _boxed, _thickened)
    for _ in range(2):
        if rng.random() < chance:
            part = ways[rng.integers(len(ways))](rng, part, beat)
    return part * np.float32(level / (part.std() + 1e-6))


def _amplified(rng: Random, part: Sound, _: float) -> Sound:
    """Overdriven, more on one half of the wave than on the other; then a speaker."""
    drive = float(np.exp(rng.uniform(np.log(1), np.log(40))))
    loud = float(np.quantile(np.abs(part[:, ::16]), 0.98)) + 1e-5
    lean = float(rng.choice([0.0, rng.uniform(0, 0.5)]))
    pushed = part * np.float32(drive / loud) + np.float32(lean)
    bent = np.tanh(pushed) if rng.random() < 0.6 else np.clip(pushed, -1, 1)
    bent = bent - np.float32(np.tanh(lean))
    length = fast_length(part.shape[-1] + 1024)
    hertz = frequencies(length)
    response = low_pass(hertz, float(rng.uniform(2500, 9000)), 0.9) * high_pass(hertz, 60)
    response = response * bell(hertz, float(rng.uniform(300, 4000)), float(rng.normal(0, 5)), 0.8)
    return filtered(bent, response, length)


def _swept(rng: Random, part: Sound, beat: float) -> Sound:
    """A filter that opens and closes, in time or not: three settings faded into each other."""
    lowest = float(np.exp(rng.uniform(np.log(200), np.log(1200))))
    cuts = lowest * np.exp(np.linspace(0, rng.uniform(0.7, 2.5), 3))
    q = float(rng.uniform(0.7, 4))
    length = fast_length(part.shape[-1] + 2048)
    hertz = frequencies(length)
    spectrum = np.fft.rfft(part, length)
    settings = [_back(spectrum * low_pass(hertz, cut, q), length, part) for cut in cuts.tolist()]
    place = 1 + _wave(rng, part.shape[-1], beat)
    return _between(settings, place)


def _phased(rng: Random, part: Sound, _: float) -> Sound:
    """Notches that move slowly."""
    length = fast_length(part.shape[-1] + 2048)
    hertz = frequencies(length)
    spectrum = np.fft.rfft(part, length)
    settings = []
    for milliseconds in np.linspace(0.15, rng.uniform(0.5, 4), 4):
        late: Response = np.exp(-2j * np.pi * hertz * milliseconds / 1000)
        settings.append(_back(spectrum * (0.6 + 0.5 * late), length, part))
    place = 1.5 * (1 + _wave(rng, part.shape[-1], float(rng.uniform(0.6, 5))))
    return _between(settings, place)


def _trembling(rng: Random, part: Sound, beat: float) -> Sound:
    """Louder and softer, alike or in turn on both sides."""
    wave = _wave(rng, part.shape[-1], beat / float(rng.choice([2, 3, 4])))
    depth = np.float32(rng.uniform(0.2, 0.9))
    other = wave if rng.random() < 0.6 else -wave
    return part * (1 - depth * (0.5 + 0.5 * np.stack([wave, other])))


def _gated(rng: Random, part: Sound, beat: float) -> Sound:
    """Cut into steps of a pattern."""
    steps = rng.random(int(rng.choice([4, 8, 16]))) < 0.6
    steps[0] = True
    turn = np.arange(part.shape[-1]) / RATE / (beat / 4)
    level = np.where(steps[turn.astype(np.int64) % len(steps)], 1.0, float(rng.uniform(0, 0.3)))
    kernel = np.hanning(400)
    smooth = np.convolve(level, kernel / kernel.sum(), "same").astype(np.float32)
    gated: Sound = part * smooth
    return gated


def _boxed(rng: Random, part: Sound, _: float) -> Sound:
    """Through a small speaker, a telephone, a wall."""
    length = fast_length(part.shape[-1] + 2048)
    hertz = frequencies(length)
    low = float(np.exp(rng.uniform(np.log(80), np.log(500))))
    high = low * float(np.exp(rng.uniform(np.log(6), np.log(40))))
    response = high_pass(hertz, low, 0.8) * low_pass(hertz, high, 0.8)
    for _turn in range(4):
        middle = float(np.exp(rng.uniform(np.log(150), np.log(6000))))
        response = response * bell(hertz, middle, float(rng.normal(0, 5)), float(rng.uniform(1, 6)))
    return filtered(part, response, length)


def _thickened(rng: Random, part: Sound, _: float) -> Sound:
    return widened(rng, part)


def _wave(rng: Random, count: int, period: float) -> Sound:
    """-1 to 1, as often as `period` in seconds says: a sine, a triangle or falling ramps."""
    turn = np.arange(count, dtype=np.float32) / np.float32(RATE * max(period, 0.05))
    turn = (turn + np.float32(rng.random())) % 1
    sine = np.sin(2 * np.pi * turn)
    triangle = 4 * np.abs(turn - 0.5) - 1
    ramp = 2 * np.minimum(1 - turn, 40 * turn) - 1
    wave: Sound = (sine, triangle, ramp)[rng.integers(3)].astype(np.float32)
    return wave


def _between(settings: list[Sound], place: Sound) -> Sound:
    """Each sample from the two settings beside its place (0 is the first)."""
    done = np.zeros_like(settings[0])
    for index, setting in enumerate(settings):
        share = np.clip(1 - np.abs(place - index), 0, 1)
        done += setting * share.astype(np.float32)
    return done


def _back(spectrum: Response, length: int, like: Sound) -> Sound:
    return np.fft.irfft(spectrum, length)[:, : like.shape[-1]].astype(np.float32)
