"""Where a time is in a widget, and which time a place is."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from stemdesk.gui.time_view import TimeView

SIDE_PX = 6
"""Left and right of the time that is shown: the same on waveforms and on the ruler."""


class TimeAxis:
    """The time in sight over a widget's width; `whole`: the whole song, however it is zoomed."""

    def __init__(self, view: TimeView, widget: QWidget, whole: bool = False) -> None:
        self.view = view
        self._widget = widget
        self._whole = whole

    @property
    def first_s(self) -> float:
        """The time at the left edge."""
        return 0.0 if self._whole else self.view.first_s

    @property
    def span_s(self) -> float:
        """How much time is shown."""
        return self.view.length_s if self._whole else self.view.span_s

    @property
    def s_per_px(self) -> float:
        """Seconds for each logical pixel."""
        return self.span_s / max(1.0, self.area().width())

    def area(self) -> QRectF:
        """Where the time is shown."""
        return QRectF(self._widget.rect()).adjusted(SIDE_PX, 0, -SIDE_PX, 0)

    def x_of(self, seconds: float) -> float:
        """Where a time is, also left or right of what is shown."""
        area = self.area()
        share = (seconds - self.first_s) / self.span_s if self.span_s else 0.0
        return area.left() + share * area.width()

    def seconds_at(self, x: float) -> float:
        """The time at a place, within the song."""
        seconds = self.first_s + (x - self.area().left()) * self.s_per_px
        return min(self.view.length_s, max(0.0, seconds))
