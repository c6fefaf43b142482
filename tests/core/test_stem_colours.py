from __future__ import annotations

import re

from stemdesk.core.stem_colours import STEM_COLOURS, stem_colour


def test_known_stems_have_colours_of_their_own() -> None:
    assert len({stem_colour(stem) for stem in STEM_COLOURS}) == len(STEM_COLOURS)


def test_unknown_stems_have_a_colour_that_stays_and_is_no_known_ones() -> None:
    for stem in ("choir", "", "strings", "лад"):
        colour = stem_colour(stem)
        assert re.fullmatch("#[0-9a-f]{6}", colour) and colour == stem_colour(stem)
        assert colour not in STEM_COLOURS.values()
