"""The stems' colours, in the window and in the projects that are exported."""

from __future__ import annotations

STEM_COLOURS = {
    "drums": "#009e73",
    "bass": "#d55e00",
    "other": "#cc79a7",
    "vocals": "#56b4e9",
    "guitar": "#e69f00",
    "piano": "#f0e442",
}
"""The colour-blind-safe set that DJ software uses too."""
_FURTHER = ("#8b8fd8", "#7fb069", "#c98b6b", "#6aa6a6")


def stem_colour(stem: str) -> str:
    """The stem's colour, `#rrggbb`; names that no one knows share a few quiet ones."""
    known = STEM_COLOURS.get(stem)
    return known or _FURTHER[sum(stem.encode()) % len(_FURTHER)]
