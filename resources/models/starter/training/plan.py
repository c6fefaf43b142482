"""What is played: tempo, key, chords, grooves, lines and words of one song, drawn at random.

A plan knows nothing of sounds. Times are seconds, pitches MIDI numbers, loudness 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp import SECONDS, Random
from grooves import (
    BELL,
    CLAP,
    CLOSED,
    COWBELL,
    CRASH,
    GROOVES,
    KICK,
    OPEN,
    RIDE,
    SHAKER,
    SNARE,
    TAMBOURINE,
    TOMS,
    Groove,
    invented,
)


@dataclass(frozen=True, slots=True)
class Note:
    start: float
    length: float
    pitch: int
    loud: float


_LOUD = {"x": 1.0, "o": 0.65, "-": 0.3}
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_PATHS = {
    MAJOR: (
        (0, 4, 5, 3),
        (0, 5, 3, 4),
        (0, 3, 4, 3),
        (5, 3, 0, 4),
        (1, 4, 0, 5),
        (0, 2, 3, 4),
        (0, 3),
        (3, 0, 4, 5),
    ),
    MINOR: (
        (0, 5, 2, 6),
        (0, 3, 4, 0),
        (0, 6, 5, 6),
        (0, 2, 6, 3),
        (5, 6, 0, 0),
        (0, 5, 3, 4),
        (0, 6),
        (0, 0, 3, 4),
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    beat: float
    beats: int  # in a bar
    bars: int
    steps: int  # of the grid, in a bar
    key: int  # pitch class of the tonic
    scale: tuple[int, ...]
    degrees: tuple[int, ...]  # the chord of each bar, as a place in the scale
    sevenths: bool
    swing: float  # how late every second step comes, as a part of a step
    groove: Groove
    active: tuple[tuple[bool, ...], ...]  # [drums, bass, chords, lead, voice][bar]

    @property
    def bar(self) -> float:
        return self.beat * self.beats

    def time(self, bar: int, step: float) -> float:
        """When step `step` of bar `bar` is, swing and all."""
        late = self.swing if int(step) % 2 and self.steps == 16 else 0.0
        return self.bar * (bar + (step + late) / self.steps)

    def pitch(self, place: int, low: int) -> int:
        """The pitch at `place` of the scale (0 is the tonic), counted from the lowest tonic at or
        above `low`."""
        tonic = low + (self.key - low) % 12
        return tonic + 12 * (place // 7) + self.scale[place % 7]

    def chord(self, bar: int, low: int) -> list[int]:
        """The pitches of the bar's chord, each in the octave above `low`."""
        places = (0, 2, 4, 6) if self.sevenths else (0, 2, 4)
        pitches = [self.pitch(self.degrees[bar] + place, 0) for place in places]
        return sorted(low + (pitch - low) % 12 for pitch in pitches)


