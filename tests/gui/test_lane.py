from __future__ import annotations

import contextlib

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from stemdesk.audio.peaks import Pyramid
from stemdesk.audio.remix import StemSetting
from stemdesk.core.stem_colours import stem_colour
from stemdesk.gui import theme
from stemdesk.gui.lane import Lane
from stemdesk.gui.time_view import TimeView

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


def test_a_waveform_tells_what_the_mouse_does(lane: Lane) -> None:
    assert "drag to loop" in lane.wave.toolTip()
    assert "Backspace" in lane.volume.toolTip() and "Backspace" in lane.pan.toolTip()


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


def test_showing_the_setting_asks_for_nothing(qtbot: QtBot, lane: Lane) -> None:
    setting = StemSetting("vocals", gain_db=-6.0, muted=True, soloed=True, pan=-0.5)
    wanted = (lane.mute_wanted, lane.solo_wanted, lane.gain_wanted, lane.pan_wanted)
    with contextlib.ExitStack() as stack:
        for signal in wanted:
            stack.enter_context(qtbot.assertNotEmitted(signal))
        lane.show_setting(setting, False)
    assert lane.mute.isChecked()
    assert lane.solo.isChecked()
    assert (lane.volume.amount, lane.pan.amount) == (-6.0, -50.0)


def test_volume_and_pan_are_asked_for(qtbot: QtBot, lane: Lane) -> None:
    with qtbot.waitSignal(lane.gain_wanted) as gain:
        QTest.keyClick(lane.volume, Qt.Key.Key_Left)
    with qtbot.waitSignal(lane.pan_wanted) as pan:
        QTest.keyClick(lane.pan, Qt.Key.Key_Right)
    assert (gain.args, pan.args) == (["vocals", -1.0], ["vocals", 0.05])
    assert lane.volume.accessibleName() == "Volume of vocals"
    assert lane.pan.accessibleName() == "Pan of vocals"


def test_the_grip_is_dragged(qtbot: QtBot, lane: Lane) -> None:
    grip = lane.head.grip
    with qtbot.assertNotEmitted(lane.drag_wanted):
        QTest.mousePress(grip, LEFT, pos=QPoint(5, 5))
        QTest.mouseMove(grip, QPoint(6, 5))
        QTest.mouseRelease(grip, LEFT)
        QTest.mouseMove(grip, QPoint(60, 5))
    QTest.mousePress(grip, LEFT, pos=QPoint(5, 5))
    with qtbot.waitSignal(lane.drag_wanted) as wanted:
        QTest.mouseMove(grip, QPoint(60, 5))
    assert wanted.args == ["vocals"]


def test_a_silent_lane_is_grey(lane: Lane) -> None:
    pyramid = Pyramid(100, 100)
    pyramid.add(0, np.full((2, 100), 0.5, np.float32))
    lane.show_pyramid(pyramid, 2.0)
    (layer,) = lane.wave.layers
    assert (layer.colour, layer.pyramid, layer.scale) == (
        theme.wave_colour("vocals"), pyramid, 2.0,
    )  # fmt: skip
    lane.show_setting(StemSetting("vocals", muted=True), False)
    assert lane.wave.layers[0].colour == theme.colours().outline
    lane.show_setting(StemSetting("vocals"), True)
    assert lane.wave.layers[0].colour == theme.wave_colour("vocals")


def test_the_strip_has_the_stems_colour(lane: Lane) -> None:
    image = lane.grab().toImage()
    assert image.pixelColor(5, 35).name() == stem_colour("vocals")


@pytest.mark.parametrize("width", [620, 838, 1500])
def test_the_head_leaves_room_for_the_waveform(qtbot: QtBot, lane: Lane, width: int) -> None:
    lane.resize(width, 60)
    qtbot.waitUntil(lambda: lane.wave.width() + lane.head.width() == width)
    assert lane.wave.width() > width * 0.4
    assert lane.volume.width() >= 90
    assert lane.name.shown_text() == "Vocals"
