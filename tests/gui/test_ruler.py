from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QColor, QPaintEvent, QRegion
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from stemdesk.gui import theme
from stemdesk.gui.ruler import Ruler, tick_step
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.wave_words import time_text
from support.mouse import drag

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view() -> TimeView:
    made = TimeView()
    made.set_length(100.0)
    return made


@pytest.fixture
def ruler(qtbot: QtBot, view: TimeView) -> Ruler:
    made = Ruler(view)
    qtbot.addWidget(made)
    made.resize(412, 26)
    made.show()
    return made


@pytest.mark.parametrize(
    ("seconds", "step", "text"),
    [
        (0.0, 10.0, "0:00"),
        (59.999, 0.5, "1:00.0"),
        (61.0, 1.0, "1:01"),
        (3599.96, 0.1, "1:00:00.0"),
        (10_800.0, 600.0, "3:00:00"),
        (75.25, 0.05, "1:15.25"),
        (-0.001, 1.0, "0:00"),
    ],
)
def test_times_are_as_precise_as_the_step(seconds: float, step: float, text: str) -> None:
    assert time_text(seconds, step) == text


@pytest.mark.parametrize(
    ("window_s", "step"), [(0.5, 0.05), (10.0, 1.0), (240.0, 30.0), (3600.0, 300.0), (10_800, 900)]
)
def test_steps_suit_the_zoom(window_s: float, step: float) -> None:
    assert tick_step(window_s / 1200, 50.0) == step


def test_no_step_is_too_narrow_for_its_text() -> None:
    for exponent in range(-20, 60):
        s_per_px = 10 ** (exponent / 10) / 1000
        step = tick_step(s_per_px, 50.0)
        assert step / s_per_px >= 50 or step == 3600


def test_a_click_seeks_and_a_drag_loops(qtbot: QtBot, ruler: Ruler, view: TimeView) -> None:
    with qtbot.waitSignal(view.sought) as sought:
        QTest.mouseClick(ruler, LEFT, pos=QPoint(106, 10))
    assert sought.args == [pytest.approx(25.0)]
    with qtbot.waitSignal(view.loop_wanted) as wanted:
        drag(ruler, 86, 100, 166)
    assert wanted.args == [pytest.approx((20.0, 40.0))]


def test_a_loop_that_is_dragged_past_an_edge_stays_in_sight(ruler: Ruler, view: TimeView) -> None:
    view.zoom(2.5, 0.0)  # 40 s in 400 px
    drag(ruler, 306, 350, 426)
    assert (view.first_s, view.last_s) == pytest.approx((2.0, 42.0))
    assert view.loop == pytest.approx((30.0, 42.0))
    drag(ruler, 100, 60, -300)  # farther than the song begins
    assert view.first_s == 0.0
    assert view.loop == pytest.approx((0.0, 11.4))


@pytest.mark.parametrize(
    ("taken", "to", "loop"),
    [(89, 46, (10.0, 40.0)), (164, 206, (20.0, 50.0)), (86, 206, (40.0, 50.0))],
)
def test_an_end_that_is_dragged_moves_alone(
    qtbot: QtBot, ruler: Ruler, view: TimeView, taken: int, to: int, loop: tuple[float, float]
) -> None:
    view.set_loop((20.0, 40.0))
    with qtbot.waitSignal(view.loop_wanted) as wanted:
        drag(ruler, taken, to)
    assert wanted.args == [pytest.approx(loop)]


def test_taking_an_end_and_letting_it_go_changes_nothing(
    qtbot: QtBot, ruler: Ruler, view: TimeView
) -> None:
    view.set_loop((20.0, 40.0))
    with qtbot.assertNotEmitted(view.loop_wanted), qtbot.assertNotEmitted(view.sought):
        QTest.mouseClick(ruler, LEFT, pos=QPoint(86, 10))


def test_a_double_click_removes_the_loop(qtbot: QtBot, ruler: Ruler, view: TimeView) -> None:
    view.set_loop((20.0, 40.0))
    with qtbot.assertNotEmitted(view.loop_wanted):
        QTest.mouseDClick(ruler, LEFT, pos=QPoint(300, 10))  # beside it
    with qtbot.waitSignal(view.loop_wanted) as wanted:
        QTest.mouseDClick(ruler, LEFT, pos=QPoint(120, 10))
    assert wanted.args == [None]


def test_the_loop_and_the_playhead_are_drawn(ruler: Ruler, view: TimeView) -> None:
    view.set_loop((20.0, 40.0))
    view.set_playhead(75.0)
    image = ruler.grab().toImage()
    accent, text = QColor(theme.colours().accent).rgb(), QColor(theme.colours().text).rgb()
    assert image.pixel(87, 2) == accent
    assert image.pixel(164, 2) == accent
    assert any(image.pixel(x, 20) == text for x in range(303, 310))


def test_times_stand_where_they_are(ruler: Ruler, view: TimeView) -> None:
    """The large ticks of 0, 20, 40 … s are a fifth of the width apart."""
    image = ruler.grab().toImage()
    background = image.pixel(411, 1)
    row = image.height() - 6  # above the small ones
    step = tick_step(ruler.axis.s_per_px, ruler.fontMetrics().horizontalAdvance("0:00:00"))
    ticks = [x for x in range(412) if image.pixel(x, row) != background]
    for number in range(int(100 / step) + 1):
        assert any(abs(x - (6 + number * step * 4)) <= 1 for x in ticks), number


def test_without_a_song_it_is_empty(qtbot: QtBot) -> None:
    view = TimeView()
    ruler = Ruler(view)
    qtbot.addWidget(ruler)
    ruler.grab()
    with qtbot.assertNotEmitted(view.loop_wanted):
        QTest.mouseDClick(ruler, LEFT, pos=QPoint(30, 10))


def test_the_old_playhead_is_painted_over(qtbot: QtBot, ruler: Ruler, view: TimeView) -> None:
    class Painted(QObject):
        region = QRegion()

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                self.region = self.region.united(event.region())
            return False

    qtbot.waitUntil(ruler.isVisible)
    QTest.qWaitForWindowExposed(ruler)
    ruler.repaint()  # nothing is left to be painted
    painted = Painted()
    ruler.installEventFilter(painted)
    x = round(ruler.axis.x_of(0.0))
    view.set_playhead(50.0)
    middle = round(ruler.axis.x_of(50.0))
    qtbot.waitUntil(lambda: painted.region.contains(QPoint(middle, 20)))
    assert all(painted.region.contains(QPoint(x + aside, 20)) for aside in (-5, 0, 5))


def test_no_time_stands_under_a_flag_of_the_loop(ruler: Ruler, view: TimeView) -> None:
    assert ruler._beside_flags(100.0, 40.0) == 100.0  # there is no loop
    view.set_loop((20.0, 40.0))
    for begin, end in ruler._flags():
        for at in (begin - 39.0, begin, end - 1.0):
            moved = ruler._beside_flags(at, 40.0)
            assert moved >= end or moved + 40.0 <= begin
        assert ruler._beside_flags(begin - 45.0, 40.0) == begin - 45.0
