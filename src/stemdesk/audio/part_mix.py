"""What the files of an export hold, as sums of a song's stems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from stemdesk.audio.listening import Listening
from stemdesk.audio.sound import Sound
from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.export_order import Part, PartKind

VOCALS = "vocals"


@dataclass(frozen=True, slots=True)
class PartMix:
    """One file's content: `sides` gives the linear gain of the left and right channel for each
    stem that is heard in it, `original` that of the undivided song. `name`: what `{stem}` becomes
    in file names. `stem`: where it is exactly one stem as it is; "" else. `master_db`: the gain of
    their sum. `speed`: 1 as recorded, 2 twice as fast; `semitones`: 0 as recorded. `heard`: bent
    above full scale as the player does (a remix)."""

    part: Part
    name: str
    sides: tuple[tuple[str, float, float], ...]
    original: float = 0.0
    stem: str = ""
    master_db: float = 0.0
    speed: Fraction = Fraction(1)
    semitones: float = 0.0
    heard: bool = False

    @property
    def stretched(self) -> bool:
        """Whether its speed or key is not the song's."""
        return self.speed != 1 or self.semitones != 0.0

    @property
    def plain(self) -> bool:
        """Whether it is a sum of unchanged stems and the original, with whole weights."""
        gains = [gain for _, left, right in self.sides for gain in (left, right)]
        whole = all(gain in (1.0, -1.0) for gain in gains) and self.original in (0.0, 1.0, -1.0)
        return whole and not self.stretched and not self.heard and self.master_db == 0.0


def part_mixes(
    parts: Sequence[Part],
    stems: Sequence[str],
    listening: Listening,
    tempo_and_key: bool,
    complete: bool = True,
) -> tuple[PartMix, ...]:
    """What these parts are for a song with these stems; the same file twice only once.

    `complete`: these are all stems of the model. Where they are not, "all but" one is the song
    minus that stem, not the sum of the others.

    Raises `ModelError` STEM_UNKNOWN for a stem that the song does not have.
    """
    mixes: dict[str, PartMix] = {}
    for part in parts:
        for mix in _of(part, stems, listening, tempo_and_key, complete):
            mixes.setdefault(mix.name, mix)
    return tuple(mixes.values())


def _of(
    part: Part, stems: Sequence[str], listening: Listening, tempo_and_key: bool, complete: bool
) -> list[PartMix]:
    match part.kind:
        case PartKind.STEM:
            names = [_known(part.stem, stems)] if part.stem else list(stems)
            return [_sum(Part(PartKind.STEM, name), name, [name], name) for name in names]
        case PartKind.A_CAPPELLA:
            name = _known(VOCALS, stems)
            mix = _sum(part, "a cappella", [name], name)
        case PartKind.INSTRUMENTAL:
            mix = _all_but(part, "instrumental", VOCALS, stems, complete)
        case PartKind.ALL_BUT:
            mix = _all_but(part, f"no {part.stem}", part.stem, stems, complete)
        case PartKind.RESIDUAL:
            mix = PartMix(part, "residual", tuple((s, -1.0, -1.0) for s in stems), 1.0)
        case PartKind.ORIGINAL:
            mix = PartMix(part, "original", (), 1.0)
        case PartKind.REMIX:
            mix = _remix(part, stems, listening, tempo_and_key)
    return [mix]


def _sum(part: Part, name: str, stems: Sequence[str], stem: str = "") -> PartMix:
    return PartMix(part, name, tuple((one, 1.0, 1.0) for one in stems), stem=stem)


def _all_but(part: Part, name: str, stem: str, stems: Sequence[str], complete: bool) -> PartMix:
    others = [one for one in stems if one != _known(stem, stems)]
    if complete:
        return _sum(part, name, others)
    return PartMix(part, name, ((stem, -1.0, -1.0),), 1.0)


def _remix(part: Part, stems: Sequence[str], listening: Listening, tempo_and_key: bool) -> PartMix:
    remix = listening.remix
    sides = tuple(
        (stem, left, right)
        for stem in stems
        for left, right in [remix.sides(stem)]
        if left or right
    )
    mix = PartMix(part, "remix", sides, master_db=remix.master_db, heard=True)
    if not tempo_and_key:
        return mix
    sound = Sound(speed_percent=listening.speed_percent, key_semitones=listening.key_semitones)
    return replace(mix, speed=sound.speed, semitones=sound.key_semitones)


def _known(stem: str, stems: Sequence[str]) -> str:
    if stem not in stems:
        known = ", ".join(stems)
        raise ModelError(ErrorCode.STEM_UNKNOWN, stem, stem=stem, known=known)
    return stem
