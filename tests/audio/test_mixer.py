from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stemdesk.audio.mixer import Mixer
from stemdesk.audio.remix import Remix, StemSetting

NAMES = ("drums", "bass", "vocals")


class Steps:
    """A stem whose sample at frame f is f + offset on the left and its negative on the right."""

    def __init__(self, offset: float) -> None:
        self.offset = offset
        self.reads = 0

    def read(self, start: int, frames: int) -> NDArray[np.float32]:
        self.reads += 1
        left = np.arange(start, start + frames, dtype=np.float32) + np.float32(self.offset)
        return np.stack((left, -left))


def test_the_neutral_remix_is_the_sum_of_the_stems() -> None:
    readers = {name: Steps(offset) for offset, name in enumerate(NAMES)}
    mixed = Mixer(readers).read(100, 5, Remix.of(NAMES))
    assert mixed.dtype == np.float32
    assert mixed.tolist() == [[303, 306, 309, 312, 315], [-303, -306, -309, -312, -315]]


def test_a_stem_that_the_remix_does_not_name_is_neutral() -> None:
    assert Mixer({"drums": Steps(0)}).read(7, 1, Remix()).tolist() == [[7], [-7]]


def test_gain_is_in_decibels() -> None:
    remix = Remix((StemSetting("drums", gain_db=-20.0),)).with_setting(StemSetting("bass", 6.0))
    assert remix.gains() == pytest.approx({"drums": 0.1, "bass": 1.99526}, rel=1e-5)
    mixed = Mixer({"drums": Steps(0)}).read(50, 1, remix)
    assert mixed[0, 0] == pytest.approx(5.0)


def test_silent_stems_are_not_read() -> None:
    readers = {name: Steps(0) for name in NAMES}
    Mixer(readers).read(0, 4, Remix.of(NAMES).with_muted("bass", True))
    assert [readers[name].reads for name in NAMES] == [1, 0, 1]


def test_all_stems_muted_is_silence() -> None:
    remix = Remix.of(NAMES)
    for name in NAMES:
        remix = remix.with_muted(name, True)
    assert not Mixer({name: Steps(1) for name in NAMES}).read(0, 9, remix).any()


def test_pan_is_a_balance_that_leaves_the_middle_alone() -> None:
    remix = Remix.of(["drums"]).with_pan("drums", 0.5)
    assert Mixer({"drums": Steps(0)}).read(50, 1, remix).tolist() == [[25], [-50]]
    assert Mixer({"drums": Steps(0)}).read(50, 1, remix.with_pan("drums", -1)).tolist() == [
        [50],
        [0],
    ]
