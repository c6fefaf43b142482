"""Drums by their General MIDI numbers, and the bars that drummers play."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsp import Random

KICK, STICK, SNARE, CLAP, CLOSED, PEDAL, OPEN = 36, 37, 38, 39, 42, 44, 46
CRASH, RIDE, BELL, TAMBOURINE, COWBELL, SHAKER = 49, 51, 53, 54, 56, 70
TOMS = (50, 48, 47, 45, 43, 41)


@dataclass(frozen=True, slots=True)
class Groove:
    """A bar on a grid of `steps`: x loud, o medium, - ghost, . nothing."""

    name: str
    tempo: tuple[int, int]
    parts: tuple[tuple[int, str], ...]
    beats: int = 4


GROOVES = (
    Groove(
        "rock",
        (90, 160),
        ((KICK, "x.....x.x......."), (SNARE, "....x.......x..."), (CLOSED, "x.o.x.o.x.o.x.o.")),
    ),
    Groove(
        "rock 2",
        (100, 180),
        ((KICK, "x..x..x...x..x.."), (SNARE, "....x.......x..o"), (RIDE, "x.o.x.o.x.o.x.o.")),
    ),
    Groove(
        "punk",
        (150, 200),
        ((KICK, "x...x.x.x...x.x."), (SNARE, "..x...x...x...x."), (OPEN, "x.x.x.x.x.x.x.x.")),
    ),
    Groove(
        "disco",
        (108, 130),
        (
            (KICK, "x...x...x...x..."),
            (SNARE, "....x.......x..."),
            (OPEN, "..x...x...x...x."),
            (CLOSED, "xo.oxo.oxo.oxo.o"),
        ),
    ),
    Groove(
        "house",
        (118, 132),
        (
            (KICK, "x...x...x...x..."),
            (CLAP, "....x.......x..."),
            (OPEN, "..x...x...x...x."),
            (SHAKER, "oxooxoxooxoxooxo"),
        ),
    ),
    Groove(
        "funk",
        (88, 118),
        ((KICK, "x..x......x..x.."), (SNARE, "....x..-.-..x..-"), (CLOSED, "xoxoxoxoxoxoxoxo")),
    ),
    Groove(
        "hip hop",
        (76, 104),
        ((KICK, "x..o....o.x....."), (SNARE, "....x.......x..."), (CLOSED, "x.x.x.xox.x.x.oo")),
    ),
    Groove(
        "trap",
        (65, 80),
        ((KICK, "x.....x....x..o."), (CLAP, "........x......."), (CLOSED, "xoxoxxxxxoxoxoxx")),
    ),
    Groove(
        "ballad",
        (58, 84),
        ((KICK, "x.......x.o....."), (SNARE, "....x.......x..."), (CLOSED, "x.o.x.o.x.o.x.o.")),
    ),
    Groove(
        "side stick",
        (64, 110),
        ((KICK, "x.....o.x......."), (STICK, "....x.......x..."), (SHAKER, "xoooxoooxoooxooo")),
    ),
    Groove(
        "bossa",
        (110, 150),
        ((KICK, "x..xx..xx..xx..x"), (STICK, "x..x..x...x..x.."), (CLOSED, "xoxoxoxoxoxoxoxo")),
    ),
    Groove(
        "reggae",
        (66, 88),
        ((KICK, "........x......."), (STICK, "........x......."), (CLOSED, "x.x-x.x-x.x-x.x-")),
    ),
    Groove(
        "break",
        (150, 176),
        ((KICK, "x.x.......xx...."), (SNARE, "....x..-.-..x..-"), (RIDE, "x.x.x.x.x.x.x.x.")),
    ),
    Groove(
        "shuffle",
        (76, 132),
        ((KICK, "x....ox....o"), (SNARE, "...x.....x.."), (CLOSED, "x.ox.ox.ox.o")),
    ),
    Groove(
        "six eight",
        (56, 76),
        ((KICK, "x.....x..o.."), (SNARE, "...x.....x.."), (CLOSED, "xooxooxooxoo")),
    ),
    Groove(
        "swing",
        (110, 180),
        (
            (KICK, "o..-..o..-.."),
            (PEDAL, "...x.....x.."),
            (RIDE, "x..x.ox..x.o"),
            (SNARE, "..-....-...-"),
        ),
    ),
    Groove(
        "waltz",
        (90, 160),
        ((KICK, "x..........."), (SNARE, "....o...o..."), (CLOSED, "x.o.x.o.x.o.")),
        3,
    ),
    Groove(
        "toms",
        (80, 120),
        (
            (KICK, "x..x..x.x..x..x."),
            (45, "..x..x....x..x.."),
            (41, "......x.......xx"),
            (SNARE, "....x.......x..."),
        ),
    ),
    Groove(
        "half time",
        (120, 160),
        ((KICK, "x.........o....."), (SNARE, "........x......."), (CRASH, "x...o...o...o...")),
    ),
    Groove("march", (90, 120), ((KICK, "x...x...x...x..."), (SNARE, "xooxxoxoxooxxxoo"))),
)


def invented(rng: Random) -> Groove:
    """A bar that nobody has written down: some of a kit's pieces, each where it likes to be."""
    steps, beats = ((16, 4), (16, 4), (12, 4), (12, 3))[rng.integers(4)]
    beat = steps // beats
    pulse = [step % beat == 0 for step in range(steps)]
    back = [step // beat % 2 == 1 and on for step, on in zip(range(steps), pulse, strict=True)]
    kick = [step == 0 or rng.random() < (0.45 if on else 0.14) for step, on in enumerate(pulse)]
    parts = [(KICK, _marked(rng, kick))]
    if rng.random() < 0.85:
        often = rng.uniform(0, 0.15)
        struck = [rng.random() < (0.9 if on else often) for on in back]
        parts.append((int(rng.choice([SNARE, SNARE, SNARE, CLAP, STICK])), _marked(rng, struck)))
    if rng.random() < 0.85:
        every = int(rng.choice([1, 2, 2, beat]))
        late = int(rng.integers(every)) if rng.random() < 0.25 else 0
        ticks = [step % every == late and rng.random() < 0.95 for step in range(steps)]
        piece = int(rng.choice([CLOSED, CLOSED, RIDE, SHAKER, OPEN, PEDAL, TAMBOURINE]))
        parts.append((piece, _marked(rng, ticks)))
    for piece in rng.choice([*TOMS, BELL, COWBELL, TAMBOURINE, OPEN, STICK, SHAKER], 2):
        if rng.random() < 0.4:
            parts.append((int(piece), _marked(rng, rng.random(steps) < rng.uniform(0.1, 0.4))))
    slowest = int(rng.uniform(60, 170))
    return Groove("invented", (slowest, slowest + 10), tuple(parts), beats)


def _marked(rng: Random, struck: Iterable[bool]) -> str:
    return "".join(str(rng.choice(list("xxo-"))) if now else "." for now in struck)
