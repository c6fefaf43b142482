from __future__ import annotations

import json

import pytest

from stemdesk.audio.remix import GAIN_MAX_DB, GAIN_MIN_DB, Preset, Remix

NAMES = ("drums", "bass", "other", "vocals")


@pytest.mark.parametrize(
    ("muted", "soloed", "sounding"),
    [
        ((), (), {*NAMES}),
        (("drums",), (), {"bass", "other", "vocals"}),
        ((), ("bass",), {"bass"}),
        ((), ("bass", "vocals"), {"bass", "vocals"}),
        (("bass",), ("bass", "vocals"), {"vocals"}),
        (("bass",), ("bass",), set()),
        (NAMES, (), set()),
    ],
)
def test_mute_and_solo(muted: tuple[str, ...], soloed: tuple[str, ...], sounding: set[str]) -> None:
    remix = Remix.of(NAMES)
    for name in muted:
        remix = remix.with_muted(name, True)
    for name in soloed:
        remix = remix.with_soloed(name, True)
    assert {name for name, gain in remix.gains().items() if gain == 1.0} == sounding
    assert {name for name, gain in remix.gains().items() if gain == 0.0} == {*NAMES} - sounding


def test_only_this_takes_the_other_solos_back() -> None:
    remix = Remix.of(NAMES).with_soloed("bass", True).with_muted("vocals", True)
    assert remix.with_only("vocals").gains() == {
        "drums": 0.0,
        "bass": 0.0,
        "other": 0.0,
        "vocals": 1.0,
    }


def test_undone_settings_give_the_same_remix_again() -> None:
    remix = Remix.of(NAMES)
    assert remix.with_muted("bass", True).with_muted("bass", False) == remix
    assert remix.with_soloed("bass", True).with_soloed("bass", False) == remix


@pytest.mark.parametrize(
    ("preset", "sounding"),
    [
        (Preset.ALL, {*NAMES}),
        (Preset.INSTRUMENTAL, {"drums", "bass", "other"}),
        (Preset.A_CAPPELLA, {"vocals"}),
        (Preset.NO_DRUMS, {"bass", "other", "vocals"}),
        (Preset.DRUMS_AND_BASS, {"drums", "bass"}),
    ],
)
def test_presets_choose_who_sounds_and_keep_gains(preset: Preset, sounding: set[str]) -> None:
    before = Remix.of(NAMES).with_gain("drums", -6).with_soloed("other", True).with_pan("bass", 0.3)
    remix = before.with_preset(preset)
    assert {name for name in NAMES if remix.sounds(name)} == sounding
    assert remix.setting("drums").gain_db == -6
    assert remix.setting("bass").pan == 0.3
    assert [other for other in Preset if remix.follows(other)] == [preset]


def test_a_solo_that_sounds_the_same_follows_the_preset() -> None:
    assert Remix.of(NAMES).with_soloed("vocals", True).follows(Preset.A_CAPPELLA)


def test_values_are_kept_within_what_there_is() -> None:
    remix = Remix.of(NAMES).with_gain("bass", 99).with_pan("bass", -3).with_master(-200)
    assert (remix.setting("bass").gain_db, remix.setting("bass").pan) == (GAIN_MAX_DB, -1.0)
    assert remix.master_db == GAIN_MIN_DB
    assert remix.with_gain("bass", GAIN_MIN_DB).sides("bass") == (0.0, 0.0)


def test_json_takes_a_remix_and_gives_it_back() -> None:
    remix = (
        Remix.of(NAMES).with_gain("bass", -3.5).with_pan("drums", 0.25).with_muted("other", True)
    )
    remix = remix.with_soloed("vocals", True).with_master(2.0)
    assert Remix.from_json(json.loads(json.dumps(remix.to_json()))) == remix


@pytest.mark.parametrize("value", [{}, {"stems": 3, "master_db": 0}, {"stems": [{"name": "x"}]}])
def test_json_of_something_else_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="remix"):
        Remix.from_json(value)
