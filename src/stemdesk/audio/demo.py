"""The demo song that StemDesk plays and records itself, so that a first split needs no file.

Nine bars in C major at 96 beats a minute: two to begin with, the verse over vi-IV-I-V, two to
end it and one to fade. Each stem is made alone, so the song is exactly the sum of its stems.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from stemdesk.audio import synth
from stemdesk.core.errors import ErrorCode, ExportError, write_error
from stemdesk.core.files import replace_file

TITLE = "Demo song"
ARTIST = "StemDesk"
FILE_NAME = f"{TITLE}.flac"

BEATS_PER_BAR = 4
BEAT_S = 60 / 96
BARS = 9
PEAK_DB = -1.0

CHORDS = ("C", "G", "Am", "F", "C", "G", "F", "C", "C")  # one a bar
NOTES = {
    "C": ("C4", "E4", "G4"),
    "G": ("B3", "D4", "G4"),
    "Am": ("C4", "E4", "A4"),
    "F": ("C4", "F4", "A4"),
}
ROOTS = {"C": "C2", "G": "G1", "Am": "A1", "F": "F1"}

# Beat from the verse's start, beats held, note, consonant + vowel.
MELODY = (
    (0.0, 1.0, "E4", "sa"), (1.0, 1.0, "A4", "e"), (2.0, 0.5, "G4", "ti"), (2.5, 1.4, "E4", "o"),
    (4.0, 1.0, "F4", "a"), (5.0, 1.0, "A4", "te"), (6.0, 0.5, "C5", "i"), (6.5, 1.4, "A4", "sa"),
    (8.0, 1.0, "G4", "to"), (9.0, 1.0, "E4", "u"), (10.0, 0.5, "D4", "e"), (10.5, 1.4, "E4", "a"),
    (12.0, 1.0, "D4", "si"), (13.0, 1.0, "G4", "o"), (14.0, 0.5, "B4", "te"),
    (14.5, 1.4, "G4", "a"), (16.0, 1.0, "A4", "sa"), (17.0, 1.0, "C5", "o"),
    (18.0, 0.5, "A4", "ti"), (18.5, 1.4, "F4", "e"), (20.0, 0.5, "E4", "ta"),
    (20.5, 0.5, "D4", "e"), (21.0, 5.0, "C4", "o"),
)  # fmt: skip
VERSE_BAR = 2

Samples = NDArray[np.float32]


def demo_song(samplerate: int = 44100) -> Samples:
    """float32 [2, frames]: 22.5 s, peak -1 dBFS; the sum of `demo_stems`.

    The same bits on every call; another processor may round a sine's last bit differently.
    """
    stems = demo_stems(samplerate)
    return stems["drums"] + stems["bass"] + stems["other"] + stems["vocals"]


def demo_stems(samplerate: int = 44100) -> dict[str, Samples]:
    """The song's true stems drums, bass, other and vocals, each float32 [2, frames]."""
    stems = {
        "drums": synth.in_room(_drums(samplerate), samplerate, wet=0.12, half_s=0.05),
        "bass": _bass(samplerate),
        "other": synth.in_room(_keys(samplerate), samplerate, wet=0.35),
        "vocals": synth.in_room(_voice(samplerate), samplerate, wet=0.30),
    }
    song = stems["drums"] + stems["bass"] + stems["other"] + stems["vocals"]
    fade = synth.gate(song.shape[1], samplerate, 0.001, 1.5)
    scale = 10 ** (PEAK_DB / 20) / np.max(np.abs(song * fade))
    return {name: (stem * (fade * scale)).astype(np.float32) for name, stem in stems.items()}


