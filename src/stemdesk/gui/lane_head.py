"""The left part of a lane: the stem's name and everything that changes how it sounds."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from stemdesk.audio.remix import StemSetting
from stemdesk.gui import desk_words, labels, theme
from stemdesk.gui.fader import Fader
from stemdesk.gui.grip import Grip
from stemdesk.gui.meter import Meter
from stemdesk.gui.scales import PAN, VOLUME
from stemdesk.gui.widgets import ElidedLabel

STRIP_PX = 6
_GAP_PX = 6
_VOLUME_PX = 96
_VOLUME_MAX_PX = 220
_PAN_PX = 60
_SHARE_OF_LANE = 0.36


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
        self.setToolTip(labels.native_keys(tip))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        side = max(26, self.fontMetrics().height() + 6)
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


class LaneHead(QWidget):
    """Grip, name, M, S, volume, pan, meter."""

    def __init__(self, stem: str, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stem = stem
        label = labels.stem_label(stem)
        self.grip = Grip("grip", desk_words.grip_name(stem), desk_words.GRIP_TIP, 16)
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
        self.volume = Fader(VOLUME, desk_words.volume_name(stem), desk_words.VOLUME_TIP, _VOLUME_PX)
        self.pan = Fader(PAN, desk_words.pan_name(stem), desk_words.PAN_TIP, _PAN_PX)
        self.meter = Meter(desk_words.meter_name(stem))
        theme.watch().changed.connect(self._colour)
        self._sounds = True
        self._lay_out()
        self._colour()

    def _lay_out(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(STRIP_PX + 4, 3, 8, 3)
        line.setSpacing(_GAP_PX)
        line.addWidget(self.grip)
        line.addWidget(self.name, 2)
        line.addWidget(self.mute)
        line.addWidget(self.solo)
        line.addWidget(self.volume, 3)
        line.addWidget(self.pan, 1)
        line.addSpacing(2)
        line.addWidget(self.meter)
        self.volume.setMaximumWidth(_VOLUME_MAX_PX)
        self.name.setMinimumWidth(self.name.fontMetrics().averageCharWidth() * 8)

    def width_for(self, lane_px: int) -> int:
        """How wide the head is in a lane of this width: the same for all stems."""
        name = self.name.fontMetrics().averageCharWidth() * 9
        side = self.mute.sizeHint().width()
        fixed = STRIP_PX + 12 + 16 + 2 * side + self.meter.sizeHint().width() + 6 * _GAP_PX
        least = fixed + name + _VOLUME_PX + _PAN_PX
        return max(least, min(least + 160, round(lane_px * _SHARE_OF_LANE)))

    def show_setting(self, setting: StemSetting, sounds: bool) -> None:
        """The setting as it is, and whether the stem is heard with it."""
        for button, on in ((self.mute, setting.muted), (self.solo, setting.soloed)):
            button.blockSignals(True)
            button.setChecked(on)
            button.blockSignals(False)
        self.volume.show_amount(setting.gain_db)
        self.pan.show_amount(setting.pan * 100)
        if sounds != self._sounds:
            self._sounds = sounds
            self._colour()

    def _colour(self) -> None:
        colour = theme.wave_colour(self._stem) if self._sounds else theme.colours().outline
        for part in (self.volume, self.pan, self.meter):
            part.set_colour(colour)
