from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter
from pytestqt.qtbot import QtBot

from stemdesk.gui.row_paint import paint_line

LINE = QSize(200, 60)


def painted(text: str, width: int) -> list[str]:
    """The rows of pixels that are so wide and not empty."""
    image = QImage(LINE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    height = painter.fontMetrics().height()
    paint_line(painter, QRect(QPoint(0, 20), QSize(LINE.width(), height)), text)
    painter.end()
    rows = [[image.pixel(x, y) & 0xFFFFFF for x in range(width)] for y in range(LINE.height())]
    return ["".join(map(str, row)) for row in rows if set(row) != {0xFFFFFF}]


@pytest.mark.parametrize("text", ["g 日本語", "g أغنية", "g x"])
def test_no_letter_is_cut_beside_those_of_another_font(qtbot: QtBot, text: str) -> None:
    alone = painted("g", 7)
    assert alone and painted(text, 7) == alone


def test_what_does_not_fit_is_shortened(qtbot: QtBot) -> None:
    long = painted("many words " * 20, LINE.width())
    assert long == painted("many words " * 40, LINE.width())
