"""A whole song with its true stems, from nothing but a number.

`make_song` takes 2 to 3 s of one core. With `samples=False` it needs no other program: then
every instrument is computed here, and the voices sing with formants only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import drums
import midi
import percussion
import plan
import spoken
import synth
import timbres
import voice
from dsp import (
    RATE,
    SAMPLES,
    Random,
    Sound,
    add_at,
    compressed,
    echoed,
    high_passed,
    in_room,
    low_passed,
    panned,
    room,
    saturated,
    tone_control,
    widened,
)
from effects import through_effects

STEMS = ("drums", "bass", "other", "vocals")
_KITS = (0, 0, 8, 16, 24, 25, 32, 40)
_BASSES = (32, 33, 33, 33, 34, 34, 35, 36, 37, 38, 39)
_CHORDS = (*range(8), *range(16, 22), *range(24, 31), 25, 25, 27, 29, 30, *range(44, 52),
           *range(61, 64), *range(88, 96), 15, 11, 46)  # fmt: skip
_LEADS = (*range(8, 15), 22, 26, 27, 29, 30, 40, 41, 42, *range(56, 61), *range(64, 80),
          *range(80, 85), 86, 104, 105, 107, 108, 110)  # fmt: skip
_CHOIRS = (52, 53, 54)


def make_song(seed: int, samples: bool = True) -> NDArray[np.float32]:
    """(stems, 2, SAMPLES) in the order of `STEMS`; their sum is the mix, at most 0.9."""
    rng = np.random.default_rng([seed, 20261126])
    score = plan.make_plan(rng)
    stems = np.stack(
        [
            _drums(rng, score, samples),
            _bass(rng, score, samples),
            _other(rng, score, samples),
            _vocals(rng, score, samples),
        ]
    )
    for index, decibel in enumerate((-19.5, -21.0, -21.0, -19.5)):
        stems[index] *= _level(stems[index], decibel + float(rng.normal(0, 2)))
    return stems * np.float32(0.9 / (np.abs(stems.sum(axis=0)).max() + 1e-6))


def _level(stem: Sound, decibel: float) -> np.float32:
    """What brings the loud half of a stem to this level."""
    blocks = np.square(stem).mean(axis=0)[: SAMPLES // RATE * RATE].reshape(-1, RATE // 4)
    loud = np.sort(blocks.mean(axis=1))[len(blocks) // 2 :].mean()
    return np.float32(10 ** (decibel / 20) / (np.sqrt(loud) + 1e-5))


def _drums(rng: Random, score: plan.Plan, samples: bool) -> Sound:
    notes = plan.drum_part(rng, score)
    chance = rng.random() if samples else 1.0
    track = np.zeros((2, SAMPLES), dtype=np.float32)
    if chance < 0.55:
        program = int(rng.choice(_KITS))
        part = midi.Part(notes, program, drums=True)
        track += midi.played([part], reverb=bool(rng.random() < 0.2))
    if chance > 0.4:
        kit = percussion if rng.random() < 0.6 else drums
        made = kit.played(rng, notes)
        track += made * np.float32(0.3 if chance < 0.55 else 1.0)
    track = tone_control(rng, track)
    if rng.random() < 0.75:
        space = room(rng, float(rng.uniform(0.15, 1.6)), float(rng.uniform(3000, 12000)))
        track = in_room(track, space, float(rng.uniform(0.03, 0.45)))
    if rng.random() < 0.6:
        track = compressed(track, rng.uniform(6, 20), rng.uniform(2, 8), 0.004, 0.12)
    return saturated(track, float(rng.uniform(0.5, 3))) if rng.random() < 0.4 else track


def _bass(rng: Random, score: plan.Plan, samples: bool) -> Sound:
    notes = plan.bass_part(rng, score)
    if samples and rng.random() < 0.5:
        bend = float(rng.uniform(-0.2, 0.2))
        track = midi.played([midi.Part(notes, int(rng.choice(_BASSES)), bend=bend)])
        if rng.random() < 0.7:
            track = np.repeat(track.mean(axis=0, keepdims=True), 2, axis=0)
    elif rng.random() < 0.6:
        instrument = timbres.random_instrument(rng)
        track = timbres.played(rng, instrument, notes, rng.uniform(-0.2, 0.2))
        track = low_passed(track, float(np.exp(rng.uniform(np.log(300), np.log(4000)))))
        if rng.random() < 0.8:
            track = np.repeat(track.mean(axis=0, keepdims=True), 2, axis=0)
        track *= np.float32(0.1 / (track.std() + 1e-5))
    else:
        track = synth.played(rng, synth.random_patch(rng, "bass"), notes, rng.uniform(-0.2, 0.2))
        if rng.random() < 0.4:  # a sub below
            track *= np.float32(0.6)
            for note in notes:
                count = int(note.length * RATE)
                hertz = 440 * 2 ** ((note.pitch - 69) / 12)
                wave = np.sin(2 * np.pi * hertz * np.arange(count) / RATE).astype(np.float32)
                wave *= np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 300)
                add_at(track, panned(wave * np.float32(0.4 * note.loud), 0), note.start)
    if rng.random() < 0.3:
        track = saturated(track, float(np.exp(rng.uniform(0, 2.3))))
    track = tone_control(rng, track, 3)
    if rng.random() < 0.5:
        track = compressed(track, rng.uniform(6, 14), rng.uniform(2, 6), 0.01, 0.15)
    if rng.random() < 0.2:
        track = widened(rng, track)
    if rng.random() < 0.25:
        track = in_room(track, room(rng, rng.uniform(0.2, 0.8), 4000), rng.uniform(0.02, 0.12))
    return track


def _other(rng: Random, score: plan.Plan, samples: bool) -> Sound:
    track = np.zeros((2, SAMPLES), dtype=np.float32)
    sampled: list[midi.Part] = []
    for role, notes in _parts(rng, score):
        if samples and rng.random() < 0.5:
            program = int(rng.choice(_CHORDS if role == "chords" else _LEADS))
            part = midi.Part(notes, program, pan=int(rng.integers(10, 118)),
                             volume=int(rng.integers(60, 127)),
                             bend=float(rng.normal(0, 0.08)))  # fmt: skip
            if rng.random() < 0.5:
                sampled.append(part)
            else:
                track += _placed(rng, midi.played([part]), score.beat, 0.0)
        else:
            track += _made_part(rng, role, notes, score.beat)
    if sampled:
        heard = midi.played(sampled)
        if any(part.program in (29, 30) for part in sampled) and rng.random() < 0.5:
            heard = saturated(heard, float(rng.uniform(2, 8)))
        heard *= np.float32(0.06 * len(sampled) ** 0.5 / (heard.std() + 1e-5))
        if rng.random() < 0.25:
            heard = widened(rng, heard)
        track += heard
    return _polished(rng, track, score.beat, 0.7)


def _parts(rng: Random, score: plan.Plan) -> list[tuple[str, list[plan.Note]]]:
    """(role, notes) of one to five instruments."""
    found = []
    for chance in (1.0, 0.55, 0.25):
        if rng.random() < chance:
            low = int(rng.choice([40, 45, 48, 48, 52, 55, 55, 60, 60, 64, 69]))
            if rng.random() < 0.75:
                found.append(("chords", plan.chord_part(rng, score, low)))
            else:
                found.append(("chords", plan.riff_part(rng, score, low)))
    for chance in (0.6, 0.15):
        if rng.random() < chance or not score.active[2][0]:
            low = int(rng.choice([50, 55, 60, 60, 67, 72, 76]))
            found.append(("lead", plan.melody(rng, score, low, 3, rng.uniform(0.6, 2.5))))
    return found


def _made_part(rng: Random, role: str, notes: Sequence[plan.Note], beat: float) -> Sound:
    """A part played by an instrument that is computed here."""
    bend = float(rng.normal(0, 0.05))
    if rng.random() < 0.65:
        made = timbres.played(rng, timbres.random_instrument(rng), notes, bend)
    else:
        kind = str(rng.choice(["pluck", "keys", "pad"])) if role == "chords" else "lead"
        made = synth.played(rng, synth.random_patch(rng, kind), notes, bend)
    return _placed(rng, made, beat, float(rng.uniform(-0.7, 0.7)))


def _placed(rng: Random, part: Sound, beat: float, place: float) -> Sound:
    """A part through its effects, in its place, at a level like the others'."""
    part = through_effects(rng, part, beat)
    sides = panned(np.ones(1, dtype=np.float32), place)
    return part * sides * np.float32(0.06 * rng.uniform(0.5, 1.2) / (part.std() + 1e-5))


