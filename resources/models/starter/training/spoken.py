"""Mouths and talk from espeak-ng, a speech synthesiser (Debian, Ubuntu: package `espeak-ng`)."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from dsp import RATE, SAMPLES, Random, Sound, add_at
from plan import Note
from voice import FRAMES, HERTZ, HOP, LENGTH, WINDOW, Mouth

_SYLLABLES = [
    "la", "na", "da", "love", "you", "me", "night", "day", "sky", "fire", "heart", "run",
    "stay", "go", "home", "light", "baby", "oh", "yeah", "come", "down", "rain", "sun", "blue",
    "time", "mind", "soul", "free", "fall", "high", "low", "feel", "real", "dream", "scream",
    "lost", "road", "gold", "cold", "hold", "tonight", "away", "again", "never", "always",
    "forever", "summer", "winter", "river", "mother", "sister", "shadow", "dancing", "hey",
    "hi", "who", "why", "what", "one", "two", "three", "stone", "street", "shine", "cry", "fly",
    "sing", "play", "word", "world", "girl", "boy", "eyes", "skin", "touch", "much", "such",
    "kiss", "please", "peace", "breath", "death", "truth", "youth", "dark", "spark", "star",
    "far",
]  # fmt: skip
_STARTS = ["", *"bdfghklmnprstv", "sl", "tr", "st"]  # of syllables that are no words
_VOWELS = [*"aeiou", "ai", "ou", "ei", "aa", "oo"]
_ENDS = ["", "", "", *"nmlstr"]
_SENTENCES = (
    "I was walking down the street when the lights went out",
    "tell me something that I do not know",
    "nobody sees what we have seen tonight",
    "put your hands up and move to the beat",
    "check the sound and turn it up again",
    "we keep on running till the morning comes",
    "the city never sleeps and neither do I",
    "give me one more chance to make it right",
)
_LANGUAGES = ["en-us", "en-gb", "en-gb-scotland", "de", "fr", "es", "it", "pt", "sv", "pl", "nl",
              "da", "tr", "cs", "hu", "ro", "hr", "ca", "nb", "lv", "is", "cy", "sw",
              "af"]  # fmt: skip
_MEN = ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"]
_WOMEN = ["f1", "f2", "f3", "f4", "f5"]
_LIFTER = 70  # samples of the cepstrum that are the mouth, not the pitch


def available() -> bool:
    return shutil.which("espeak-ng") is not None


def random_voice(rng: Random, woman: bool) -> str:
    return f"{rng.choice(_LANGUAGES)}+{rng.choice(_WOMEN if woman else _MEN)}"


def said(text: str, voice: str, speed: int, pitch: int) -> Sound:
    """The text as it is spoken, mono, silence at both ends cut. Raises RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="starter-") as name:
        path = Path(name, "said.wav")
        command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch),
                   "-w", str(path), text]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not path.exists():
            raise RuntimeError(f"espeak-ng failed: {done.stderr.strip()[:200]}")
        sound, rate = soundfile.read(str(path), dtype="float32")
    there: Sound = soxr.resample(sound, rate, RATE).astype(np.float32)
    heard = np.flatnonzero(np.abs(there) > 0.01 * (np.abs(there).max() + 1e-6))
    return there[heard[0] : heard[-1] + 1] if len(heard) else there[:1000]


def talk(rng: Random, notes: Sequence[Note], woman: bool) -> Sound:
    """Speech, or rap: a sentence at the start of each phrase, mono (SAMPLES,)."""
    track = np.zeros(SAMPLES, dtype=np.float32)
    voice, free = random_voice(rng, woman), 0.0
    speed, pitch = int(rng.integers(120, 230)), int(rng.integers(25, 75))
    for note in notes:
        if note.start < free:
            continue
        text = str(rng.choice(_SENTENCES))
        sound = said(text, voice, speed, pitch)
        add_at(track, sound, note.start)
        free = note.start + len(sound) / RATE + 0.1
    return track


