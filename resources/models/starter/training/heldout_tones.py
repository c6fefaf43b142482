"""The held-out bass and harmony instruments: waveguide strings, frequency modulation, a drawbar
organ with a turning horn, an ensemble of pulse waves. All play `Note`s onto a stem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from heldout_score import Note
from heldout_sound import (
    RATE,
    Mono,
    Random,
    Stereo,
    band,
    driven,
    edges,
    frames,
    hertz,
    moved,
    peaked,
    put,
    shaped,
    times,
)

Voice = Callable[[Note, Random], Mono]


def string(
    pitch: float, length: int, random: Random, keep: float, bright: float, pick: float
) -> Mono:
    """A plucked string as a waveguide: a delay line of one period with a lowpass in its loop.

    `keep`: level after a second; `bright` 0 to 1; `pick`: where it is plucked, as a part of the
    string. Blocks shorter than the period, so that numpy can compute them at once.
    """
    period = RATE / pitch - (1 - 0.96 * bright)  # the loop's filters delay it a little
    whole, part = int(period), period - int(period)
    loss = keep ** (1 / pitch)
    soft = np.convolve([(1 - part), part], [0.5 + bright / 2, 0.5 - bright / 2])
    taps = np.convolve(soft, [0.5 + 0.46 * bright, 0.5 - 0.46 * bright]) * loss
    start = whole + len(taps)
    burst = random.uniform(-1, 1, start)
    burst[whole:] = 0.0
    burst -= np.roll(burst, max(1, int(pick * whole)))
    width = max(1, int((1 - bright) * 8))
    burst = np.convolve(burst, np.ones(width) / width, "same")
    sound = np.concatenate((burst, np.zeros(length)))
    block = whole - len(taps)
    for here in range(start, len(sound), block):
        end = min(len(sound), here + block)
        for index, tap in enumerate(taps):
            sound[here:end] += tap * sound[here - whole - index : end - whole - index]
    return sound[start : start + length]


def plucked_bass(note: Note, random: Random) -> Mono:
    """Fingers or a pick on a long string, a fret's click at its start, a slide's noise at times."""
    length = frames(note.length_s + 0.08)
    sound = string(hertz(note.pitch), length, random, 0.45, 0.55, random.uniform(0.1, 0.25))
    sound = shaped(sound, [(40, 3), (120, 3), (700, -3), (2500, -12), (8000, -30)])
    sound = peaked(sound) * edges(length, 0.002, 0.05)
    click = random.normal(0, 0.05, min(length, frames(0.006)))
    sound[: len(click)] += click
    if random.uniform() < 0.12:
        squeak = band(random.normal(0, 0.05, length), 900, 3500) * edges(length, 0.02, 0.06)
        sound += squeak * (np.arange(length) > 0.7 * length)
    return sound


def fm_bass(note: Note, random: Random) -> Mono:
    """Two operators an octave apart; the modulation falls as the note goes on."""
    length = frames(note.length_s + 0.05)
    t, pitch = times(length), hertz(note.pitch)
    depth = 0.6 + 2.6 * note.level * np.exp(-t / 0.18)
    wave = np.sin(2 * np.pi * pitch * t + depth * np.sin(4 * np.pi * pitch * t + 0.3))
    wave += 0.5 * np.sin(2 * np.pi * pitch * t)
    return wave / 1.5 * edges(length, 0.003, 0.04) * np.exp(-t / 1.8)


def growl_bass(note: Note, random: Random) -> Mono:
    """Three operators in a chain with the modulator a little off: a moving, growling bass."""
    length = frames(note.length_s + 0.04)
    t, pitch = times(length), hertz(note.pitch)
    third = 1.2 * np.sin(2 * np.pi * 3.003 * pitch * t)
    second = (1.0 + 0.5 * np.sin(2 * np.pi * 3.1 * t)) * np.sin(
        2 * np.pi * 1.0007 * pitch * t + third
    )
    wave = np.sin(2 * np.pi * pitch * t + second)
    return driven(wave, 0.3) * edges(length, 0.004, 0.05)


def guitar(note: Note, random: Random) -> Mono:
    """A steel string with the body's resonances."""
    length = frames(note.length_s + 0.35)
    sound = string(hertz(note.pitch), length, random, 0.3, 0.85, random.uniform(0.08, 0.2))
    sound = shaped(sound, [(80, -6), (110, 3), (220, 2), (400, -2), (3000, 2), (9000, -8)])
    return peaked(sound) * edges(length, 0.001, 0.12) * note.level


def fuzz_guitar(note: Note, random: Random) -> Mono:
    """The same string into an overdriven amplifier and a loudspeaker."""
    length = frames(note.length_s + 0.06)
    sound = string(hertz(note.pitch), length, random, 0.7, 0.75, 0.15)
    loud = peaked(sound)
    bent = driven(loud / (0.15 + np.abs(loud)), 0.5)
    cabinet = shaped(bent, [(70, -18), (110, 0), (2500, 3), (4500, -6), (7000, -30)])
    return peaked(cabinet) * edges(length, 0.003, 0.04)


