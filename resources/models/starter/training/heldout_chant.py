"""A held-out singer without source and filter: formant wave functions (Rodet, "Time-domain
formant-wave-function synthesis", 1984). Each opening of the glottis starts a ringing of each
formant, which the next one adds to."""

from __future__ import annotations

import numpy as np

from heldout_score import Note
from heldout_sound import RATE, Mono, Random, frames
from heldout_voice import (
    HOP,
    WIDTHS,
    WINDOW,
    Singer,
    consonants_of,
    drawn_words,
    formant_lines,
    level_with,
    loudness,
    overlap_add,
    pitch_line,
    short_time,
    tract_filters,
)

_GRAIN_S = 0.016
_ATTACK_S = 0.0018
_AT_ONCE = 500  # grains


def chant(notes: list[Note], singer: Singer, random: Random, length: int) -> Mono:
    """The notes as one voice, float64 [length]: a drawn consonant and vowel on each."""
    if not notes:
        return np.zeros(length)
    loud = loudness(notes, length)
    words = drawn_words(len(notes), random)
    formants, gain = formant_lines(notes, words, singer, length // HOP + WINDOW // HOP + 1)
    turns = np.cumsum(440.0 * 2 ** ((pitch_line(notes, singer, random, length) - 69) / 12) / RATE)
    starts = np.flatnonzero(np.diff(np.floor(turns)) > 0) + 1
    late = (turns[starts] % 1.0) / np.maximum(1e-9, turns[starts] - turns[starts - 1])  # frames
    starts, late = starts[loud[starts] > 1e-3], late[loud[starts] > 1e-3]
    level = loud * np.interp(np.arange(length), np.arange(len(gain)) * HOP, gain)
    level = level[starts] * random.normal(1, 0.03, len(starts))  # shimmer
    at = np.minimum(starts // HOP, len(gain) - 1)
    sound = np.zeros(length + frames(_GRAIN_S))
    for first in range(0, len(starts), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        grains = _grains([line[at[some]] for line in formants], late[some])
        for start, grain in zip(starts[some], grains * level[some, None], strict=True):
            sound[start : start + len(grain)] += grain
    noise = short_time(random.normal(0, 1, length) * loud) * tract_filters(formants, gain)
    voice = level_with(sound[:length], loud)
    breath = singer.breath * level_with(overlap_add(noise, length), loud)
    return voice + breath + consonants_of(notes, words, random, length)


def _grains(formants: list[Mono], late: Mono) -> Mono:
    """[grains, frames]: each formant's decaying sine, begun `late` frames before the first one."""
    t = (np.arange(frames(_GRAIN_S)) + late[:, None]) / RATE
    attack = np.where(t < _ATTACK_S, 0.5 - 0.5 * np.cos(np.pi * t / _ATTACK_S), 1.0)
    end = np.clip((_GRAIN_S - t) / 0.004, 0, 1)
    total = np.zeros(t.shape)
    for number, (hertz, width) in enumerate(zip(formants, WIDTHS, strict=True)):
        level = (-1) ** number * (formants[0] / hertz) ** 0.9
        ring = np.exp(-np.pi * width * t) * np.sin(2 * np.pi * hertz[:, None] * t)
        total += level[:, None] * ring
    return np.asarray(total * attack * end)
