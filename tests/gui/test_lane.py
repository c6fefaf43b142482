from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from stemdesk.audio.peaks import Pyramid
from stemdesk.gui import theme
from stemdesk.gui.lane import Lane
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.waveform import Layer

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

LEFT, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def lane(qtbot: QtBot) -> Lane:
    made = Lane("vocals", 4, TimeView())
    qtbot.addWidget(made)
    made.resize(800, 70)
    made.show()
    return made


def test_a_lane_is_named(lane: Lane) -> None:
    assert lane.name.text() == "Vocals"
    assert lane.mute.accessibleName() == "Mute vocals"
    assert "(4)" in lane.mute.toolTip()
    assert "Shift+4" in lane.solo.toolTip()
    assert "Alt+4" in lane.solo.toolTip()


def test_mute_and_solo_are_asked_for(qtbot: QtBot, lane: Lane) -> None:
    with qtbot.waitSignal(lane.mute_wanted) as muted:
        QTest.mouseClick(lane.mute, LEFT)
    with qtbot.waitSignal(lane.solo_wanted) as soloed:
        QTest.keyClick(lane.solo, Qt.Key.Key_Space)
    assert (muted.args, soloed.args) == (["vocals", True], ["vocals", True])


@pytest.mark.parametrize("name", ["mute", "solo"])
def test_alt_click_means_only_this(qtbot: QtBot, lane: Lane, name: str) -> None:
    button: QAbstractButton = getattr(lane, name)
    with (
        qtbot.waitSignal(lane.only_wanted) as only,
        qtbot.assertNotEmitted(lane.mute_wanted),
        qtbot.assertNotEmitted(lane.solo_wanted),
    ):
        QTest.mouseClick(button, LEFT, ALT)
    assert only.args == ["vocals"]
    assert not button.isChecked()


def test_showing_the_balance_asks_for_nothing(qtbot: QtBot, lane: Lane) -> None:
    with qtbot.assertNotEmitted(lane.mute_wanted), qtbot.assertNotEmitted(lane.solo_wanted):
        lane.show_balance(True, True, False)
    assert lane.mute.isChecked()
    assert lane.solo.isChecked()


def test_a_silent_lane_is_grey(lane: Lane) -> None:
    pyramid = Pyramid(8000)
    lane.show_pyramid(pyramid, 2.0)
    (layer,) = lane.wave.layers
    assert layer == Layer(theme.wave_colour("vocals"), pyramid, 2.0)
    lane.show_balance(True, False, False)
    assert lane.wave.layers[0].colour == theme.colours().outline
    lane.show_balance(False, False, True)
    assert lane.wave.layers[0].colour == theme.wave_colour("vocals")


def test_the_strip_has_the_stems_colour(lane: Lane) -> None:
    image = lane.grab().toImage()
    assert image.pixelColor(5, 35).name() == theme.stem_colour("vocals")


def test_the_waveform_seeks(qtbot: QtBot, lane: Lane) -> None:
    lane.wave.view.set_length(10.0)
    with qtbot.waitSignal(lane.wave.view.sought):
        QTest.mouseClick(lane.wave, LEFT, pos=QPoint(100, 20))
