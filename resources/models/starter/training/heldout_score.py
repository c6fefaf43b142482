"""What the held-out songs play: grooves, basslines, chords, broken chords, tunes.

Patterns are strings of steps a bar. Drums: x loud, o middle, g a ghost, . nothing. Bass and broken
chords: a letter begins a note, - holds it, . is a rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from heldout_sound import Random


@dataclass(frozen=True, slots=True)
class Hit:
    """A stroke: a piece of the kit at a time, `level` 0 to 1."""

    start_s: float
    piece: str
    level: float


@dataclass(frozen=True, slots=True)
class Note:
    """`pitch`: a MIDI note; `level` 0 to 1."""

    start_s: float
    length_s: float
    pitch: int
    level: float = 0.8


@dataclass(frozen=True, slots=True)
class Groove:
    """One bar: its `beats`, its steps (the patterns' length), `swing` 0 to 0.33 of a step that
    every second step comes late. `drums`: a pattern for each piece; `bass`: one for each bar."""

    beats: int
    drums: dict[str, str]
    bass: tuple[str, ...]
    swing: float = 0.0

    @property
    def steps(self) -> int:
        return len(self.bass[0])


GROOVES = {
    "break": Groove(
        4,
        {"kick": "x.x......ox.....", "snare": "....x..g.g..x..o", "hat": "x.o.x.o.x.o.x...",
         "open": "..............x."},
        ("r-.r..r.5--.o-3.", "r-.r..o.r--.5-a."),
    ),
    "jungle": Groove(
        4,
        {"kick": "x.x.......xo....", "snare": "....x..o.o..x..g", "ride": "x.o.x.o.x.o.x.o.",
         "low": "..............g."},
        ("r-----------5---", "r-------o---a---"),
    ),
    "shuffle": Groove(
        4,
        {"kick": "x....ox.....", "snare": "...x..g..x.g", "hat": "x.ox.ox.ox.o"},
        ("r-.r-35-.5-6", "o-.5-6r-.a-."),
    ),
    "six": Groove(
        6,
        {"kick": "x.......o.x.", "snare": "......x....g", "ride": "x.o.o.x.o.o.",
         "stick": "..........o."},
        ("r-----5---o-", "r-------3-a-"),
    ),
    "waltz": Groove(
        3,
        {"kick": "x..........o", "snare": "....o...o...", "ride": "x...o...o.o.",
         "shaker": "g.g.g.g.g.g."},
        ("r-------5---", "r---3---a---"),
    ),
    "train": Groove(
        4,
        {"kick": "x...x...x...x...", "snare": "goxggoxggoxggoxo", "crash": "................"},
        ("r---5---r---5---", "r---5---r-3-a---"),
        swing=0.12,
    ),
    "half": Groove(
        4,
        {"kick": "x..o......x....o", "snare": "........x.......", "hat": "xoxoxoxoxoxoxoxo",
         "clap": "........o......."},
        ("r-----r---5-----", "r-----r---o---a-"),
        swing=0.2,
    ),
    "bossa": Groove(
        4,
        {"kick": "x..ox..ox..ox..o", "stick": "x..x..x...x..x..", "shaker": "ogogogogogogogog"},
        ("r-----5-5-----r-", "r-----5-5-----a-"),
    ),
    "four": Groove(
        4,
        {"kick": "x...x...x...x...", "clap": "....x.......x...", "open": "..x...x...x...x.",
         "shaker": "gogogogogogogogo"},
        ("..r-..r-..r-..o-", "..r-..r-..o-..a-"),
    ),
    "toms": Groove(
        4,
        {"kick": "x.....x.x.......", "low": "x..x..x..x..x.x.", "mid": "..o.....o.......",
         "high": "....o.......o.oo", "snare": "............x..."},
        ("r---r---r---r---", "r---r---5---a---"),
    ),
    "motorik": Groove(
        4,
        {"kick": "x.x...x.x.x...x.", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
        ("r-r-r-r-r-r-r-r-", "r-r-r-r-5-5-a-a-"),
    ),
    "reggae": Groove(
        4,
        {"kick": "........x.......", "stick": "........x.....g.", "hat": "x.o.x.oox.o.x.o.",
         "high": "..............g."},
        ("r-..r-3-..5-....", "..r-..o---5-3-.."),
        swing=0.15,
    ),
}  # fmt: skip

MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
_LEVELS = {"x": 1.0, "o": 0.6, "g": 0.28}


@dataclass(frozen=True, slots=True)
class Score:
    """Where the bars, the steps and the chords of a song are. `tonic`: pitch class; `chords`: a
    degree (0 to 6) a bar, over and over; `bar_s`: seconds of a bar."""

    groove: Groove
    bpm: float
    tonic: int
    mode: str
    chords: tuple[int, ...]
    seconds: float
    _memo: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def bar_s(self) -> float:
        return self.groove.beats * 60 / self.bpm

    @property
    def bars(self) -> int:
        return int(self.seconds / self.bar_s) + 1

    def at(self, bar: int, step: float) -> float:
        """Seconds at which a step of a bar begins."""
        late = self.groove.swing if int(step) % 2 else 0.0
        return (bar + (step + late) / self.groove.steps) * self.bar_s

    def scale(self, degree: int, low: int) -> int:
        """The MIDI note of a scale degree (7 is an octave up), the tonic at or above `low`."""
        root = low + (self.tonic - low) % 12
        return root + MODES[self.mode][degree % 7] + 12 * (degree // 7)

    def chord(self, bar: int, size: int, low: int) -> list[int]:
        """The chord of a bar: thirds on its degree, moved by octaves to within one above `low`."""
        degree = self.chords[bar % len(self.chords)]
        notes = [self.scale(degree + 2 * index, low) for index in range(size)]
        return sorted(low + (note - low) % 12 for note in notes)


def drum_hits(score: Score, random: Random, fills: bool = True) -> list[Hit]:
    """The groove over the song; a crash every fourth bar, and a fill before it."""
    hits = []
    for bar in range(score.bars):
        filled = fills and bar % 4 == 3
        for piece, pattern in score.groove.drums.items():
            for step, sign in enumerate(pattern):
                beyond = filled and step >= len(pattern) * 3 // 4 and piece != "kick"
                if sign != "." and not beyond and random.uniform() > 0.04:
                    level = _LEVELS[sign] * random.uniform(0.85, 1.0)
                    hits.append(Hit(score.at(bar, step), piece, level))
        if filled:
            steps = score.groove.steps
            for step in range(steps * 3 // 4, steps):
                piece = ("high", "mid", "low", "snare")[random.randint(4)]
                hits.append(Hit(score.at(bar, step), piece, random.uniform(0.5, 0.9)))
        if bar % 4 == 0:
            hits.append(Hit(score.at(bar, 0), "crash", 0.8))
    return hits


def bass_notes(score: Score, random: Random, low: int) -> list[Note]:
    """The groove's bassline, root at or above the MIDI note `low`."""
    notes = []
    patterns = score.groove.bass
    for bar in range(score.bars):
        pattern = patterns[bar % len(patterns)]
        degree = score.chords[bar % len(score.chords)]
        following = score.chords[(bar + 1) % len(score.chords)]
        pitches = {
            "r": score.scale(degree, low),
            "3": score.scale(degree + 2, low),
            "5": score.scale(degree + 4, low),
            "6": score.scale(degree + 5, low),
            "o": score.scale(degree + 7, low),
            "a": score.scale(following, low) - 1,
        }
        for step, held in runs(pattern):
            pitch = pitches[pattern[step]]
            pitch -= 12 * (pitch > low + 14)
            length = (score.at(bar, step + held) - score.at(bar, step)) * 0.94
            notes.append(Note(score.at(bar, step), length, pitch, random.uniform(0.7, 1.0)))
    return notes


def runs(pattern: str) -> list[tuple[int, int]]:
    """(step, steps held) of each note of a pattern."""
    starts = [step for step, sign in enumerate(pattern) if sign not in ".-"]
    return [(start, 1 + _held(pattern[start + 1 :])) for start in starts]


def _held(rest: str) -> int:
    return len(rest) - len(rest.lstrip("-"))


def pad_notes(score: Score, random: Random, low: int, size: int = 4) -> list[Note]:
    """The chord of each bar, held."""
    return [
        Note(score.at(bar, 0), score.bar_s * 1.02, pitch, random.uniform(0.6, 0.8))
        for bar in range(score.bars)
        for pitch in score.chord(bar, size, low)
    ]


def comp_notes(score: Score, random: Random, low: int, size: int = 4) -> list[Note]:
    """Chords in a rhythm that is drawn once, the strings of each a moment after each other."""
    steps = score.groove.steps
    pattern = "".join(random.choice(("c", "-", "."), p=(0.4, 0.35, 0.25)) for _ in range(steps))
    pattern = "c" + pattern[1:]
    notes = []
    for bar in range(score.bars):
        chord = score.chord(bar, size, low)
        for step, held in runs(pattern):
            start, end = score.at(bar, step), score.at(bar, step + held)
            order = chord if step % 2 == 0 else chord[::-1]
            level = random.uniform(0.5, 0.9)
            for place, pitch in enumerate(order):
                late = place * random.uniform(0.006, 0.016)
                notes.append(Note(start + late, (end - start) * 0.95, pitch, level))
    return notes


def broken_notes(score: Score, random: Random, low: int) -> list[Note]:
    """A broken chord, two steps a note, over two octaves."""
    order = random.permutation(6)
    notes = []
    for bar in range(score.bars):
        chord = score.chord(bar, 3, low)
        both = chord + [pitch + 12 for pitch in chord]
        for index, step in enumerate(range(0, score.groove.steps, 2)):
            start = score.at(bar, step)
            pitch = both[order[index % len(order)]]
            notes.append(
                Note(start, 3 * score.bar_s / score.groove.steps, pitch, random.uniform(0.5, 0.9))
            )
    return notes


def tune(score: Score, random: Random, low: int, high: int, first_bar: int = 0) -> list[Note]:
    """A melody in phrases of two bars with a rest after each: steps and small leaps of the scale,
    chord notes on the beats, between two MIDI notes."""
    notes: list[Note] = []
    steps, beat = score.groove.steps, score.groove.steps // score.groove.beats or 1
    scale = [
        note for note in range(low, high + 1) if (note - score.tonic) % 12 in MODES[score.mode]
    ]
    place = len(scale) // 2
    for bar in range(first_bar, score.bars, 2):
        step, end = int(random.choice((0, 0, beat))), 2 * steps - random.randint(beat, 2 * beat + 1)
        while step < end:
            held = int(random.choice((1, 2, 2, 3, 4, 6))) * max(1, beat // 2)
            held = min(held, end - step)
            place += int(
                random.choice(
                    (-2, -1, -1, 0, 1, 1, 2, 3), p=(0.1, 0.2, 0.2, 0.1, 0.15, 0.1, 0.1, 0.05)
                )
            )
            place = min(len(scale) - 1, max(0, place))
            pitch = scale[place]
            if step % beat == 0:
                chord = [note % 12 for note in score.chord(bar + step // steps, 3, low)]
                near = [note for note in scale if note % 12 in chord]
                pitch = min(near, key=lambda note: abs(note - scale[place]))
                place = scale.index(pitch)
            start = score.at(bar + step // steps, step % steps)
            stop = score.at(bar + (step + held) // steps, (step + held) % steps)
            notes.append(Note(start, stop - start, pitch, random.uniform(0.7, 1.0)))
            step += held
    return [note for note in notes if note.start_s < score.seconds - 0.3]