def tine_piano(note: Note, random: Random) -> Mono:
    """An electric piano by FM: a body at the pitch, a tine at fourteen times it."""
    length = frames(note.length_s + 0.3)
    t, pitch = times(length), hertz(note.pitch)
    body_depth = 1.1 * note.level * np.exp(-t / 0.7)
    body = np.sin(2 * np.pi * pitch * t + body_depth * np.sin(2 * np.pi * pitch * t))
    tine_at = pitch * 14 if pitch * 14 < 12000 else pitch * 7
    tine_depth = 0.25 * note.level**2 * np.exp(-t / 0.09)
    tine = np.sin(2 * np.pi * 1.003 * pitch * t + tine_depth * np.sin(2 * np.pi * tine_at * t))
    return (0.6 * body + 0.4 * tine) * np.exp(-t / 1.3) * edges(length, 0.002, 0.15) * note.level


def bell(note: Note, random: Random) -> Mono:
    """An inharmonic FM bell, 1 to 3.5."""
    length = frames(note.length_s + 1.2)
    t, pitch = times(length), hertz(note.pitch)
    depth = 2.2 * note.level * np.exp(-t / 0.45)
    wave = np.sin(2 * np.pi * pitch * t + depth * np.sin(2 * np.pi * 3.501 * pitch * t))
    return wave * np.exp(-t / 0.6) * edges(length, 0.001, 0.2) * note.level


def organ(note: Note, random: Random) -> Mono:
    """Nine drawbars and the contacts' click. (The horn turns in `turning`.)"""
    length = frames(note.length_s + 0.02)
    t, pitch = times(length), hertz(note.pitch)
    bars = (
        (0.5, 0.8),
        (1.5, 0.6),
        (1, 1),
        (2, 0.7),
        (3, 0.5),
        (4, 0.45),
        (5, 0.2),
        (6, 0.25),
        (8, 0.3),
    )
    wave = np.zeros(length)
    for ratio, level in bars:
        if pitch * ratio < 6500:
            wave += level * np.sin(2 * np.pi * (pitch * ratio * t + random.uniform()))
    click = random.normal(0, 0.6, min(length, 130))
    wave[: len(click)] += click * edges(len(click), 0.0005, 0.002)
    return wave / 3 * edges(length, 0.003, 0.01)


def pulse_strings(note: Note, random: Random) -> Mono:
    """Three pulse waves whose widths move, slowly in and out. A pulse is the difference of two
    saws, each the derivative of a parabola: few aliases."""
    length = frames(note.length_s + 0.25)
    t, wave = times(length), np.zeros(length)
    for _ in range(3):
        pitch = hertz(note.pitch + random.normal(0, 0.06))
        turns = pitch * t + random.uniform()
        width = 0.5 + 0.35 * np.sin(2 * np.pi * (random.uniform(0.3, 0.9) * t + random.uniform()))
        for sign, phase in ((1, turns), (-1, turns + width)):
            parabola = (2 * (phase % 1.0) - 1) ** 2
            wave += sign * np.diff(parabola, prepend=parabola[:1]) * RATE / (4 * pitch)
    wave = shaped(wave, [(100, 0), (1500, 0), (4000, -12), (10000, -36)])
    return wave / 3 * edges(length, 0.12, 0.25)


def turning(stem: Stereo, per_s: float) -> Stereo:
    """A turning horn: pitch, level and treble come and go, opposite on the two sides."""
    t = times(stem.shape[1])
    mono = stem.mean(axis=0)
    soft = shaped(mono, [(800, 0), (1600, -8), (8000, -20)])
    sides = []
    for angle in (0.0, np.pi * 0.8):
        turn = np.sin(2 * np.pi * per_s * t + angle)
        sides.append(moved((0.6 + 0.3 * turn) * mono + 0.3 * soft, 30 + 22 * turn))
    return np.stack(sides)


def ensemble(stem: Stereo, random: Random) -> Stereo:
    """Three slowly moving copies a side, as a string machine has them."""
    t = times(stem.shape[1])
    sides = []
    for side in stem:
        copies = np.zeros(len(side))
        for _ in range(3):
            slow, fast = random.uniform(0.4, 0.8), random.uniform(4.5, 6.5)
            delay = 250 + 90 * np.sin(2 * np.pi * (slow * t + random.uniform()))
            copies += moved(side, delay + 9 * np.sin(2 * np.pi * (fast * t + random.uniform())))
        sides.append(0.5 * side + 0.5 * copies)
    return np.stack(sides)


def perform(notes: list[Note], voice: Voice, random: Random, length: int, spread: float) -> Stereo:
    """The notes' stem, float64 [2, length]: each a little early or late, low ones to the left and
    high ones to the right within ±`spread`."""
    stem = np.zeros((2, length))
    low = min((note.pitch for note in notes), default=0)
    span = max(1, max((note.pitch for note in notes), default=1) - low)
    for note in notes:
        if frames(note.start_s) >= length:
            continue
        start = max(0.0, note.start_s + random.normal(0, 0.004))
        pan = spread * (2 * (note.pitch - low) / span - 1)
        put(stem, voice(note, random), start, note.level, pan)
    return stem


BASSES: dict[str, Voice] = {"plucked": plucked_bass, "fm": fm_bass, "growl": growl_bass}
VOICES: dict[str, Voice] = {
    "guitar": guitar,
    "fuzz": fuzz_guitar,
    "tine": tine_piano,
    "bell": bell,
    "organ": organ,
    "strings": pulse_strings,
}
