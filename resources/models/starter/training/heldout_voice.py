"""The held-out singers: a voice, whispers and choirs.

The source is a train of glottal flow derivatives in the manner of Liljencrants and Fant (an open
phase that grows and turns, an abrupt closing, an exponential return); a short-time spectrum's
filters change from frame to frame. (heldout_chant.py and heldout_speech.py: two other ways.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from heldout_score import Note
from heldout_sound import RATE, Mono, Random, frames, times

# Hertz of the first three formants: means of 48 women (Hillenbrand and others, 1995), and two
# front rounded vowels about as German has them.
VOWELS = {
    "iy": (437, 2761, 3372),
    "ih": (483, 2365, 3053),
    "eh": (731, 2058, 2979),
    "ae": (669, 2349, 2972),
    "ah": (753, 1426, 2933),
    "aa": (936, 1551, 2815),
    "aw": (781, 1136, 2824),
    "oa": (555, 1035, 2828),
    "uw": (459, 1105, 2735),
    "er": (523, 1588, 1929),
    "oe": (480, 1850, 2700),
    "ue": (380, 2050, 2600),
}
# Of a consonant's noise: lowest and highest hertz, seconds, level; nasals and glides: no noise.
CONSONANTS = {
    "s": (5200, 12000, 0.10, 0.30),
    "sh": (2200, 7500, 0.10, 0.30),
    "f": (1500, 14000, 0.08, 0.12),
    "h": (700, 5000, 0.07, 0.12),
    "p": (300, 2500, 0.02, 0.35),
    "t": (3000, 11000, 0.03, 0.40),
    "k": (1200, 3800, 0.035, 0.40),
    "m": (0, 0, 0.07, 0.0),
    "l": (0, 0, 0.06, 0.0),
    "": (0, 0, 0.0, 0.0),
}
WIDTHS = (80, 100, 140, 200, 260)  # hertz of the five formants
WINDOW, HOP = 1024, 256

Spectrum = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Singer:
    """`tract`: formants are so many times a woman's. `open_part`: of a period, 0.4 pressed to 0.9
    breathy. `vibrato_cents` at `vibrato_hz`, from `vibrato_after_s` into a note on. `breath`: noise
    beside the voice, 0 to 1; `whisper`: noise only."""

    tract: float
    open_part: float = 0.6
    vibrato_cents: float = 30.0
    vibrato_hz: float = 5.2
    vibrato_after_s: float = 0.25
    breath: float = 0.05
    whisper: bool = False


def drawn_singer(random: Random, low: int) -> Singer:
    """A singer for tunes from the MIDI note `low` on: the lower, the longer the throat."""
    tract = 0.80 + 0.012 * (low - 45) + random.uniform(-0.03, 0.03)
    return Singer(
        tract,
        open_part=random.uniform(0.45, 0.8),
        vibrato_cents=random.choice((8, 20, 35, 60)),
        vibrato_hz=random.uniform(4.6, 6.4),
        vibrato_after_s=random.uniform(0.1, 0.45),
        breath=random.uniform(0.02, 0.12),
    )


def drawn_words(count: int, random: Random) -> list[tuple[str, str]]:
    """A consonant and a vowel for each of so many notes."""
    consonants, vowels = list(CONSONANTS), list(VOWELS)
    return [
        (consonants[random.randint(len(consonants))], vowels[random.randint(len(vowels))])
        for _ in range(count)
    ]


def sing(notes: list[Note], singer: Singer, random: Random, length: int) -> Mono:
    """The notes as one voice, float64 [length]: a drawn consonant and vowel on each."""
    if not notes:
        return np.zeros(length)
    loud = loudness(notes, length)
    source = voice_source(notes, singer, random, length) * loud
    words = drawn_words(len(notes), random)
    count = length // HOP + WINDOW // HOP + 1
    filters = tract_filters(*formant_lines(notes, words, singer, count))
    sound = overlap_add(short_time(source) * filters, length)
    return level_with(sound, loud) + consonants_of(notes, words, random, length)


def level_with(sound: Mono, loud: Mono) -> Mono:
    """A voice at the level that all have, whatever its vowels."""
    loudest = float(np.sqrt(np.mean(sound**2) / (np.mean(loud**2) + 1e-12)))
    return 0.3 * sound / (loudest + 1e-9)


def consonants_of(
    notes: list[Note], words: list[tuple[str, str]], random: Random, length: int
) -> Mono:
    """The noise of the words' consonants, float64 [length]."""
    hiss = np.zeros(length)
    for note, (consonant, _) in zip(notes, words, strict=True):
        _consonant(hiss, note, consonant, random)
    return hiss


