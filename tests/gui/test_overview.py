from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from stemdesk.audio.peaks import Pyramid
from stemdesk.gui import theme
from stemdesk.gui.overview import Overview
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.waveform import Layer
from support.mouse import drag, wheel

LEFT = Qt.MouseButton.LeftButton
RATE = 1280
BLUE, RED = "#0000ff", "#ff0000"


@pytest.fixture
def view() -> TimeView:
    made = TimeView()
    made.set_length(100.0)
    return made


@pytest.fixture
def overview(qtbot: QtBot, view: TimeView) -> Overview:
    made = Overview("Position in the song", "Click", view)
    qtbot.addWidget(made)
    made.resize(412, 70)  # 400 by 60 inside
    made.show()
    return made


def level(height: float, first_s: float = 0.0, last_s: float = 100.0) -> Pyramid:
    made = Pyramid(RATE)
    frames = round((last_s - first_s) * RATE)
    made.add(round(first_s * RATE), np.array([[-height], [height]], np.float32).repeat(frames, 1))
    return made


def rows_of(image: QImage, colour: str, x: int) -> list[int]:
    shown = QColor(theme.mixed(colour, theme.colours().well, 0.42)).rgb()
    return [y for y in range(image.height()) if image.pixel(x, y) == shown]


def test_the_stems_share_the_originals_shape(overview: Overview) -> None:
    overview.set_original(level(0.8))
    overview.set_layers([Layer(BLUE, level(0.2)), Layer(RED, level(0.6))])
    image = overview.grab().toImage()
    blue, red = rows_of(image, BLUE, 300), rows_of(image, RED, 300)
    assert (len(blue), len(red)) == pytest.approx((15, 45), abs=2)
    assert min(red) < min(blue) <= max(blue) < max(red)


def test_without_an_original_the_stems_are_added_up(overview: Overview) -> None:
    half = level(0.1, 0.0, 50.0)
    half.add(50 * RATE, np.zeros((2, 50 * RATE), np.float32))
    overview.set_layers([Layer(BLUE, level(0.1)), Layer(RED, half)])
    image = overview.grab().toImage()
    assert len(rows_of(image, BLUE, 100)) == pytest.approx(30, abs=2)
    assert len(rows_of(image, RED, 100)) == pytest.approx(30, abs=2)
    assert len(rows_of(image, BLUE, 300)) == pytest.approx(30, abs=2)
    assert not rows_of(image, RED, 300)


def test_unfinished_parts_are_the_original_hatched(overview: Overview) -> None:
    overview.set_original(level(0.8))
    overview.set_layers([Layer(BLUE, level(0.2))])
    overview.set_finished([(0.0, 25.0)])
    image = overview.grab().toImage()
    assert len(rows_of(image, BLUE, 50)) == pytest.approx(60, abs=2)
    assert not rows_of(image, BLUE, 200)
    assert len({image.pixel(x, 35) for x in range(120, 400)}) == 2  # the stripes
    overview.set_finished(None)
    assert rows_of(overview.grab().toImage(), BLUE, 200)


def test_the_original_alone_is_drawn(overview: Overview) -> None:
    before = overview.grab().toImage()
    overview.set_original(level(0.8))
    after = overview.grab().toImage()
    changed = [y for y in range(70) if before.pixel(200, y) != after.pixel(200, y)]
    assert len(changed) >= 59


def test_the_part_in_sight_is_framed(overview: Overview, view: TimeView) -> None:
    overview.set_original(level(0.8))
    view.zoom(4.0, 50.0)  # 37.5 to 62.5
    image = overview.grab().toImage()
    accent = QColor(theme.colours().accent).rgb()
    edges = [x for x in range(412) if image.pixel(x, 35) == accent]
    assert {x for x in edges if 100 < x < 200} <= {155, 156, 157}
    assert {x for x in edges if 200 < x < 300} <= {255, 256, 257}
    assert len(edges) >= 2


def test_the_whole_song_is_shown_however_it_is_zoomed(overview: Overview, view: TimeView) -> None:
    view.zoom(10.0, 50.0)
    assert overview.axis.seconds_at(6) == 0.0
    assert overview.axis.seconds_at(406) == pytest.approx(100.0)


def test_a_click_seeks(overview: Overview, view: TimeView) -> None:
    sought: list[float] = []
    view.sought.connect(sought.append)
    QTest.mouseClick(overview, LEFT, pos=QPoint(206, 20))
    view.zoom(4.0, 0.0)
    QTest.mouseClick(overview, LEFT, pos=QPoint(306, 20))
    assert sought == pytest.approx([50.0, 75.0])
    view.set_playhead(75.0)  # as the player answers
    assert view.first_s <= 75.0 <= view.last_s


def test_dragging_seeks_along_where_all_is_in_sight(overview: Overview, view: TimeView) -> None:
    sought: list[float] = []
    view.sought.connect(sought.append)
    drag(overview, 106, 306)
    assert sought == pytest.approx([25.0, 75.0])


def test_the_frame_can_be_dragged(qtbot: QtBot, overview: Overview, view: TimeView) -> None:
    view.zoom(4.0, 0.0)  # 0 to 25
    with qtbot.assertNotEmitted(view.sought):
        drag(overview, 46, 66, 146)  # from 10 s, held there, to 35 s
    assert view.first_s == pytest.approx(25.0)
    drag(overview, 326, 340, 366)  # beside it: it comes to the mouse
    assert (view.first_s + view.last_s) / 2 == pytest.approx(87.5)
    assert not view.following


def test_the_wheel_scrolls_and_zooms(overview: Overview, view: TimeView) -> None:
    assert not wheel(overview, 1)
    assert wheel(overview, 4, modifiers=Qt.KeyboardModifier.ControlModifier)
    assert view.zoomed
    before = view.first_s
    assert wheel(overview, -1)
    assert view.first_s > before


def test_keys_move_the_playhead(overview: Overview, view: TimeView) -> None:
    view.set_playhead(42.0)
    sought: list[float] = []
    view.sought.connect(sought.append)
    QTest.keyClick(overview, Qt.Key.Key_Left)
    QTest.keyClick(overview, Qt.Key.Key_Right)
    assert sought == [37.0, 42.0]
    interface = QAccessible.queryAccessibleInterface(overview)
    assert interface is not None
    assert interface.role() is QAccessible.Role.Slider
    assert interface.text(QAccessible.Text.Name) == "Position in the song"