def make_plan(rng: Random) -> Plan:
    groove = invented(rng) if rng.random() < 0.35 else GROOVES[rng.integers(len(GROOVES))]
    beat = 60 / rng.uniform(*groove.tempo)
    bars = int(np.ceil(SECONDS / (beat * groove.beats)))
    scale = MAJOR if rng.random() < 0.5 else MINOR
    path = _PATHS[scale][rng.integers(len(_PATHS[scale]))]
    slow = 1 if beat * groove.beats > 1.4 or rng.random() < 0.4 else 2
    degrees = tuple(path[bar // slow % len(path)] for bar in range(bars))
    steps = len(groove.parts[0][1])
    swing = float(rng.uniform(0.1, 0.35)) if rng.random() < 0.25 else 0.0
    section = 4 if beat * groove.beats < 2.2 else 2
    on = (0.93, 0.92, 0.92, 0.55, 0.8)
    active = []
    for share in on:
        drawn = [bool(rng.random() < share) for _ in range(-(-bars // section))]
        if not any(drawn):
            drawn[-1] = True
        active.append(tuple(drawn[bar // section] for bar in range(bars)))
    return Plan(beat, groove.beats, bars, steps, int(rng.integers(12)), scale, degrees,
                bool(rng.random() < 0.35), swing, groove, tuple(active))  # fmt: skip


def drum_part(rng: Random, plan: Plan) -> list[Note]:
    """The groove with small changes, fills and crashes. Pitches are General MIDI's drums."""
    notes: list[Note] = []
    human = float(rng.uniform(0.0, 0.009))
    every = int(rng.choice([4, 4, 8, 2]))
    extra = _second_layer(rng, plan)
    cymbal = int(rng.choice([CLOSED, CLOSED, RIDE, OPEN]))
    for bar in range(plan.bars):
        if not plan.active[0][bar]:
            continue
        fill = bar % every == every - 1 and rng.random() < 0.7
        start_of_fill = plan.steps // 2 if rng.random() < 0.5 else plan.steps * 3 // 4
        for drum, steps in (*plan.groove.parts, *extra):
            played = cymbal if drum == CLOSED and bar // 4 % 2 else drum
            for step, mark in enumerate(steps):
                odd = drum in (KICK, SNARE) and rng.random() < 0.03
                if (mark == "." and not odd) or (fill and step >= start_of_fill):
                    continue
                loud = _LOUD.get(mark, 0.5) * rng.uniform(0.75, 1.0)
                notes.append(Note(plan.time(bar, step) + rng.normal(0, human), 0.2, played, loud))
        if fill:
            notes += _fill(rng, plan, bar, start_of_fill)
        if bar % every == 0 and rng.random() < 0.6:
            notes.append(Note(plan.time(bar, 0), 1.0, CRASH, rng.uniform(0.6, 1)))
    return notes


def _second_layer(rng: Random, plan: Plan) -> list[tuple[int, str]]:
    """Now and then a tambourine, a shaker or a cowbell."""
    if rng.random() > 0.35:
        return []
    drum = int(rng.choice([TAMBOURINE, SHAKER, COWBELL, BELL, CLAP]))
    steps = "".join(rng.choice(list("xo....."), plan.steps))
    if drum == SHAKER:
        steps = ("xoo" * 8 if plan.steps == 12 else "xo" * 8)[: plan.steps]
    return [(drum, steps)]


def _fill(rng: Random, plan: Plan, bar: int, first: int) -> list[Note]:
    drums = list(TOMS) if rng.random() < 0.6 else [SNARE] * 6
    steps = range(first, plan.steps, int(rng.choice([1, 1, 2])))
    return [
        Note(plan.time(bar, step), 0.2, int(drums[(step - first) * 6 // (plan.steps - first)]),
             rng.uniform(0.5, 1.0))
        for step in steps if rng.random() < 0.85
    ]  # fmt: skip


def bass_part(rng: Random, plan: Plan) -> list[Note]:
    style = str(rng.choice(["root", "eighths", "octaves", "kick", "kick", "walk", "long", "riff"]))
    low = int(rng.choice([26, 28, 28, 31, 33]))
    riff = rng.random(plan.steps) < 0.4
    turns = rng.choice([0, 0, 0, 2, 4, 7], plan.steps)
    notes: list[Note] = []
    for bar in range(plan.bars):
        if not plan.active[1][bar]:
            continue
        root = low + (plan.pitch(plan.degrees[bar], 0) - low) % 12
        for step, rises in _bass_steps(rng, plan, style, riff, turns, bar):
            start = plan.time(bar, step) + rng.normal(0, 0.004)
            notes.append(Note(start, 0.0, root + rises, rng.uniform(0.7, 1)))
    tight = float(rng.uniform(0.5, 1.0))
    ends = [note.start for note in notes[1:]] + [SECONDS]
    return [
        Note(note.start, max(0.06, min(plan.bar, end - note.start) * tight), note.pitch, note.loud)
        for note, end in zip(notes, ends, strict=True)
    ]


def _bass_steps(
    rng: Random, plan: Plan, style: str, riff: NDArray[np.bool_], turns: NDArray[np.int64], bar: int
) -> list[tuple[int, int]]:
    """(step, semitones above the root) of one bar."""
    beat = plan.steps // plan.beats
    halves = range(0, plan.steps, max(1, beat // 2))
    kicks = [s for s, mark in enumerate(plan.groove.parts[0][1]) if mark != "."] or [0]
    match style:
        case "eighths":
            return [(s, 0) for s in halves]
        case "octaves":
            return [(s, 12 * (i % 2)) for i, s in enumerate(halves)]
        case "walk":
            root = plan.pitch(plan.degrees[bar], 0)
            ways = [*((pitch - root) % 12 for pitch in plan.chord(bar, 0)), 9, 10]
            steps = range(beat, plan.steps, beat)
            found = [(0, 0), *((s, int(rng.choice(ways))) for s in steps)]
        case "riff":
            found = [(0, 0)] + [(s, int(turns[s])) for s in range(1, plan.steps) if riff[s]]
        case "kick":
            found = [(s, int(rng.choice([0, 0, 0, 7, 12]))) for s in kicks]
        case "long":
            found = [(0, 0)]
        case _:
            found = [(s, 0) for s in kicks]
    return found


def chord_part(rng: Random, plan: Plan, low: int) -> list[Note]:
    style = str(rng.choice(["long", "long", "beats", "offbeats", "arpeggio", "rhythm", "strum"]))
    beat = plan.steps // plan.beats
    rhythm = [s for s in range(plan.steps) if s == 0 or rng.random() < 0.3]
    order = rng.permutation(8)
    notes: list[Note] = []
    for bar in range(plan.bars):
        if not plan.active[2][bar]:
            continue
        pitches = plan.chord(bar, low)
        step_time = plan.bar / plan.steps
        if style == "arpeggio":
            fast = 1 if plan.beat > 0.5 else 2
            for index, step in enumerate(range(0, plan.steps, fast)):
                pitch = (pitches + [p + 12 for p in pitches])[order[index % 8] % (2 * len(pitches))]
                notes.append(Note(plan.time(bar, step), step_time * 2.2, pitch,
                                  rng.uniform(0.5, 0.9)))  # fmt: skip
            continue
        steps = {
            "long": [0],
            "beats": list(range(0, plan.steps, beat)),
            "offbeats": list(range(beat // 2, plan.steps, beat)),
        }.get(style, rhythm)
        for index, step in enumerate(steps):
            until = steps[index + 1] if index + 1 < len(steps) else plan.steps
            length = step_time * (until - step) * (0.4 if style == "offbeats" else 0.95)
            for turn, pitch in enumerate(pitches):
                late = turn * 0.012 if style == "strum" else abs(rng.normal(0, 0.004))
                notes.append(Note(plan.time(bar, step) + late, length, pitch,
                                  rng.uniform(0.6, 0.9)))  # fmt: skip
    return notes


def riff_part(rng: Random, plan: Plan, low: int) -> list[Note]:
    """One or two notes at a time over the chords, the same figure in every bar."""
    fast = int(rng.choice([1, 1, 2]))
    played = [step for step in range(0, plan.steps, fast) if rng.random() < 0.6] or [0]
    turns = rng.integers(0, 8, len(played))
    doubled = int(rng.choice([0, 0, 7, 12]))
    tight = float(rng.uniform(0.3, 1.1))
    notes: list[Note] = []
    for bar in range(plan.bars):
        if not plan.active[2][bar]:
            continue
        pitches = plan.chord(bar, low)
        for index, (step, turn) in enumerate(zip(played, turns.tolist(), strict=True)):
            until = played[index + 1] if index + 1 < len(played) else plan.steps
            pitch = pitches[turn % len(pitches)] + 12 * (turn >= 6)
            length = plan.bar / plan.steps * (until - step) * tight
            start = plan.time(bar, step) + abs(rng.normal(0, 0.003))
            for added in {0, doubled}:
                notes.append(Note(start, length, pitch + added, rng.uniform(0.5, 1)))
    return notes


def melody(rng: Random, plan: Plan, low: int, row: int, busy: float) -> list[Note]:
    """A tune for one voice over the chords, in phrases of one or two bars with rests between.
    `row` says whose bars are active (3 the lead, 4 the voice)."""
    notes: list[Note] = []
    place = int(rng.integers(0, 7))
    phrase = int(rng.choice([1, 2, 2]))
    for bar in range(plan.bars):
        if not plan.active[row][bar]:
            continue
        last = plan.steps if bar % phrase != phrase - 1 else int(plan.steps * rng.uniform(0.5, 1))
        step = int(rng.choice([0, 0, 1, 2]))
        while step < last:
            length = int(rng.choice([1, 2, 2, 3, 4, 4, 6, 8]) / busy) or 1
            length = min(length, plan.steps - step)
            place += int(rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 4]))
            place = min(11, max(-2, place))
            if step % 4 == 0 and rng.random() < 0.6:  # towards a tone of the chord
                place += -((place - plan.degrees[bar]) % 2)
            start = plan.time(bar, step)
            notes.append(Note(start, plan.time(bar, step + length) - start,
                              plan.pitch(place, low), rng.uniform(0.6, 1.0)))  # fmt: skip
            step += length + int(rng.choice([0, 0, 0, 0, 2]))
    return [note for note in notes if note.start < SECONDS - 0.1]
