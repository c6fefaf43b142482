"""Held-out singers who were speaking: espeak-ng's sentences, moved to a tune period by period
(TD-PSOLA: Moulines and Charpentier, 1990)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heldout_score import Note
from heldout_sound import RATE, Mono, Random, frames
from heldout_voice import Singer, level_with, loudness, pitch_line

_STEP = frames(0.01)
_UNVOICED = frames(0.006)  # "period" of what hisses
_LOWEST, _HIGHEST = 65.0, 420.0  # hertz of the speech


def phrases(notes: list[Note]) -> list[list[Note]]:
    """The notes between rests."""
    found: list[list[Note]] = []
    for note in notes:
        last = found[-1][-1] if found else None
        if last is None or note.start_s - (last.start_s + last.length_s) > 0.1:
            found.append([])
        found[-1].append(note)
    return found


def sing_speech(
    notes: list[Note], speech: list[Mono], singer: Singer, random: Random, length: int
) -> Mono:
    """The spoken `speech`, one for each phrase of the notes, sung: float64 [length]."""
    pitch = 440.0 * 2 ** ((pitch_line(notes, singer, random, length) - 69) / 12)
    sung = np.zeros(length + RATE)
    for phrase, spoken in zip(phrases(notes), speech, strict=True):
        first = frames(phrase[0].start_s)
        end = min(length, frames(phrase[-1].start_s + phrase[-1].length_s))
        if end > first:
            _move(spoken, pitch[first:end], sung[first:], random)
    return level_with(sung[:length], loudness(notes, length))


def _move(spoken: Mono, pitch: Mono, target: Mono, random: Random) -> None:
    """Add the speech to `target`, stretched to as many frames as `pitch` (hertz) has, and with
    that pitch where it is voiced."""
    periods = speech_periods(spoken)
    marks = _marks(spoken, periods)
    stretch = len(spoken) / len(pitch)
    place = 0.0
    while place < len(pitch):
        mark = marks[int(np.argmin(np.abs(marks - place * stretch)))]
        period = periods[min(len(periods) - 1, mark // _STEP)]
        reach = period or _UNVOICED
        grain = spoken[max(0, mark - reach) : mark + reach]
        if len(grain) == 2 * reach:
            start = round(place)
            sign = 1.0 if period else random.choice((-1.0, 1.0))  # repeated noise would buzz
            part = target[start : start + 2 * reach]
            part += sign * (grain * np.hanning(2 * reach))[: len(part)]
        place += RATE / pitch[int(place)] if period else float(_UNVOICED)


def speech_periods(spoken: Mono) -> NDArray[np.int64]:
    """The period in frames every 10 ms, by autocorrelation; 0 where the speech is not voiced."""
    width = frames(0.04)
    padded = np.pad(spoken, (width // 2, width))
    view = np.lib.stride_tricks.sliding_window_view(padded, width)[::_STEP]
    power = np.abs(np.fft.rfft(view * np.hanning(width), 2 * width)) ** 2
    lags = np.fft.irfft(power)
    least, most = int(RATE / _HIGHEST), int(RATE / _LOWEST)
    peaks = least + np.argmax(lags[:, least:most], axis=1)
    strength = lags[np.arange(len(lags)), peaks] / (lags[:, 0] + 1e-9)
    return np.where(strength > 0.3, peaks, 0)


def _marks(spoken: Mono, periods: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the periods begin: from each on to the highest place about a period later."""
    marks, place = [], 0
    while place < len(spoken):
        marks.append(place)
        period = int(periods[min(len(periods) - 1, place // _STEP)])
        ahead = place + (period or _UNVOICED)
        if period:
            low = ahead - period // 6
            near = spoken[low : ahead + period // 6 + 1]
            ahead = low + int(np.argmax(near)) if len(near) else ahead
        place = ahead
    return np.array(marks)
