from __future__ import annotations

import json

import pytest

from stemdesk.audio import sound
from stemdesk.audio.listening import KEY_MAX, LOOP_MIN_S, SPEED_MAX, SPEED_MIN, Listening
from stemdesk.audio.remix import Remix

REMIX = Remix.of(["drums", "vocals"]).with_gain("drums", -6.0).with_soloed("vocals", True)


def test_it_comes_back_through_json() -> None:
    whole = Listening(REMIX, 80.0, -3.0, (1.25, 7.5), looping=True)
    for listening in (Listening(), whole):
        assert Listening.from_json(json.loads(json.dumps(listening.to_json()))) == listening


def test_values_are_kept_within_what_there_is() -> None:
    wild = Listening(REMIX).to_json() | {"speed_percent": 900, "key_semitones": 99.0}
    listening = Listening.from_json(wild)
    assert (listening.speed_percent, listening.key_semitones) == (SPEED_MAX, KEY_MAX)


@pytest.mark.parametrize(
    "change",
    [{"loop": [3.0, 1.0]}, {"loop": [1.0]}, {"loop": "ab"}, {"remix": 3}, {"speed_percent": None}],
)
def test_nonsense_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Listening.from_json(Listening(REMIX).to_json() | change)


def test_something_missing_is_refused() -> None:
    with pytest.raises(ValueError):
        Listening.from_json({"remix": REMIX.to_json()})


def test_the_bounds_are_the_players() -> None:
    assert (SPEED_MIN, SPEED_MAX, KEY_MAX) == (sound.SPEED_MIN, sound.SPEED_MAX, sound.KEY_MAX)


def test_a_loop_is_kept_while_it_is_off() -> None:
    looped = Listening().with_loop((1.0, 2.0))
    assert looped.heard_loop == (1.0, 2.0)
    off = looped.with_loop(None)
    assert (off.heard_loop, off.loop) == (None, (1.0, 2.0))
    assert off.with_loop_toggled(9.0).heard_loop == (1.0, 2.0)
    assert Listening().with_loop_toggled(9.0).heard_loop == (0.0, 9.0)


@pytest.mark.parametrize("at_s", [0.0, 0.01, 5.0, 8.99, 9.0])
def test_ends_never_come_closer_than_the_shortest_loop(at_s: float) -> None:
    for before in (Listening(), Listening(loop=(4.0, 4.05))):
        for after in (before.with_loop_start(at_s, 9.0), before.with_loop_end(at_s)):
            assert after.loop is not None and after.looping
            start, end = after.loop
            assert start >= 0.0
            assert end - start >= LOOP_MIN_S - 1e-9
