from __future__ import annotations

import json

import pytest

from stemdesk.audio.listening import KEY_MAX, SPEED_MAX, Listening
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
