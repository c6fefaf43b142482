from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.audio.remix import Preset, Remix
from stemdesk.gui.presets import PresetBar, presets_for
from support.stage import FOUR, SIX

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

P = Preset


@pytest.mark.parametrize(
    ("stems", "offered"),
    [
        (FOUR, tuple(Preset)),
        (SIX, tuple(Preset)),
        (("vocals", "no_vocals"), (P.ALL, P.INSTRUMENTAL, P.A_CAPPELLA)),
        (("vocals", "drums"), (P.ALL, P.INSTRUMENTAL, P.A_CAPPELLA)),
        (("drums", "other"), (P.ALL, P.NO_DRUMS, P.DRUMS_AND_BASS)),
        (("piano", "guitar"), ()),
        (("vocals",), ()),
        ((), ()),
    ],
)
def test_presets_that_make_sense(stems: tuple[str, ...], offered: tuple[Preset, ...]) -> None:
    assert presets_for(stems) == offered


@pytest.fixture
def bar(qtbot: QtBot) -> PresetBar:
    made = PresetBar()
    qtbot.addWidget(made)
    made.show_stems(FOUR)
    made.show()
    return made


def test_one_click(qtbot: QtBot, bar: PresetBar) -> None:
    with qtbot.waitSignal(bar.chosen) as chosen:
        bar.buttons[P.A_CAPPELLA].click()
    assert chosen.args == [P.A_CAPPELLA]


def test_what_is_heard_is_checked(bar: PresetBar) -> None:
    def checked() -> list[Preset]:
        return [preset for preset, button in bar.buttons.items() if button.isChecked()]

    bar.show_remix(Remix())
    assert checked() == []
    remix = Remix.of(FOUR)
    bar.show_remix(remix)
    assert checked() == [P.ALL]
    bar.show_remix(remix.with_muted("vocals", True).with_gain("bass", -9.0))
    assert checked() == [P.INSTRUMENTAL]
    bar.show_remix(remix.with_soloed("vocals", True))
    assert checked() == [P.A_CAPPELLA]
    bar.show_remix(remix.with_muted("other", True))
    assert checked() == []


def test_it_hides_where_there_is_nothing_to_offer(bar: PresetBar) -> None:
    bar.show_stems(("vocals", "no_vocals"))
    assert bar.buttons[P.INSTRUMENTAL].isVisible()
    assert not bar.buttons[P.NO_DRUMS].isVisible()
    bar.show_stems(())
    assert not bar.isVisible()