def loudness(notes: list[Note], length: int) -> Mono:
    """The level of each frame: swells into a note, dies away where nothing follows at once."""
    level = np.zeros(length)
    for note in notes:
        start, count = frames(note.start_s), frames(note.length_s)
        t = np.arange(count) / max(1, count)
        rise = 1 - np.exp(-times(count) / 0.025)
        fall = np.clip((count - np.arange(count)) / frames(0.05), 0, 1)
        shape = note.level * rise * fall * (0.8 + 0.2 * np.sin(np.pi * t))
        part = shape[: max(0, length - start)]
        level[start : start + len(part)] = part
    width = frames(0.012)
    return np.convolve(level, np.ones(width) / width, "same")


def pitch_line(notes: list[Note], singer: Singer, random: Random, length: int) -> Mono:
    """The MIDI pitch of each frame: it glides from note to note and overshoots a little, vibrato
    sets in, and it is never quite still."""
    pitch = np.full(length, float(notes[0].pitch))
    vibrato = np.zeros(length)
    for note in notes:
        start = frames(note.start_s)
        pitch[start:] = note.pitch
        after = min(length, start + frames(singer.vibrato_after_s))
        vibrato[start:after] = 0.0
        vibrato[after : start + frames(note.length_s)] = 1.0
    glide = frames(0.09)
    window = np.hanning(glide)
    pitch = np.convolve(np.pad(pitch, glide, "edge"), window / window.sum(), "same")[glide:-glide]
    total = np.cumsum(np.pad(vibrato, frames(0.1), "edge"))  # a running mean over 0.2 s
    vibrato = (total[2 * frames(0.1) :] - total[: -2 * frames(0.1)]) / (2 * frames(0.1))
    knots = np.arange(0, length + 2205, 2205)
    slow = np.interp(np.arange(length), knots, random.normal(0, 0.06, len(knots)))
    wave = np.sin(2 * np.pi * singer.vibrato_hz * times(length))
    return pitch + singer.vibrato_cents / 100 * vibrato * wave + slow


def voice_source(notes: list[Note], singer: Singer, random: Random, length: int) -> Mono:
    """Glottal pulses along the pitch line, and breath that is strongest while the glottis is open.
    Made at twice the rate, so that the abrupt closing does not alias."""
    noise = random.normal(0, 1.0, length)
    if singer.whisper:
        return noise
    pitch = pitch_line(notes, singer, random, length)
    cycles = 440.0 * 2 ** ((pitch - 69) / 12) / RATE
    fine = np.repeat(np.cumsum(cycles), 2)
    fine[1::2] -= cycles / 2
    phase = fine % 1.0
    pulses = np.asarray(soxr.resample(glottal(phase, singer.open_part), 2 * RATE, RATE))[:length]
    pulses = np.pad(pulses, (0, length - len(pulses)))
    is_open = 0.3 + 0.7 * (phase[::2] < singer.open_part)
    return pulses + singer.breath * noise * is_open


def glottal(phase: Mono, open_part: float) -> Mono:
    """The glottal flow's derivative at a phase 0 to 1 of its period: a growing sine that turns
    negative up to the closing at `open_part`, then an exponential return; without a mean."""
    turn = phase / open_part
    opened = np.exp(2.2 * turn) * np.sin(np.pi * 1.28 * turn)
    closing = np.exp(2.2) * np.sin(np.pi * 1.28)
    back = closing * np.exp(-(phase - open_part) / 0.025)
    wave = np.where(phase < open_part, opened, back)
    return np.asarray(wave - np.mean(wave)) / 3


def formant_lines(
    notes: list[Note], words: list[tuple[str, str]], singer: Singer, count: int
) -> tuple[list[Mono], Mono]:
    """Five formants in hertz and a level, each [count] at `HOP`: they glide from vowel to vowel of
    the `words` (consonant, vowel); nasals close the mouth, an l holds the tongue up."""
    targets = np.tile(np.array(VOWELS[words[0][1]], dtype=float), (count, 1))
    gain = np.ones(count)
    for note, (consonant, vowel) in zip(notes, words, strict=True):
        first = round(note.start_s * RATE / HOP)
        targets[first:] = VOWELS[vowel]
        held = first + round(CONSONANTS[consonant][2] * RATE / HOP)
        if consonant in ("m", "l"):
            targets[first:held] = (280, 1100, 2400) if consonant == "m" else (360, 1300, 2700)
            gain[first:held] = 0.35 if consonant == "m" else 0.6
        elif consonant:
            gain[first:held] = 0.1
    glide = np.hanning(11) / np.hanning(11).sum()
    formants = [
        np.convolve(np.pad(row * singer.tract, 5, "edge"), glide, "valid") for row in targets.T
    ]
    formants += [np.full(count, place * singer.tract) for place in (4100.0, 5200.0)]
    return formants, np.convolve(np.pad(gain, 5, "edge"), glide, "valid")


