from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from stemdesk.gui import theme
from stemdesk.gui.waveform import Layer, Waveform, outline


@pytest.fixture
def wave(qtbot: QtBot) -> Waveform:
    made = Waveform("Position", "Click", focusable=True)
    qtbot.addWidget(made)
    made.resize(412, 60)  # 400 between the margins
    made.set_length(100.0)
    made.show()
    return made


def full(height: float, buckets: int = 100) -> np.ndarray:
    return np.tile(np.array([[-height, height]], dtype=np.float32), (buckets, 1))


def count(image: QImage, colour: str) -> int:
    wanted = QColor(colour).rgb()
    return sum(
        image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height())
    )


def test_a_click_seeks(qtbot: QtBot, wave: Waveform) -> None:
    sought: list[float] = []
    wave.sought.connect(sought.append)
    for x in (206, 6, 406, 0, 411):
        QTest.mouseClick(wave, Qt.MouseButton.LeftButton, pos=QPoint(x, 20))
    assert sought == pytest.approx([50.0, 0.0, 100.0, 0.0, 100.0])


def test_dragging_seeks_along(qtbot: QtBot, wave: Waveform) -> None:
    sought: list[float] = []
    wave.sought.connect(sought.append)
    QTest.mousePress(wave, Qt.MouseButton.LeftButton, pos=QPoint(106, 20))
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(306, 20),
        QPointF(306, 20),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(wave, event)
    assert sought == pytest.approx([25.0, 75.0])


def test_the_right_button_does_not_seek(qtbot: QtBot, wave: Waveform) -> None:
    with qtbot.assertNotEmitted(wave.sought):
        QTest.mouseClick(wave, Qt.MouseButton.RightButton, pos=QPoint(206, 20))


def test_following_the_player_seeks_nothing(qtbot: QtBot, wave: Waveform) -> None:
    with qtbot.assertNotEmitted(wave.sought):
        wave.set_position(42.9)
        wave.set_length(50.0)
    assert wave.value() == 42


def test_keys_move_the_playhead(qtbot: QtBot, wave: Waveform) -> None:
    wave.set_position(42.0)
    sought: list[float] = []
    wave.sought.connect(sought.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_End, Qt.Key.Key_Home):
        QTest.keyClick(wave, key)
    assert sought == [47.0, 62.0, 100.0, 0.0]


def test_screen_readers_see_a_slider(wave: Waveform) -> None:
    wave.set_position(42.0)
    interface = QAccessible.queryAccessibleInterface(wave)
    assert interface is not None
    assert interface.role() is QAccessible.Role.Slider
    assert interface.text(QAccessible.Text.Name) == "Position"
    assert (wave.minimum(), wave.value(), wave.maximum()) == (0, 42, 100)


def test_the_played_part_is_brighter(wave: Waveform) -> None:
    wave.set_layers([Layer("#0000ff", full(1.0))])
    wave.set_position(25.0)
    image = wave.grab().toImage()
    pale = theme.mixed("#0000ff", theme.colours().well, 0.42)
    played, unplayed = count(image, "#0000ff"), count(image, pale)
    assert played == pytest.approx(unplayed / 3, rel=0.1)


def test_the_playhead_is_at_its_place(wave: Waveform) -> None:
    wave.set_position(50.0)
    image = wave.grab().toImage()
    ink = QColor(theme.colours().text).rgb()
    columns = {x for x in range(412) if image.pixel(x, 10) == ink}
    assert columns
    assert max(abs(x + 0.5 - 206) for x in columns) <= 1


def test_a_silent_song_is_a_line(wave: Waveform) -> None:
    wave.set_layers([Layer("#0000ff", full(0.0))])
    wave.set_position(100.0)
    image = wave.grab().toImage()
    column = [image.pixelColor(200, y) for y in range(8, 52)]  # without the border
    assert 1 <= sum(pixel.blue() > pixel.red() + 60 for pixel in column) <= 3


def test_without_a_length_nothing_breaks(qtbot: QtBot) -> None:
    wave = Waveform("Empty", "", focusable=False)
    qtbot.addWidget(wave)
    wave.set_position(3.0)
    wave.grab()
    assert wave.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_a_day_of_audio_fits(wave: Waveform) -> None:
    wave.set_length(24 * 3600.0)
    wave.set_position(24 * 3600.0 - 1)
    assert wave.value() == 86_399


def test_another_scheme_is_drawn_anew(qtbot: QtBot, wave: Waveform) -> None:
    wave.set_layers([Layer("#0000ff", full(0.5))])
    wave.grab()
    before = wave._drawn
    theme.watch().changed.emit()
    wave.grab()
    assert wave._drawn is not before


def test_another_screen_is_drawn_for_anew(wave: Waveform, monkeypatch: pytest.MonkeyPatch) -> None:
    wave.set_layers([Layer("#0000ff", full(0.5))])
    wave.grab()
    before = wave._drawn
    wave.grab()
    assert wave._drawn is before
    monkeypatch.setattr(wave, "devicePixelRatioF", lambda: 2.0)
    played, _ = wave._pictures()
    assert (played.devicePixelRatio(), played.width()) == (2.0, 824)


def test_outlines_keep_every_peak() -> None:
    peaks = full(0.1, 2400)
    peaks[1234] = (-0.7, 0.9)
    box = outline(peaks, QRectF(0, 0, 300, 100)).boundingRect()
    assert box.top() == pytest.approx(50 - 0.9 * 50, abs=0.01)
    assert box.bottom() == pytest.approx(50 + 0.7 * 50, abs=0.01)


def test_outlines_stay_inside() -> None:
    box = outline(full(7.0, 10), QRectF(10, 20, 300, 100)).boundingRect()
    assert QRectF(10, 20, 300, 100).contains(box)


def test_outlines_of_little_data_stretch() -> None:
    box = outline(full(0.5, 4), QRectF(0, 0, 300, 100)).boundingRect()
    assert box.width() > 200
