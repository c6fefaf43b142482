"""The model card's picture: spectrograms of a song, its separated stems and the true ones.

    python picture.py TARGET.png [MODEL_FOLDER] [--song NAME] [--cache FOLDER]

The demo song, or one of the held-out songs by name (heldout.py).
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, qRgb

import heldout
from demo_sdr import split_demo
from sdr import windowed_sdr
from stemdesk_app import App, Samples

RATE = 44100
WIDTH, PANEL, HIGH = 1400, 610, 168  # the picture's; a panel's width and height
LEFT, TOP, GAP, BETWEEN = 84, 66, 26, 40
LOW_HZ, HIGH_HZ, RANGE_DB = 40.0, 16000.0, 72.0
SHADES, CELL = 28, 2  # few shades and cells of two by two points: a small file
TICKS_HZ = ((100, "100 Hz"), (1000, "1 kHz"), (10000, "10 kHz"))
NAMES = {"drums": "Drums", "bass": "Bass", "other": "Other", "vocals": "Vocals"}

_PAPER, _INK, _FAINT = QColor("#ffffff"), QColor("#1d2430"), QColor("#5d6675")
# From quiet to loud: night blue, violet, red, orange, cream.
_SCALE = (
    (8, 10, 30),
    (62, 20, 104),
    (150, 36, 110),
    (222, 73, 72),
    (250, 146, 50),
    (253, 240, 180),
)

Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """One spectrogram: its title and its sound, float32 [2, frames]."""

    title: str
    sound: Samples


def spectrogram(sound: Samples, columns: int, rows: int) -> Levels:
    """Decibels [rows, columns] of float32 [2, frames]: time to the right, `LOW_HZ` at the bottom to
    `HIGH_HZ` at the top on a logarithmic axis; a whole sine at full scale has about 0."""
    window = 4096
    mono = np.pad(sound.mean(axis=0), window // 2)
    starts = np.linspace(0, len(mono) - window, columns).astype(int)
    shape = np.hanning(window)
    power = np.empty((window // 2 + 1, columns))
    for column, start in enumerate(starts):
        piece = np.fft.rfft(mono[start : start + window] * shape) * 2 / shape.sum()
        power[:, column] = np.abs(piece) ** 2
    bounds = np.geomspace(HIGH_HZ, LOW_HZ, rows + 1) * window / RATE  # in bins
    levels = np.empty((rows, columns))
    for row, (high, low) in enumerate(pairwise(bounds)):
        first, end = int(np.ceil(low)), int(np.floor(high)) + 1
        if first < end:
            levels[row] = power[first:end].max(axis=0)
        else:  # between two bins
            below, part = int(low), (low + high) / 2 - int(low)
            levels[row] = (1 - part) * power[below] + part * power[below + 1]
    return np.asarray(10 * np.log10(levels + 1e-12))


def palette() -> list[int]:
    """`SHADES` colours from quiet to loud, as Qt's RGB values."""
    places = np.linspace(0, len(_SCALE) - 1, SHADES)
    knots = np.arange(len(_SCALE))
    channels = [np.interp(places, knots, column) for column in zip(*_SCALE, strict=True)]
    return [qRgb(round(r), round(g), round(b)) for r, g, b in zip(*channels, strict=True)]