def tract_filters(formants: list[Mono], gain: Mono) -> Spectrum:
    """The throat and mouth for each frame, complex [frames, bins]: the formants in a row."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(WINDOW, 1 / RATE) / RATE)
    response = np.ones((len(gain), WINDOW // 2 + 1), dtype=complex)
    for formant, width in zip(formants, WIDTHS, strict=True):
        radius = np.exp(-np.pi * width / RATE)
        cosine = np.cos(2 * np.pi * formant / RATE)[:, None]
        at_zero = 1 - 2 * radius * cosine + radius**2
        response *= at_zero / (1 - 2 * radius * cosine * z + radius**2 * z**2)
    response *= gain[:, None]
    return response


def short_time(sound: Mono) -> Spectrum:
    """Frames of a short-time spectrum, complex [frames, bins]; the first is centred at 0."""
    count = len(sound) // HOP + WINDOW // HOP + 1
    padded = np.zeros(count * HOP + WINDOW)
    padded[WINDOW // 2 : WINDOW // 2 + len(sound)] = sound
    view = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count]
    return np.fft.rfft(view * np.hanning(WINDOW + 1)[:-1])


def overlap_add(spectrum: Spectrum, length: int) -> Mono:
    """Back to float64 [length]."""
    pieces = np.fft.irfft(spectrum, WINDOW) * np.hanning(WINDOW + 1)[:-1] / 1.5
    sound = np.zeros(len(pieces) * HOP + WINDOW)
    for lane in range(WINDOW // HOP):  # frames that do not overlap are added at once
        lined = pieces[lane :: WINDOW // HOP].reshape(-1)
        sound[lane * HOP : lane * HOP + len(lined)] += lined
    return sound[WINDOW // 2 : WINDOW // 2 + length]


def _consonant(hiss: Mono, note: Note, consonant: str, random: Random) -> None:
    low, high, length_s, level = CONSONANTS[consonant]
    if not level:
        return
    count = frames(length_s)
    spectrum = np.fft.rfft(random.normal(0, 1, 2 * count))
    axis = np.fft.rfftfreq(2 * count, 1 / RATE)
    spectrum *= np.clip((axis - 0.7 * low) / (0.3 * low), 0, 1) * np.clip(
        (1.3 * high - axis) / (0.3 * high), 0, 1
    )
    noise = np.fft.irfft(spectrum, 2 * count)[:count]
    noise *= 0.35 * level * note.level / (np.sqrt(np.mean(noise**2)) + 1e-9)
    if length_s > 0.05:
        noise *= np.sin(np.pi * np.arange(count) / count)
    else:
        noise *= np.exp(-5 * np.arange(count) / count)
    part = noise[: max(0, len(hiss) - frames(note.start_s))]
    hiss[frames(note.start_s) :][: len(part)] += part


def choir(
    chords: list[Note], singer: Singer, random: Random, length: int
) -> list[tuple[Mono, float]]:
    """Voices of a choir with the place of each, -1 to 1: every pitch line of the chords by two
    singers who differ a little."""
    lines: dict[float, list[Note]] = {}
    for note in chords:
        used = [line for line in lines.values() if line[-1].start_s < note.start_s]
        if used:
            min(used, key=lambda line: abs(line[-1].pitch - note.pitch)).append(note)
        else:
            lines[len(lines)] = [note]
    voices = []
    for line in lines.values():
        for _ in range(2):
            tuned = Singer(
                singer.tract * random.uniform(0.95, 1.05), random.uniform(0.6, 0.8),
                random.uniform(10, 30), random.uniform(4.8, 6.0), 0.2, 0.08,
            )  # fmt: skip
            late = [
                Note(n.start_s + random.uniform(0, 0.03), n.length_s, n.pitch, n.level)
                for n in line
            ]
            voices.append((sing(late, tuned, random, length), random.uniform(-0.9, 0.9)))
    return voices
