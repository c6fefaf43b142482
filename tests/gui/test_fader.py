from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.audio.remix import GAIN_MAX_DB, GAIN_MIN_DB
from stemdesk.gui.fader import Fader
from stemdesk.gui.scales import KEY, PAN, SPEED, VOLUME, Scale

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

LEFT = Qt.MouseButton.LeftButton
MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def fader(qtbot: QtBot) -> Fader:
    made = Fader(VOLUME, "Volume of vocals", "Volume: {value}", 120)
    qtbot.addWidget(made)
    made.resize(200, 26)
    made.show()
    return made


def turn(fader: Fader, eighths: int) -> None:
    """The wheel, by so many eighths of a degree: 120 are a notch."""
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(50, 10), fader.mapToGlobal(QPointF(50, 10)), QPoint(), QPoint(0, eighths),
        Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(fader, event)


@pytest.mark.parametrize("scale", [VOLUME, PAN, SPEED, KEY])
def test_places_and_values_belong_together(scale: Scale) -> None:
    assert scale.share(scale.low) == pytest.approx(0.0)
    assert scale.share(scale.high) == pytest.approx(1.0)
    shares = [n / 100 for n in range(101)]
    values = [scale.value(share) for share in shares]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (scale.low, scale.high)
    for value in (scale.low, scale.neutral, scale.high, scale.neutral + 3 * scale.fine):
        assert scale.value(scale.share(value)) == pytest.approx(value)


def test_0_db_is_at_three_quarters_and_loud_values_have_room() -> None:
    assert VOLUME.share(0.0) == 0.75
    assert 0.6 < VOLUME.share(-6.0) < 0.7
    assert VOLUME.share(-20.0) > 0.35
    assert (VOLUME.low, VOLUME.high) == (GAIN_MIN_DB, GAIN_MAX_DB)


def test_dragging_follows_the_mouse_and_rests_at_0_db(qtbot: QtBot, fader: Fader) -> None:
    told: list[float] = []
    fader.chosen.connect(told.append)
    QTest.mousePress(fader, LEFT, pos=QPoint(100, 13))
    assert told[-1] == fader.amount < 0
    QTest.mouseMove(fader, QPoint(190, 13))
    assert told[-1] == GAIN_MAX_DB
    zero = round(fader._x_of(0.0))
    for x in (zero - 2, zero + 2):
        QTest.mouseMove(fader, QPoint(x, 13))
        assert told[-1] == 0.0
    QTest.mouseMove(fader, QPoint(-50, 13))
    assert told[-1] == GAIN_MIN_DB
    QTest.mouseRelease(fader, LEFT)
    count = len(told)
    QTest.mouseMove(fader, QPoint(100, 13))
    assert len(told) == count


def test_a_double_click_is_as_recorded(qtbot: QtBot, fader: Fader) -> None:
    fader.show_amount(-20.0)
    with qtbot.waitSignal(fader.chosen) as chosen:
        QTest.mouseDClick(fader, LEFT, pos=QPoint(30, 13))
    assert chosen.args == [0.0]


def test_a_notch_of_the_wheel_is_1_db(fader: Fader) -> None:
    fader.show_amount(-6.0)
    turn(fader, 120)
    assert fader.amount == -5.0
    turn(fader, -240)
    assert fader.amount == -7.0
    for _ in range(4):
        turn(fader, 30)  # a touchpad
    assert fader.amount == -6.0
    fader.setEnabled(False)
    turn(fader, 120)
    assert fader.amount == -6.0


@pytest.mark.parametrize(
    ("key", "amount"),
    [
        (Qt.Key.Key_Right, -5.0), (Qt.Key.Key_Up, -5.0), (Qt.Key.Key_Left, -7.0),
        (Qt.Key.Key_Down, -7.0), (Qt.Key.Key_PageUp, 0.0), (Qt.Key.Key_PageDown, -12.0),
        (Qt.Key.Key_Home, GAIN_MIN_DB), (Qt.Key.Key_End, GAIN_MAX_DB),
        (Qt.Key.Key_Backspace, 0.0),
    ],
)  # fmt: skip
def test_keys(fader: Fader, key: Qt.Key, amount: float) -> None:
    fader.show_amount(-6.0)
    QTest.keyClick(fader, key)
    assert fader.amount == amount


def test_showing_asks_for_nothing(qtbot: QtBot, fader: Fader) -> None:
    with qtbot.assertNotEmitted(fader.chosen):
        fader.show_amount(-12.5)
        fader.show_amount(99.0)
    assert fader.amount == GAIN_MAX_DB


@pytest.mark.parametrize(
    ("scale", "value", "words"),
    [
        (VOLUME, -6.0, f"{MINUS}6.0 dB"), (VOLUME, 3.5, "+3.5 dB"), (VOLUME, 0.0, "0.0 dB"),
        (VOLUME, -60.0, "silent"), (PAN, 0.0, "in the middle"), (PAN, -30.0, "30 % left"),
        (PAN, 100.0, "100 % right"), (SPEED, 80.0, "80 %"), (KEY, -1.0, f"{MINUS}1 semitone"),
        (KEY, 3.0, "+3 semitones"),
    ],
)  # fmt: skip
def test_values_are_told_in_words(qtbot: QtBot, scale: Scale, value: float, words: str) -> None:
    made = Fader(scale, "Volume", "Now: {value}", 90)
    qtbot.addWidget(made)
    made.show_amount(value)
    assert made.accessibleDescription() == words
    assert made.toolTip() == f"Now: {words}"


def test_a_screen_reader_says_and_moves_it(qtbot: QtBot, fader: Fader) -> None:
    fader.show_amount(-6.4)
    interface = QAccessible.queryAccessibleInterface(fader)
    assert interface.role() is QAccessible.Role.Slider
    assert interface.text(QAccessible.Text.Name) == "Volume of vocals"
    assert fader.value() == -6
    with qtbot.waitSignal(fader.chosen) as chosen:
        fader.setValue(-9)  # what its value interface does
    assert chosen.args == [-9.0]
    assert fader.amount == -9.0


def test_the_handle_stands_where_the_value_is(qtbot: QtBot, fader: Fader) -> None:
    fader.set_colour("#ff0000")
    fader.clearFocus()
    for amount in (-20.0, 0.0, 12.0):
        fader.show_amount(amount)
        image = fader.grab().toImage()
        x = round(fader._x_of(amount))
        assert image.pixelColor(x, 13).red() > 200  # the handle's own ground
        assert image.pixelColor(round(fader._groove().left()) + 2, 13).name() == "#ff0000"