def image_of(levels: Levels, top_db: float) -> QImage:
    """The levels from `top_db` down to `RANGE_DB` below it, as a picture of [rows, columns]."""
    shade = (levels - top_db + RANGE_DB) / RANGE_DB * (SHADES - 1)
    indices = np.clip(np.round(shade), 0, SHADES - 1).astype(np.uint8)
    rows, columns = indices.shape
    data = np.ascontiguousarray(indices).tobytes()
    image = QImage(data, columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(palette())
    return image.copy()  # `data` is not kept


class Sheet:
    """The picture while it is being drawn. All panels have one scale of levels."""

    def __init__(self, title: str, rows: int, top_db: float) -> None:
        self._top_db = top_db
        height = TOP + rows * (HIGH + GAP + 22) + 46
        self.image = QImage(WIDTH, height, QImage.Format.Format_RGB32)
        self.image.fill(_PAPER)
        self._painter = QPainter(self.image)
        self._text(QRect(LEFT, 10, WIDTH - 2 * LEFT, 34), title, 21, _INK, bold=True)

    def draw(self, panel: Panel, row: int, column: int, wide: bool = False) -> None:
        """A panel with its title and axes; `wide`: over both columns."""
        x = LEFT + column * (PANEL + BETWEEN)
        y = TOP + row * (HIGH + GAP + 22)
        width = 2 * PANEL + BETWEEN if wide else PANEL
        self._text(QRect(x, y - 4, width, 22), panel.title, 14, _INK, bold=True)
        box = QRect(x, y + 22, width, HIGH)
        levels = spectrogram(panel.sound, width // CELL, HIGH // CELL)
        self._painter.drawImage(box, image_of(levels, self._top_db))
        self._axes(box, panel.sound.shape[1] / RATE, labelled=column == 0)

    def _axes(self, box: QRect, seconds: float, labelled: bool) -> None:
        painter = self._painter
        painter.setPen(_FAINT)
        for hertz, name in TICKS_HZ:
            part = np.log(HIGH_HZ / hertz) / np.log(HIGH_HZ / LOW_HZ)
            y = box.top() + round(part * box.height())
            painter.drawLine(box.left() - 5, y, box.left() - 1, y)
            if labelled:
                place = QRect(0, y - 9, box.left() - 9, 18)
                self._text(place, name, 12, _FAINT, Qt.AlignmentFlag.AlignRight)
        for second in range(0, int(seconds) + 1, 5):
            x = box.left() + round(second / seconds * box.width())
            painter.drawLine(x, box.bottom() + 1, x, box.bottom() + 5)
            place = QRect(x - 30, box.bottom() + 5, 60, 17)
            self._text(place, f"{second} s", 12, _FAINT, Qt.AlignmentFlag.AlignHCenter)

    def finish(self) -> QImage:
        """Draw the scale of levels below everything; the picture, in few colours."""
        painter, y = self._painter, self.image.height() - 34
        for index, colour in enumerate(palette()):
            painter.fillRect(QRectF(LEFT + index * 10, y, 10, 14), QColor(colour))
        text = f"{self._top_db - RANGE_DB:.0f} to {self._top_db:.0f} dB, the same in every panel"
        self._text(QRect(LEFT + SHADES * 10 + 12, y - 2, 600, 18), text, 12, _FAINT)
        painter.end()
        greys = [qRgb(grey, grey, grey) for grey in range(0, 256, 5)]
        inks = [colour.rgb() for colour in (_PAPER, _INK, _FAINT)]
        flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
        return self.image.convertToFormat(
            QImage.Format.Format_Indexed8, palette() + greys + inks, flags
        )

    def _text(
        self,
        place: QRect,
        text: str,
        points: int,
        colour: QColor,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        bold: bool = False,
    ) -> None:
        font = QFont("DejaVu Sans")
        font.setPixelSize(points)
        font.setBold(bold)
        self._painter.setFont(font)
        self._painter.setPen(colour)
        self._painter.drawText(place, align | Qt.AlignmentFlag.AlignVCenter, text)


def picture(title: str, true: dict[str, Samples], found: dict[str, Samples]) -> QImage:
    """The mix over two columns, then a row for each stem: separated beside true. A
    `QGuiApplication` must be there."""
    mix = heldout.mix_of(true)
    top_db = float(np.ceil(np.max(spectrogram(mix, 300, HIGH // CELL))))
    sheet = Sheet(title, len(true) + 1, top_db)
    sheet.draw(Panel("The mix", mix), 0, 0, wide=True)
    for row, (stem, sound) in enumerate(true.items(), start=1):
        ratio = windowed_sdr(sound, found[stem], RATE)
        name = NAMES.get(stem, stem)
        sheet.draw(Panel(f"{name}, separated   (SDR {ratio:.1f} dB)", found[stem]), row, 0)
        sheet.draw(Panel(f"{name}, true", sound), row, 1)
    return sheet.finish()


def main() -> None:
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    here = Path(__file__).resolve().parent.parent
    options.add_argument("target", type=Path)
    options.add_argument("model", type=Path, nargs="?", default=here, help="folder with its yaml")
    options.add_argument("--song", choices=[song.name for song in heldout.SONGS])
    options.add_argument("--cache", type=Path, help="folder that keeps the rendered songs")
    arguments = options.parse_args()
    with App(arguments.model) as app:
        if arguments.song is None:
            title = "StemDesk's demo song, split by “starter”"
            true, found = split_demo(app)
        else:
            title = f"The held-out song “{arguments.song}”, split by “starter”"
            song = next(song for song in heldout.SONGS if song.name == arguments.song)
            true = heldout.stems_of(song, arguments.cache)
            found = app.split(heldout.mix_of(true), RATE)
    _application = QGuiApplication([])
    if not picture(title, true, found).save(str(arguments.target), quality=0):
        raise SystemExit(f"{arguments.target} cannot be written")
    print(f"{arguments.target}: {arguments.target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