def _polished(rng: Random, track: Sound, beat: float, wettest: float) -> Sound:
    track = tone_control(rng, track)
    if rng.random() < 0.25:
        track = echoed(track, beat * float(rng.choice([0.5, 0.75, 1])), 0.5, rng.uniform(0.1, 0.4))
    if rng.random() < 0.7:
        space = room(rng, float(rng.uniform(0.3, 3)), float(rng.uniform(3000, 12000)))
        track = in_room(track, space, float(rng.uniform(0.03, wettest)))
    if rng.random() < 0.4:
        track = compressed(track, rng.uniform(6, 16), rng.uniform(1.5, 5), 0.01, 0.2)
    return track


def _vocals(rng: Random, score: plan.Plan, samples: bool) -> Sound:
    woman = bool(rng.random() < 0.5)
    low = int(rng.choice([55, 57, 60]) if woman else rng.choice([43, 45, 48, 52]))
    notes = plan.melody(rng, score, low, 4, float(rng.uniform(0.7, 1.8)))
    if not notes:
        notes = [plan.Note(1.0, 2.0, low + 7, 0.9)]
    speech = samples and spoken.available()
    if speech and rng.random() < 0.08:
        track = panned(spoken.talk(rng, notes, woman), 0.0)
    else:
        track = _singing(rng, notes, woman, speech)
    if samples and rng.random() < 0.15:
        track += _choir(rng, score, track)
    track = high_passed(track, float(rng.uniform(40, 140)))
    if rng.random() < 0.8:
        track = compressed(track, rng.uniform(8, 20), rng.uniform(2, 6), 0.005, 0.15)
    if rng.random() < 0.12:
        track = saturated(track, float(rng.uniform(1, 6)))
    return _polished(rng, track, score.beat, 0.45)