def write_demo_song(folder: Path) -> Path:
    """Write the song as a 16-bit FLAC with tags into `folder`; return the file's path.

    Complete under its name or not there. Raises `DiskFullError` and `ExportError`.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, _encoded(path).getbuffer())
    except OSError as error:
        raise write_error(error, path) from error
    return path


def _encoded(path: Path, samplerate: int = 44100) -> io.BytesIO:
    data = io.BytesIO()
    try:
        with soundfile.SoundFile(
            data, "w", samplerate, channels=2, subtype="PCM_16", format="FLAC"
        ) as file:
            file.title, file.artist = TITLE, ARTIST
            file.write(demo_song(samplerate).T)
    except soundfile.SoundFileError as error:
        raise ExportError(ErrorCode.ENCODER_FAILED, str(error), path=path) from error
    return data


def _at(rate: int, bar: float, beat: float = 0.0) -> int:
    """The frame at which a beat begins."""
    return round((bar * BEATS_PER_BAR + beat) * BEAT_S * rate)


def _empty(rate: int) -> Samples:
    return np.zeros((2, _at(rate, BARS)), dtype=np.float32)


def _drums(rate: int) -> Samples:
    stem = _empty(rate)
    length = int(0.35 * rate)
    t = synth.seconds(length, rate)
    sweep = 48 + 140 * np.exp(-t / 0.025)  # hertz
    kick = synth.partials(sweep, [1.0, 0.15], rate) * synth.decay(length, rate, 0.07)
    body = np.sin(2 * np.pi * 185 * t) * synth.decay(length, rate, 0.03)
    rattle = synth.high_pass(synth.noise(length, 1), rate, 1200) * synth.decay(length, rate, 0.045)
    snare = 0.6 * body + 0.8 * rattle
    hiss = synth.high_pass(synth.noise(length, 2), rate, 7000)
    closed, opened = (hiss * synth.decay(length, rate, half_s) for half_s in (0.012, 0.08))
    for bar in range(BARS - 1):
        for beat in (0.0, 1.5, 2.0) if bar % 2 else (0.0, 2.0, 2.75):
            synth.place(stem, kick, _at(rate, bar, beat), 0.65)
        for beat in (1.0, 3.0):
            synth.place(stem, snare, _at(rate, bar, beat), 0.42, pan=0.08)
        for eighth in range(8):
            level = 0.28 if eighth % 2 == 0 else 0.18
            hat = opened if eighth == 7 else closed
            synth.place(stem, hat, _at(rate, bar, eighth / 2), level, pan=-0.35)
    for sixteenth in range(4):  # a fill into the last bar
        synth.place(stem, snare, _at(rate, BARS - 2, 3 + sixteenth / 4), 0.3 + 0.08 * sixteenth)
    synth.place(stem, kick, _at(rate, BARS - 1), 0.65)
    return stem


def _bass(rate: int) -> Samples:
    stem = _empty(rate)
    for bar, chord in enumerate(CHORDS):
        root = synth.pitch(ROOTS[chord])
        steps = ((0.0, 1.4, 1), (1.5, 0.45, 1), (2.0, 0.9, 1.5), (3.0, 0.45, 2), (3.5, 0.45, 1))
        for beat, beats, ratio in steps if bar < BARS - 1 else ((0.0, 4.0, 1),):
            frames = int(beats * BEAT_S * rate)
            note = synth.pluck(root * ratio, frames, rate, bright=0.85, half_s=0.9)
            synth.place(stem, note, _at(rate, bar, beat), 0.28)
    return stem


def _keys(rate: int) -> Samples:
    """Soft chords over each bar, and the same chords broken by an electric piano."""
    stem = _empty(rate)
    names = sorted({name for notes in NOTES.values() for name in notes})
    pads = {name: _pad(synth.pitch(name), rate) for name in names}
    plucks = {
        name: synth.pluck(2 * synth.pitch(name), rate, rate, bright=0.5, half_s=0.35)
        for name in names
    }
    for bar, chord in enumerate(CHORDS):
        for name, pan in zip(NOTES[chord], (-0.7, 0.0, 0.7), strict=True):
            synth.place(stem, pads[name], _at(rate, bar), 0.045, pan)
        for eighth in range(8 if bar < BARS - 1 else 1):
            name = NOTES[chord][(0, 1, 2, 1, 0, 2, 1, 2)[eighth]]
            synth.place(stem, plucks[name], _at(rate, bar, eighth / 2), 0.13, pan=0.4)
    return stem


def _pad(hertz: float, rate: int) -> synth.Sound:
    """A soft tone as long as a bar: two oscillators, a little out of tune."""
    frames = _at(rate, 1) + int(0.15 * rate)
    levels = [1.0, 0.35, 0.2, 0.08]
    wave = sum(
        synth.partials(np.full(frames, hertz * detune), levels, rate) for detune in (0.997, 1.003)
    )
    return wave * synth.gate(frames, rate, 0.15, 0.3)


def _voice(rate: int) -> Samples:
    stem = _empty(rate)
    last = synth.pitch(MELODY[0][2])
    for beat, beats, name, text in MELODY:
        hertz = synth.pitch(name)
        syllable = synth.Syllable(hertz, last, vowel=text[-1], consonant=text[:-1])
        sound = synth.sing(syllable, int(beats * BEAT_S * rate), rate)
        synth.place(stem, sound, _at(rate, VERSE_BAR, beat), 0.9, pan=-0.03)
        last = hertz
    return stem
