import pytest

from stemdesk.audio.listening import Listening
from stemdesk.audio.part_mix import PartMix, part_mixes
from stemdesk.core.errors import ModelError
from stemdesk.core.export_order import Part, PartKind

_STEMS = ("drums", "bass", "other", "vocals")


def _mix(part: str, *stems: str, complete: bool = True) -> PartMix:
    (mix,) = part_mixes([Part.of(part)], stems, Listening(), True, complete)
    return mix


@pytest.mark.parametrize(
    ("part", "name", "rest"),
    [
        ("instrumental", "instrumental", ("drums", "bass", "other")),
        ("all-but:drums", "no drums", ("bass", "other", "vocals")),
    ],
)
def test_all_but_one_is_the_sum_of_the_others(part: str, name: str, rest: tuple[str, ...]) -> None:
    mix = _mix(part, *_STEMS)
    assert mix.name == name and mix.original == 0.0
    assert mix.sides == tuple((stem, 1.0, 1.0) for stem in rest)


@pytest.mark.parametrize("part", ["instrumental", "all-but:vocals"])
def test_where_only_one_was_separated_the_rest_is_the_song_without_it(part: str) -> None:
    mix = _mix(part, "vocals", complete=False)
    assert mix.sides == (("vocals", -1.0, -1.0),) and mix.original == 1.0 and mix.plain


def test_no_part_is_made_of_a_stem_that_the_song_does_not_have() -> None:
    for part in ("instrumental", "a-cappella", "stem:piano", "all-but:piano"):
        with pytest.raises(ModelError):
            _mix(part, "drums", complete=False)
    assert part_mixes([Part(PartKind.STEM)], ("drums",), Listening(), True)[0].name == "drums"
