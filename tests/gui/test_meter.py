from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.gui import meter as meter_module
from stemdesk.gui import theme
from stemdesk.gui.meter import FALL_DB_S, FLOOR_DB, HOLD_S, TOP_DB, Ballistics, Meter


def test_it_rises_at_once_and_falls_smoothly() -> None:
    meter = Ballistics()
    meter.feed(1.0, 10.0)
    assert meter.bar_db == pytest.approx(0.0)
    meter.pass_to(10.5)
    assert meter.bar_db == pytest.approx(-0.5 * FALL_DB_S)
    meter.feed(0.5, 10.5)
    assert meter.bar_db == pytest.approx(-6.02, abs=0.01)
    meter.feed(0.001, 10.5)  # quieter: the bar falls at its own pace
    assert meter.bar_db == pytest.approx(-6.02, abs=0.01)


def test_the_peak_is_held_then_falls() -> None:
    meter = Ballistics()
    meter.feed(0.5, 0.0)
    meter.pass_to(HOLD_S - 0.01)
    assert meter.hold_db == pytest.approx(-6.02, abs=0.01)
    meter.feed(0.1, HOLD_S - 0.01)
    assert meter.hold_db == pytest.approx(-6.02, abs=0.01)
    meter.pass_to(HOLD_S + 0.1)
    assert -20.0 <= meter.hold_db < -6.1
    meter.feed(1.0, HOLD_S + 0.1)
    assert meter.hold_db == pytest.approx(0.0)


def test_it_comes_to_rest() -> None:
    meter = Ballistics()
    assert meter.rests
    meter.feed(8.0, 0.0)
    assert meter.bar_db == TOP_DB
    for n in range(1, 60):
        meter.pass_to(n * 0.1)
    assert meter.rests
    assert (meter.bar_db, meter.hold_db) == (FLOOR_DB, FLOOR_DB)


@pytest.fixture
def meter(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Meter:
    monkeypatch.setattr(meter_module, "FALL_DB_S", 2000.0)
    monkeypatch.setattr(meter_module, "HOLD_S", 0.05)
    made = Meter("Level of drums")
    qtbot.addWidget(made)
    made.resize(8, 100)
    made.show()
    return made


def lit(meter: Meter, colour: str) -> int:
    """How many pixels of its middle column have the colour."""
    image = meter.grab().toImage()
    return sum(image.pixelColor(4, y).name() == colour for y in range(image.height()))


def test_the_bar_is_as_high_as_the_level(meter: Meter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_module, "monotonic", lambda: 5.0)
    meter.set_colour("#123456")
    assert lit(meter, "#123456") == 0
    meter.show_peak(0.1)
    share = (-20 - FLOOR_DB) / (TOP_DB - FLOOR_DB)
    assert lit(meter, "#123456") == pytest.approx(100 * share, abs=3)
    assert lit(meter, theme.colours().danger) == 0
    meter.show_peak(1.0)
    assert lit(meter, theme.colours().danger) > 0


def test_it_falls_by_itself_and_then_costs_nothing(qtbot: QtBot, meter: Meter) -> None:
    meter.show_peak(1.0)
    assert meter._timer.isActive()
    qtbot.waitUntil(lambda: not meter._timer.isActive())
    assert meter.bar_db == FLOOR_DB
    meter.show_peak(0.0)
    assert not meter._timer.isActive()


def test_a_screen_reader_hears_of_it_seldom(qtbot: QtBot, meter: Meter) -> None:
    told: list[int] = []
    meter.valueChanged.connect(told.append)
    meter.show_peak(0.5)
    for _ in range(50):
        meter.show_peak(0.4)
        meter._pass()
    assert len(told) <= 1
    qtbot.waitUntil(lambda: meter.value() == FLOOR_DB and not meter._timer.isActive())
    assert meter.accessibleName() == "Level of drums"