def _singing(rng: Random, notes: Sequence[plan.Note], woman: bool, speech: bool) -> Sound:
    """A lead voice, now and then doubled or with a second voice above or below."""
    singer = voice.random_singer(rng, 1.17 if woman else 1.0)
    if speech and rng.random() < 0.55:
        mouth = spoken.spoken_mouth(rng, notes, woman)
    else:
        mouth = voice.formant_mouth(rng, singer, notes)
    lead = voice.sung(rng, singer, notes, mouth)
    loud = np.float32(0.1 / (lead.std() + 1e-6))
    track = panned(lead * loud, float(rng.normal(0, 0.08)))
    if rng.random() < 0.35:
        for side in (-1, 1):
            take = voice.sung(rng, singer, notes, mouth, cents=float(rng.normal(0, 9)))
            late = np.roll(take, int(rng.uniform(0.005, 0.03) * RATE))
            track += panned(late * loud * np.float32(rng.uniform(0.2, 0.6)),
                            side * float(rng.uniform(0.3, 1)))  # fmt: skip
    if rng.random() < 0.3:
        shift = int(rng.choice([3, 4, 7, -5, 12, -12]))
        for side in (-1, 1)[: int(rng.integers(1, 3))]:
            take = voice.sung(rng, singer, notes, mouth, float(rng.normal(0, 6)), shift)
            track += panned(take * loud * np.float32(rng.uniform(0.2, 0.6)),
                            side * float(rng.uniform(0.2, 0.9)))  # fmt: skip
    return low_passed(track, float(rng.uniform(9000, 19000)))


def _choir(rng: Random, score: plan.Plan, lead: Sound) -> Sound:
    """Sampled choirs behind the lead."""
    notes = [
        plan.Note(score.time(bar, 0), score.bar * 0.97, pitch, 0.8)
        for bar in range(score.bars)
        if score.active[3][bar]
        for pitch in score.chord(bar, 55)
    ]
    heard = midi.played([midi.Part(notes, int(rng.choice(_CHOIRS)))])
    return heard * np.float32(rng.uniform(0.2, 0.7) * lead.std() / (heard.std() + 1e-5))
