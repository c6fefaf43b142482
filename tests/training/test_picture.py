from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from picture import HIGH_HZ, LOW_HZ, SHADES, image_of, picture, spectrogram

RATE = 44100


@pytest.mark.parametrize("hertz", [60.0, 440.0, 9000.0])
def test_a_sine_is_a_line_at_its_pitch(hertz: float) -> None:
    wave = np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE)
    levels = spectrogram(np.stack((wave, wave)).astype(np.float32), columns=20, rows=84)
    assert levels.shape == (84, 20)
    column = levels[:, 10]
    place = np.log(HIGH_HZ / hertz) / np.log(HIGH_HZ / LOW_HZ) * 84
    assert abs(np.argmax(column) + 0.5 - place) < 2
    assert column.max() == pytest.approx(0, abs=1.5)
    assert column[0] < -60


def test_loud_is_light_and_silence_dark(qtbot: QtBot) -> None:
    image = image_of(np.array([[-10.0, -500.0]]), top_db=-10)
    light, dark = (QColor(image.pixel(x, 0)).lightness() for x in (0, 1))
    assert image.colorCount() == SHADES
    assert light > 200
    assert dark < 30


def test_the_picture_is_a_small_file_and_changes_with_the_stems(
    tmp_path: Path, qtbot: QtBot
) -> None:
    random = np.random.RandomState(0)
    names = ("drums", "bass", "other", "vocals")
    true = {name: random.normal(0, 0.1, (2, RATE)).astype(np.float32) for name in names}
    image = picture("A song", true, {name: np.float32(0.5) * true[name] for name in names})
    other = picture("A song", true, true)
    assert image.width() == 1400
    assert image != other
    path = tmp_path / "picture.png"
    assert image.save(str(path), quality=0)
    assert path.stat().st_size < 300_000
    assert QImage(str(path)).size() == image.size()
