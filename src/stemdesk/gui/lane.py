"""One stem's lane: its colour, its controls (`lane_head`), and its waveform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from stemdesk.audio.remix import StemSetting
from stemdesk.core.stem_colours import stem_colour
from stemdesk.gui import labels, theme
from stemdesk.gui.lane_head import STRIP_PX, LaneHead
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.wave_words import WAVE_TIP
from stemdesk.gui.waveform import Layer, Waveform

if TYPE_CHECKING:
    from stemdesk.audio.peaks import Pyramid

HEIGHT_PX = 46
COMPACT_PX = 40
"""In a window that is not high."""
_HEIGHT_MAX_PX = 320


class Lane(QFrame):
    """`mute_wanted`, `solo_wanted`: stem and whether; `only_wanted`: stem. `gain_wanted`: stem and
    dB; `pan_wanted`: stem and -1 to 1. `drag_wanted`: stem."""

    mute_wanted = Signal(str, bool)
    solo_wanted = Signal(str, bool)
    only_wanted = Signal(str)
    gain_wanted = Signal(str, float)
    pan_wanted = Signal(str, float)
    drag_wanted = Signal(str)

    def __init__(
        self, stem: str, number: int, view: TimeView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.stem, self.number = stem, number
        self._pyramid: Pyramid | None = None
        self.scale = 1.0
        self._sounds = True
        self.setAccessibleName(labels.stem_label(stem))
        self.head = LaneHead(stem, number)
        self.name, self.mute, self.solo = self.head.name, self.head.mute, self.head.solo
        self.volume, self.pan = self.head.volume, self.head.pan
        self.meter = self.head.meter
        self.wave = Waveform(labels.wave_name(stem), labels.native_keys(WAVE_TIP), False, view)
        self.wave.setProperty("stem", stem)
        self.wave.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 3, 0, 3)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.wave, 1)
        self.setMinimumHeight(HEIGHT_PX)
        self.setMaximumHeight(_HEIGHT_MAX_PX)
        self._connect()

    def _connect(self) -> None:
        stem = self.stem
        self.mute.toggled.connect(lambda on: self.mute_wanted.emit(stem, on))
        self.solo.toggled.connect(lambda on: self.solo_wanted.emit(stem, on))
        self.mute.alone.connect(lambda: self.only_wanted.emit(stem))
        self.solo.alone.connect(lambda: self.only_wanted.emit(stem))
        self.volume.chosen.connect(lambda gain_db: self.gain_wanted.emit(stem, gain_db))
        self.pan.chosen.connect(lambda percent: self.pan_wanted.emit(stem, percent / 100))
        self.head.grip.drag_wanted.connect(lambda: self.drag_wanted.emit(stem))
        theme.watch().changed.connect(self._draw)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab goes through, in order."""
        return self.mute, self.solo, self.volume, self.pan

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.head.setFixedWidth(self.head.width_for(event.size().width()))

    def show_setting(self, setting: StemSetting, sounds: bool) -> None:
        """The setting as it is; a stem that is not heard is drawn grey."""
        self.head.show_setting(setting, sounds)
        if sounds != self._sounds:
            self._sounds = sounds
            self._draw()

    def show_pyramid(self, pyramid: Pyramid, scale: float) -> None:
        """The waveform, as far as it is known, and what it is multiplied by."""
        self._pyramid, self.scale = pyramid, scale
        self._draw()

    def show_finished(
        self, ranges_s: Sequence[tuple[float, float]] | None, under: Pyramid | None
    ) -> None:
        """Elsewhere the original is heard, and drawn."""
        self.wave.set_finished(ranges_s, under)

    def _draw(self) -> None:
        self.update()
        if self._pyramid is None:
            return
        colour = theme.wave_colour(self.stem) if self._sounds else theme.colours().outline
        self.wave.set_layers([Layer(colour, self._pyramid, self.scale)])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = stem_colour(self.stem) if self._sounds else theme.colours().outline
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        strip = QRectF(2, 6, STRIP_PX, self.height() - 12)
        painter.drawRoundedRect(strip, STRIP_PX / 2, STRIP_PX / 2)
