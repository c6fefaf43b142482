"""What goes into an NI Stems file: the mix and four stems, whatever the model's stems are."""

from __future__ import annotations

from collections.abc import Sequence

from stemdesk.audio.part_mix import PartMix
from stemdesk.core.export_order import Part, PartKind

NI_SUFFIX = ".stem.mp4"
NI_STEMS = ("drums", "bass", "other", "vocals")
"""In the order of the format. What is none of the others is in "other"."""


def ni_parts(stems: Sequence[str], *, original: bool, complete: bool = True) -> tuple[PartMix, ...]:
    """Five parts of a song with these stems: the mix, drums, bass, other, vocals.

    `original`: the mix is the song's own sound, else the sum of its stems. Guitar, piano and
    whatever else a model finds go into "other"; what it does not find is silence. `complete`: these
    are all stems of the model; where they are not, "other" is the song minus those that have a
    track of their own, so that the four sum to the mix all the same.
    """
    everything = tuple((stem, 1.0, 1.0) for stem in stems)
    mix = () if original else everything
    master = PartMix(Part(PartKind.ORIGINAL), "master", mix, float(original))
    held: dict[str, list[tuple[str, float, float]]] = {name: [] for name in NI_STEMS}
    for side in everything:
        held[side[0] if side[0] in held else "other"].append(side)
    parts = {name: _part(name, tuple(sides)) for name, sides in held.items()}
    if original and not complete:
        own = tuple((name, -1.0, -1.0) for name in stems if name in NI_STEMS and name != "other")
        parts["other"] = PartMix(parts["other"].part, "other", own, 1.0)
    return (master, *parts.values())


def _part(name: str, sides: tuple[tuple[str, float, float], ...]) -> PartMix:
    alone = [stem for stem, _, _ in sides] == [name]
    return PartMix(Part(PartKind.STEM, name), name, sides, stem=name if alone else "")
