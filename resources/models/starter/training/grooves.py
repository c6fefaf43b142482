"""Drums by their General MIDI numbers, and the bars that drummers play."""

from __future__ import annotations

from dataclasses import dataclass

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
