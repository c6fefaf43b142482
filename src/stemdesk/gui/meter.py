"""A peak meter: a bar in dB that rises at once and falls smoothly, with the peak held above it."""

from __future__ import annotations

import math
from time import monotonic

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from stemdesk.gui import desk_words, theme

FLOOR_DB = -54.0
TOP_DB = 3.0
HOLD_S = 1.5
FALL_DB_S = 36.0
_HOT_DB = -1.0
"""From here on the guard rounds the peaks off."""
_FRAME_MS = 33
_TOLD_EVERY_S = 2.0
"""So often at most a screen reader hears of another value."""
_WIDTH_PX = 7


class Ballistics:
    """What a meter shows after the peaks it was given; times in seconds of any clock."""

    def __init__(self) -> None:
        self.bar_db = FLOOR_DB
        self.hold_db = FLOOR_DB
        self._time_s = 0.0
        self._held_s = 0.0

    def feed(self, peak: float, time_s: float) -> None:
        """A linear peak was heard."""
        self.pass_to(time_s)
        level = 20.0 * math.log10(peak) if peak > 0.0 else FLOOR_DB
        level = min(TOP_DB, max(FLOOR_DB, level))
        self.bar_db = max(self.bar_db, level)
        if level >= self.hold_db:
            self.hold_db, self._held_s = level, time_s

    def pass_to(self, time_s: float) -> None:
        """Time passes: the bar falls, and the hold once it was held long enough."""
        fall = FALL_DB_S * max(0.0, time_s - self._time_s)
        self._time_s = max(self._time_s, time_s)
        self.bar_db = max(FLOOR_DB, self.bar_db - fall)
        if time_s - self._held_s > HOLD_S:
            self.hold_db = max(self.bar_db, self.hold_db - fall)

    @property
    def rests(self) -> bool:
        return self.bar_db <= FLOOR_DB and self.hold_db <= FLOOR_DB


class Meter(QProgressBar):
    """Vertical (or horizontal) bar. Its value, in whole dB, is what a screen reader says: it
    changes every two seconds at most."""

    def __init__(self, name: str, upright: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._upright = upright
        self._colour = ""
        self._ballistics = Ballistics()
        self._drawn: tuple[int, int] = (0, 0)
        self._told_s = 0.0
        self.setAccessibleName(name)
        self.setRange(round(FLOOR_DB), round(TOP_DB))
        self.setValue(round(FLOOR_DB))
        self.setTextVisible(False)
        # The app's style sheet makes progress bars flat; this one paints itself.
        self.setStyleSheet("QProgressBar { min-height: 0; max-height: 16777215px; }")
        expanding, fixed = QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed
        self.setSizePolicy(*((fixed, expanding) if upright else (expanding, fixed)))
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._pass)
        theme.watch().changed.connect(self.update)

    @property
    def bar_db(self) -> float:
        return self._ballistics.bar_db

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH_PX, 24) if self._upright else QSize(90, _WIDTH_PX)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def set_colour(self, colour: str) -> None:
        """Of the bar; "": green."""
        if colour != self._colour:
            self._colour = colour
            self.update()

    def show_peak(self, peak: float) -> None:
        """A linear peak is heard now."""
        if peak <= 0.0 and self._ballistics.rests:
            return
        self._ballistics.feed(peak, monotonic())
        if not self._timer.isActive():
            self._timer.start()
        self._redraw()

    def _pass(self) -> None:
        self._ballistics.pass_to(monotonic())
        self._redraw()
        self._tell()
        if self._ballistics.rests:
            self._timer.stop()

    def _redraw(self) -> None:
        """Paint again only where a whole pixel changed."""
        now = (round(self._length(self.bar_db)), round(self._length(self._ballistics.hold_db)))
        if now != self._drawn:
            self._drawn = now
            self.update()

    def _tell(self) -> None:
        now, value = monotonic(), round(self.bar_db)
        if value != self.value() and (
            now - self._told_s >= _TOLD_EVERY_S or self._ballistics.rests
        ):
            self._told_s = now
            self.setValue(value)
            self.setAccessibleDescription(desk_words.level_text(self.bar_db, FLOOR_DB))

    def _length(self, level_db: float) -> float:
        whole = self.height() if self._upright else self.width()
        return (level_db - FLOOR_DB) / (TOP_DB - FLOOR_DB) * whole

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.raised))
        hot = colours.danger
        calm = self._colour or colours.success
        top = self._length(_HOT_DB)
        bar = self._length(self.bar_db)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(self._part(0.0, min(bar, top)), QColor(calm))
        if bar > top:
            painter.fillRect(self._part(top, bar), QColor(hot))
        hold_db = self._ballistics.hold_db
        if hold_db > FLOOR_DB:
            end = self._length(hold_db)
            colour = hot if hold_db > _HOT_DB else colours.text
            painter.fillRect(self._part(max(0.0, end - 2.0), end), QColor(colour))

    def _part(self, start: float, end: float) -> QRectF:
        if self._upright:
            return QRectF(0, self.height() - end, self.width(), end - start)
        return QRectF(start, 0, end - start, self.height())
