"""What the files of an export are made of."""

from __future__ import annotations

from fractions import Fraction

import pytest

from stemdesk.audio.listening import Listening
from stemdesk.audio.part_mix import PartMix, part_mixes
from stemdesk.audio.remix import Remix, amplitude
from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.export_order import ALL_STEMS, Part, PartKind

FOUR = ("drums", "bass", "other", "vocals")


def one(text: str, listening: Listening | None = None, *, tempo_and_key: bool = True) -> PartMix:
    (mix,) = part_mixes([Part.of(text)], FOUR, listening or Listening(), tempo_and_key)
    return mix


def test_all_stems_are_each_stem_once() -> None:
    parts = [Part.of("stem:vocals"), ALL_STEMS]
    mixes = part_mixes(parts, FOUR, Listening(), tempo_and_key=True)
    assert [mix.name for mix in mixes] == ["vocals", "drums", "bass", "other"]
    assert all(mix.sides == ((mix.stem, 1.0, 1.0),) and mix.plain for mix in mixes)


@pytest.mark.parametrize(
    ("text", "name", "stems"),
    [
        ("instrumental", "instrumental", "drums bass other"),
        ("a-cappella", "a cappella", "vocals"),
        ("all-but:drums", "no drums", "bass other vocals"),
    ],
)
def test_sums_of_stems(text: str, name: str, stems: str) -> None:
    mix = one(text)
    assert mix.name == name and mix.plain and mix.original == 0.0
    assert mix.sides == tuple((stem, 1.0, 1.0) for stem in stems.split())


@pytest.mark.parametrize("text", ["instrumental", "all-but:vocals"])
def test_where_only_one_was_separated_the_rest_is_the_song_without_it(text: str) -> None:
    parts = [Part.of(text)]
    (mix,) = part_mixes(parts, ("vocals",), Listening(), tempo_and_key=True, complete=False)
    assert mix.sides == (("vocals", -1.0, -1.0),) and mix.original == 1.0 and mix.plain


def test_the_residual_is_the_song_minus_its_stems() -> None:
    mix = one("residual")
    assert mix.original == 1.0 and mix.plain
    assert mix.sides == tuple((stem, -1.0, -1.0) for stem in FOUR)


def test_a_remix_is_what_is_heard() -> None:
    remix = Remix.of(FOUR).with_muted("drums", True).with_gain("bass", -6.0).with_pan("other", 0.5)
    listening = Listening(remix.with_master(-3.0), 87.54, -2.0)
    mix = one("remix", listening)
    gain = amplitude(-6.0)
    assert mix.sides == (("bass", gain, gain), ("other", 0.5, 1.0), ("vocals", 1.0, 1.0))
    assert (mix.speed, mix.semitones, mix.master_db) == (Fraction(875, 1000), -2.0, -3.0)
    assert mix.heard and mix.stretched and not mix.plain
    still = one("remix", listening, tempo_and_key=False)
    assert not still.stretched and still.sides == mix.sides and still.master_db == -3.0


def test_a_stem_that_is_not_there_is_said() -> None:
    for text in ("stem:piano", "all-but:piano"):
        with pytest.raises(ModelError) as caught:
            one(text)
        assert caught.value.code is ErrorCode.STEM_UNKNOWN
    with pytest.raises(ModelError):
        part_mixes([Part(PartKind.INSTRUMENTAL)], ("drums",), Listening(), tempo_and_key=True)
