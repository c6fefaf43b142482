from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from stemdesk.audio.peaks import Pyramid
from stemdesk.gui import theme
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.waveform import Layer, Waveform
from support.mouse import drag, mouse, wheel

RATE = 1280  # ten buckets of the base level in a second
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
BLUE = "#0000ff"


@pytest.fixture
def view() -> TimeView:
    made = TimeView()
    made.set_length(100.0)
    return made


@pytest.fixture
def wave(qtbot: QtBot, view: TimeView) -> Waveform:
    made = Waveform("Position", "Click", True, view)
    qtbot.addWidget(made)
    made.resize(412, 60)  # 400 between the margins
    made.show()
    return made


def sounding(height: float, first_s: float = 0.0, last_s: float = 100.0) -> Pyramid:
    made = Pyramid(RATE)
    frames = round((last_s - first_s) * RATE)
    made.add(round(first_s * RATE), np.array([[-height], [height]], np.float32).repeat(frames, 1))
    return made


def image_of(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def columns_of(image: QImage, colour: str, y: int = 30) -> list[int]:
    wanted = QColor(colour).rgb()
    return [x for x in range(image.width()) if image.pixel(x, y) == wanted]


def pale(colour: str) -> str:
    return theme.mixed(colour, theme.colours().well, 0.42)


# What the mouse does


def test_a_click_seeks(wave: Waveform, view: TimeView) -> None:
    sought: list[float] = []
    view.sought.connect(sought.append)
    for x in (206, 6, 406, 0, 411):
        QTest.mouseClick(wave, LEFT, pos=QPoint(x, 20))
    assert sought == pytest.approx([50.0, 0.0, 100.0, 0.0, 100.0])


def test_a_trembling_click_seeks(qtbot: QtBot, wave: Waveform, view: TimeView) -> None:
    with qtbot.waitSignal(view.sought), qtbot.assertNotEmitted(view.loop_wanted):
        drag(wave, 206, 211, 204)


def test_a_drag_is_a_loop(qtbot: QtBot, wave: Waveform, view: TimeView) -> None:
    with qtbot.waitSignal(view.loop_wanted) as wanted, qtbot.assertNotEmitted(view.sought):
        drag(wave, 306, 200, 106)
    assert wanted.args == [pytest.approx((25.0, 75.0))]


def test_the_right_button_does_not_seek(qtbot: QtBot, wave: Waveform, view: TimeView) -> None:
    with qtbot.assertNotEmitted(view.sought):
        QTest.mouseClick(wave, Qt.MouseButton.RightButton, pos=QPoint(206, 20))


def test_the_middle_button_moves_the_song(qtbot: QtBot, wave: Waveform, view: TimeView) -> None:
    view.zoom(4.0, 50.0)
    with qtbot.assertNotEmitted(view.sought):
        drag(wave, 306, 206, button=MIDDLE)
    assert view.first_s == pytest.approx(37.5 + 6.25)
    assert not view.following


def test_the_wheel_zooms_with_ctrl(wave: Waveform, view: TimeView) -> None:
    assert wheel(wave, 1, x=106, modifiers=Qt.KeyboardModifier.ControlModifier)
    assert view.span_s == pytest.approx(80.0)
    assert wave.axis.seconds_at(106) == pytest.approx(25.0)
    assert wheel(wave, -3, x=106, modifiers=Qt.KeyboardModifier.ControlModifier)
    assert not view.zoomed


def test_the_wheel_scrolls_what_is_zoomed_and_else_what_lies_around(
    wave: Waveform, view: TimeView
) -> None:
    assert not wheel(wave, -1)
    view.zoom(10.0, 0.0)
    assert wheel(wave, -1)
    assert view.first_s == pytest.approx(1.0)
    assert wheel(wave, -1, modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert view.first_s == pytest.approx(2.0)
    assert wheel(wave, 0, pixels=QPoint(-40, 3))
    assert view.first_s == pytest.approx(3.0)


# A slider


def test_following_the_player_seeks_nothing(qtbot: QtBot, wave: Waveform, view: TimeView) -> None:
    with qtbot.assertNotEmitted(view.sought):
        view.set_playhead(42.9)
        view.set_length(50.0)
    assert wave.value() == 42


def test_keys_move_the_playhead(wave: Waveform, view: TimeView) -> None:
    view.set_playhead(42.0)
    sought: list[float] = []
    view.sought.connect(sought.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_End, Qt.Key.Key_Home):
        QTest.keyClick(wave, key)
    assert sought == [47.0, 62.0, 100.0, 0.0]


def test_screen_readers_see_a_slider(wave: Waveform, view: TimeView) -> None:
    view.set_playhead(42.0)
    interface = QAccessible.queryAccessibleInterface(wave)
    assert interface is not None
    assert interface.role() is QAccessible.Role.Slider
    assert interface.text(QAccessible.Text.Name) == "Position"
    assert (wave.minimum(), wave.value(), wave.maximum()) == (0, 42, 100)


def test_a_day_of_audio_fits(wave: Waveform, view: TimeView) -> None:
    view.set_length(24 * 3600.0)
    view.set_playhead(24 * 3600.0 - 1)
    assert wave.value() == 86_399


# What is drawn


def test_the_played_part_is_brighter(wave: Waveform, view: TimeView) -> None:
    wave.set_layers([Layer(BLUE, sounding(1.0))])
    view.set_playhead(25.0)
    image = image_of(wave)
    played, unplayed = columns_of(image, BLUE, 20), columns_of(image, pale(BLUE), 20)
    assert (len(played), len(unplayed)) == pytest.approx((99, 299), abs=2)
    assert max(played) < min(unplayed)


def test_the_playhead_is_at_its_place(wave: Waveform, view: TimeView) -> None:
    view.set_playhead(50.0)
    columns = columns_of(image_of(wave), theme.colours().text, 10)
    assert columns
    assert max(abs(x + 0.5 - 206) for x in columns) <= 1


def test_a_silent_song_is_a_line(wave: Waveform, view: TimeView) -> None:
    wave.set_layers([Layer(BLUE, sounding(0.0))])
    view.set_playhead(100.0)
    image = image_of(wave)
    column = [image.pixelColor(200, y) for y in range(8, 52)]  # without the border
    assert 1 <= sum(pixel.blue() > pixel.red() + 60 for pixel in column) <= 3


def test_only_what_is_in_sight_is_drawn(wave: Waveform, view: TimeView) -> None:
    wave.set_layers([Layer(BLUE, sounding(1.0, 40.0, 45.0))])
    assert columns_of(image_of(wave), pale(BLUE)) == list(range(166, 186))
    view.zoom(10.0, 42.5)  # 5 s are half of what is in sight
    assert len(columns_of(image_of(wave), pale(BLUE))) == 200


def test_heights_are_the_samples_times_the_scale(wave: Waveform) -> None:
    wave.set_layers([Layer(BLUE, sounding(0.25), 2.0)])
    image = image_of(wave)
    rows = [y for y in range(60) if image.pixel(300, y) == QColor(pale(BLUE)).rgb()]
    assert (min(rows), max(rows)) == (17, 42)  # half of the 50 rows, rounded outwards


def test_unfinished_parts_show_the_original_hatched(wave: Waveform, view: TimeView) -> None:
    wave.set_layers([Layer(BLUE, sounding(1.0))])
    wave.set_finished([(0.0, 25.0), (75.0, 100.0)], sounding(0.5))
    image = image_of(wave)
    assert columns_of(image, pale(BLUE)) == [*range(7, 106), *range(306, 406)]
    inside = {image.pixelColor(x, 30).name() for x in range(106, 306)}
    above = {image.pixelColor(x, 9).name() for x in range(106, 306)}
    assert len(inside) == 2  # on a stripe and between two
    assert len(above) == 2
    assert theme.colours().well in above
    assert inside.isdisjoint(above)
    wave.set_finished(None, None)
    assert len(columns_of(image_of(wave), pale(BLUE))) == 399


def test_finished_parts_that_are_not_read_yet_look_unfinished(wave: Waveform) -> None:
    wave.set_layers([Layer(BLUE, sounding(1.0, 0.0, 10.0))])
    wave.set_finished([(0.0, 50.0)], sounding(0.5))
    image = image_of(wave)
    assert columns_of(image, pale(BLUE)) == list(range(7, 46))  # the playhead is at 6
    shown = [{image.pixel(x, 30) for x in part} for part in (range(46, 206), range(206, 406))]
    assert shown[0] == shown[1]
    assert len(shown[0]) == 2


def test_the_loop_is_shaded(wave: Waveform, view: TimeView) -> None:
    before = image_of(wave)
    view.set_loop((25.0, 50.0))
    after = image_of(wave)
    changed = [x for x in range(412) if before.pixel(x, 10) != after.pixel(x, 10)]
    assert (changed[0], changed[-1]) == pytest.approx((106, 206), abs=1)


def test_the_time_under_the_mouse_is_shown(wave: Waveform) -> None:
    before = image_of(wave)
    mouse(wave, QEvent.Type.MouseMove, 206, Qt.MouseButton.NoButton)
    assert image_of(wave) != before
    QApplication.sendEvent(wave, QEvent(QEvent.Type.Leave))
    assert image_of(wave) == before


def test_scrolling_draws_only_what_is_new_and_the_same(wave: Waveform, view: TimeView) -> None:
    rng = np.random.default_rng(1)
    pyramid = Pyramid(RATE)
    pyramid.add(0, rng.uniform(-1, 1, (2, 100 * RATE)).astype(np.float32))
    wave.set_layers([Layer(BLUE, pyramid)])
    wave.set_finished([(0.0, 40.0), (50.0, 58.0)], pyramid)
    view.zoom(5.0, 30.0)
    for seconds in (0.5, 0.3, 7.0, -2.0, -0.05, 60.0, -30.0):
        image_of(wave)
        assert wave._picture is not None
        before = wave._picture.filled
        view.scroll(seconds)
        scrolled = image_of(wave)
        assert wave._picture.filled - before <= abs(seconds) * 20 + 1
        wave.redraw()
        assert image_of(wave) == scrolled


def test_the_playhead_draws_no_waveform(wave: Waveform, view: TimeView) -> None:
    wave.set_layers([Layer(BLUE, sounding(0.5))])
    image_of(wave)
    picture = wave._picture
    assert picture is not None
    drawn = picture.filled
    view.set_playhead(70.0)
    image_of(wave)
    assert wave._picture is picture
    assert picture.filled == drawn


def test_another_scheme_is_drawn_anew(wave: Waveform) -> None:
    wave.set_layers([Layer(BLUE, sounding(0.5))])
    image_of(wave)
    before = wave._picture
    theme.watch().changed.emit()
    image_of(wave)
    assert wave._picture is not before


def test_on_a_fine_screen_there_is_a_column_for_each_of_its_pixels(
    wave: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave.set_layers([Layer(BLUE, sounding(0.5))])
    image_of(wave)
    monkeypatch.setattr(wave, "devicePixelRatioF", lambda: 2.0)
    image_of(wave)
    assert wave._picture is not None
    assert wave._picture.size == (800, 100, 2.0)


def test_without_a_length_nothing_breaks(qtbot: QtBot) -> None:
    view = TimeView()
    wave = Waveform("Empty", "", False, view)
    qtbot.addWidget(wave)
    wave.set_layers([Layer(BLUE, sounding(0.5))])
    view.set_playhead(3.0)
    wave.grab()
    QTest.mouseClick(wave, LEFT, pos=QPoint(20, 20))
    assert not wheel(wave, 1)
    assert wave.focusPolicy() is Qt.FocusPolicy.NoFocus


@pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's
def test_a_tiny_lane_breaks_nothing(wave: Waveform) -> None:
    wave.set_layers([Layer(BLUE, sounding(0.5))])
    wave.setMinimumSize(1, 1)
    wave.resize(5, 5)
    wave.grab()
