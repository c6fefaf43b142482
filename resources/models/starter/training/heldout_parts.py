"""Who plays the held-out songs' other stem, and who sings."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import heldout_programs
from heldout_chant import chant
from heldout_score import Note, Score, broken_notes, comp_notes, pad_notes, tune
from heldout_sound import Mono, Random, Stereo, moved, put, times
from heldout_speech import phrases, sing_speech
from heldout_tones import VOICES, ensemble, perform, turning
from heldout_voice import Singer, choir, drawn_singer, sing

# Sung words. Plain sentences, written for this.
TEXTS = {
    "id": ("aku berjalan di malam yang sunyi", "bulan terang di atas laut",
           "angin membawa lagu yang lama", "pulang bersama matahari pagi"),
    "eo": ("la luno brilas super la maro", "kaj mi atendas sub la steloj",
           "la vento portas vian kanton", "morgaŭ ni kune iros hejmen"),
    "fi": ("talven yli kuljen hiljaa kotiin", "lumi peittää metsän ja tien",
           "joki nukkuu, tuuli laulaa", "aamu tulee vielä kerran"),
    "ja": ("とおい そらを みて いる", "あめの なかで うたう",
           "きみの こえが きこえる", "あした また あおう"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the other stem. `plays`: pad, comp, broken or tune; `sound`: one of `VOICES` or a
    program of `heldout_programs`; `low`: its lowest MIDI note; `pan` -1 to 1."""

    plays: str
    sound: str
    low: int
    pan: float = 0.0


@dataclass(frozen=True, slots=True)
class Lead:
    """A part of the vocals: voice or chant, speech (in `language`), choir (the chords), double (the
    same tune once more, both sides) or whisper. `low`: lowest MIDI note of the tune."""

    kind: str
    low: int
    language: str = ""


def others(
    parts: tuple[Part, ...], score: Score, random: Random, length: int, programs: bool
) -> Stereo:
    """The other stem, dry, float64 [2, length]: its parts about equally loud."""
    stem = np.zeros((2, length))
    for number, part in enumerate(parts):
        sound = _part(part, score, random, length, programs)
        level = np.sqrt(np.mean(sound**2)) + 1e-9
        left, right = min(1.0, 1 - part.pan), min(1.0, 1 + part.pan)
        stem += np.array([[left], [right]]) * sound / level * (1.0 if number == 0 else 0.8)
    return stem


def _part(part: Part, score: Score, random: Random, length: int, programs: bool) -> Stereo:
    notes = {
        "pad": lambda: pad_notes(score, random, part.low),
        "comp": lambda: comp_notes(score, random, part.low, 3 if part.sound == "fuzz" else 4),
        "broken": lambda: broken_notes(score, random, part.low),
        "tune": lambda: tune(score, random, part.low, part.low + 17, first_bar=1),
    }[part.plays]()
    if programs and part.sound in heldout_programs.PROGRAMS:
        return heldout_programs.play_notes(notes, heldout_programs.PROGRAMS[part.sound], length)
    name = part.sound if part.sound in VOICES else "bell"
    stem = perform(notes, VOICES[name], random, length, spread=0.5)
    if name == "organ":
        return turning(stem, random.choice((0.8, 6.4)))
    return ensemble(stem, random) if name == "strings" else stem


def vocals(
    leads: tuple[Lead, ...], score: Score, random: Random, length: int, programs: bool
) -> Stereo:
    """The vocals, dry, float64 [2, length]. All but a choir sing one tune."""
    stem = np.zeros((2, length))
    low = leads[0].low
    notes = tune(score, random, low, low + 15)
    singer = drawn_singer(random, low)
    for lead in leads:
        if lead.kind == "choir":
            chords = [replace(note, level=0.7) for note in _held(score, random, lead.low)]
            for sound, pan in choir(chords, drawn_singer(random, lead.low), random, length):
                put(stem, sound, 0.0, 0.14, pan)
        elif lead.kind == "double":
            for pan in (-0.8, 0.8):
                late = 400 + 120 * np.sin(2 * np.pi * 0.4 * times(length) + pan)
                again = sing(notes, replace(singer, breath=0.1), random, length)
                put(stem, moved(again, late), 0.0, 0.3, pan)
        elif lead.kind == "whisper":
            for pan in (-0.6, 0.6):
                whisper = sing(notes, replace(singer, whisper=True), random, length)
                put(stem, whisper, 0.0, 0.2, pan)
        elif lead.kind == "speech" and programs:
            put(stem, _spoken(lead, notes, singer, random, length), 0.0, 1.0)
        else:
            way = chant if lead.kind == "chant" else sing
            put(stem, way(notes, singer, random, length), 0.0, 1.0, random.uniform(-0.1, 0.1))
    return stem


def _held(score: Score, random: Random, low: int) -> list[Note]:
    """Chords for a choir: every second two bars."""
    notes = pad_notes(score, random, low, size=3)
    return [note for note in notes if int(note.start_s / score.bar_s + 0.5) % 4 < 2]


def _spoken(lead: Lead, notes: list[Note], singer: Singer, random: Random, length: int) -> Mono:
    texts = TEXTS[lead.language]
    count = len(phrases(notes))
    pitch = 30 if lead.low < 50 else 60
    speech = [
        heldout_programs.speak(texts[index % len(texts)], lead.language, pitch, 140)
        for index in range(count)
    ]
    return sing_speech(notes, speech, singer, random, length)
