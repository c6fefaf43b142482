"""One stem's lane: its colour, name, mute and solo, and its waveform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from stemdesk.gui import labels, theme
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.wave_words import WAVE_TIP
from stemdesk.gui.waveform import Layer, Waveform
from stemdesk.gui.widgets import ElidedLabel

if TYPE_CHECKING:
    from stemdesk.audio.peaks import Pyramid

_STRIP_PX = 6
HEIGHT_PX = 46


class LetterButton(QToolButton):
    """M or S: a square that grows with the font. `alone`: it was Alt+clicked."""

    alone = Signal()

    def __init__(self, kind: str, letter: str, name: str, tip: str) -> None:
        super().__init__()
        self._alt = False
        self.setProperty("kind", kind)
        self.setText(letter)
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        side = max(28, self.fontMetrics().height() + 8)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        super().mouseReleaseEvent(event)
        self._alt = False

    def nextCheckState(self) -> None:
        if self._alt:
            self.alone.emit()
        else:
            super().nextCheckState()


class Lane(QFrame):
    """`mute_wanted`, `solo_wanted`: stem and whether; `only_wanted`: stem."""

    mute_wanted = Signal(str, bool)
    solo_wanted = Signal(str, bool)
    only_wanted = Signal(str)

    def __init__(
        self, stem: str, number: int, view: TimeView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.stem = stem
        self._pyramid: Pyramid | None = None
        self._scale = 1.0
        self._sounds = True
        label = labels.stem_label(stem)
        self.setAccessibleName(label)
        self.name = ElidedLabel(label)
        font = QFont(self.name.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.name.setFont(font)
        self.mute = LetterButton(
            "mute", labels.MUTE, labels.mute_name(stem), labels.mute_tip(stem, number)
        )
        self.solo = LetterButton(
            "solo", labels.SOLO, labels.solo_name(stem), labels.solo_tip(stem, number)
        )
        self.wave = Waveform(labels.wave_name(stem), WAVE_TIP, False, view)
        self.wave.setProperty("stem", stem)
        self._connect()
        self._lay_out()

    def _connect(self) -> None:
        self.mute.toggled.connect(lambda on: self.mute_wanted.emit(self.stem, on))
        self.solo.toggled.connect(lambda on: self.solo_wanted.emit(self.stem, on))
        self.mute.alone.connect(lambda: self.only_wanted.emit(self.stem))
        self.solo.alone.connect(lambda: self.only_wanted.emit(self.stem))
        theme.watch().changed.connect(self._draw)

    def _lay_out(self) -> None:
        head = QWidget()
        line = QHBoxLayout(head)
        line.setContentsMargins(_STRIP_PX + 12, 0, 12, 0)
        line.setSpacing(6)
        line.addWidget(self.name, 1)
        line.addWidget(self.mute)
        line.addWidget(self.solo)
        head.setFixedWidth(self.head_width())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 3, 0, 3)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(self.wave, 1)
        self.setMinimumHeight(HEIGHT_PX)
        self.setMaximumHeight(140)

    def head_width(self) -> int:
        text = self.fontMetrics().averageCharWidth() * 13
        return _STRIP_PX + 24 + text + 2 * self.mute.sizeHint().width() + 12

    def show_balance(self, muted: bool, soloed: bool, sounds: bool) -> None:
        """The mute and solo as they are; a stem that is not heard is drawn grey."""
        for button, on in ((self.mute, muted), (self.solo, soloed)):
            button.blockSignals(True)
            button.setChecked(on)
            button.blockSignals(False)
        if sounds != self._sounds:
            self._sounds = sounds
            self._draw()

    def show_pyramid(self, pyramid: Pyramid, scale: float) -> None:
        """The stem's peaks, as far as they are known, and what they are multiplied by."""
        self._pyramid, self._scale = pyramid, scale
        self._draw()

    def _draw(self) -> None:
        self.update()
        if self._pyramid is None:
            return
        colour = theme.wave_colour(self.stem) if self._sounds else theme.colours().outline
        self.wave.set_layers([Layer(colour, self._pyramid, self._scale)])

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme.stem_colour(self.stem) if self._sounds else theme.colours().outline
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        strip = QRectF(2, 6, _STRIP_PX, self.height() - 12)
        painter.drawRoundedRect(strip, _STRIP_PX / 2, _STRIP_PX / 2)