def spoken_mouth(rng: Random, notes: Sequence[Note], woman: bool) -> Mouth:
    """Words from espeak-ng, one a note, stretched in their middle to the notes' lengths."""
    voice = random_voice(rng, woman)
    words = [str(word) for word in rng.choice(_SYLLABLES, 5, replace=False)]
    words += [f"{rng.choice(_STARTS)}{rng.choice(_VOWELS)}{rng.choice(_ENDS)}" for _ in range(3)]
    high = int(rng.integers(40, 80))
    syllables = [_mouth_of(said(word, voice, 150, high)) for word in words]
    response = np.zeros((FRAMES, LENGTH // 2 + 1), dtype=np.complex64)
    voiced, breath = np.zeros(FRAMES), np.zeros(FRAMES)
    for note in notes:
        frames, sonant = syllables[rng.integers(len(syllables))]
        first = int(note.start * RATE / HOP)
        count = min(FRAMES - 1 - first, int(note.length * RATE / HOP))
        if count < 4:
            continue
        places = _stretched(len(frames), count, sonant)
        response[first : first + count] = frames[places]
        voiced[first : first + count] = sonant[places]
        breath[first : first + count] = 1 - sonant[places]
    smooth = np.hanning(7) / np.hanning(7).sum()
    ends = np.convolve((voiced + breath > 0).astype(float), smooth, "same")
    return Mouth(
        response,
        np.convolve(voiced, smooth, "same") * ends,
        0.5 * np.convolve(breath, smooth, "same") * ends,
        None,
    )


def _stretched(have: int, wanted: int, sonant: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which of `have` frames each of `wanted` shows: start and end as spoken, the vowel held."""
    if wanted <= have:
        return np.linspace(0, have - 1, wanted).astype(np.int64)
    vowel = np.flatnonzero(sonant > 0.5)
    middle = int(np.median(vowel)) if len(vowel) else have // 2
    middle = min(have - 2, max(1, middle))
    head = np.arange(middle)
    tail = np.arange(middle, have)
    hold = wanted - have
    wobble = middle + np.round(1.5 * np.sin(np.arange(hold) / 9)).astype(np.int64)
    places: NDArray[np.int64] = np.clip(np.concatenate([head, wobble, tail]), 0, have - 1)
    return places


def _mouth_of(sound: Sound) -> tuple[NDArray[np.complex64], NDArray[np.float64]]:
    """The minimum-phase envelope of each frame, and how voiced it is (0 to 1)."""
    window = np.hanning(WINDOW).astype(np.float32)
    padded = np.pad(sound, WINDOW // 2)
    count = max(2, (len(padded) - WINDOW) // HOP + 1)
    padded = np.pad(padded, (0, WINDOW + count * HOP))
    frames = padded[np.arange(count)[:, None] * HOP + np.arange(WINDOW)] * window
    power = np.abs(np.fft.rfft(frames, LENGTH)) ** 2
    together = np.fft.irfft(power)[:, : LENGTH // 2]
    # the window's own part is taken out, or low voices would seem to whisper
    fair = np.fft.irfft(np.abs(np.fft.rfft(window, LENGTH)) ** 2)[RATE // 500 : RATE // 75]
    own = together[:, RATE // 500 : RATE // 75] / (fair / np.square(window).sum())
    voiced = np.clip((own.max(axis=1) / (together[:, 0] + 1e-9) - 0.45) / 0.2, 0, 1)
    # deep voices have too few periods in a frame to be seen in each
    voiced = np.clip(2.2 * np.convolve(voiced, np.ones(9) / 9, "same") - 0.1, 0, 1)
    logs = 0.5 * np.log(power + 1e-7)
    # espeak-ng speaks up to 11 kHz; singers have more
    low, high = np.searchsorted(HERTZ, (8000, 10000))
    logs[:, high:] = logs[:, low:high].mean(axis=1, keepdims=True) - 2.0 * np.log(
        HERTZ[high:] / 9000
    )
    cepstrum = np.fft.irfft(logs)
    around = np.pad(cepstrum, ((2, 2), (0, 0)), "edge")
    cepstrum = np.mean([around[turn : turn + count] for turn in range(5)], axis=0)
    folded = np.zeros_like(cepstrum)
    folded[:, 0] = cepstrum[:, 0]
    taper = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, _LIFTER) / _LIFTER)
    folded[:, 1:_LIFTER] = 2 * cepstrum[:, 1:_LIFTER] * taper
    return np.exp(np.fft.rfft(folded)).astype(np.complex64), voiced
