"""The lanes of a song under their ruler, all in one column and as wide as each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from stemdesk.audio.remix import Remix
from stemdesk.gui import desk_words
from stemdesk.gui.lane import COMPACT_PX, HEIGHT_PX, Lane
from stemdesk.gui.ruler import Ruler
from stemdesk.gui.shapes import common_scale
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.widgets import muted
from stemdesk.gui.zoom_bar import ZoomBar

if TYPE_CHECKING:
    from stemdesk.audio.peaks import Pyramid

_LEFT_PX = 12
_RIGHT_PX = 10

Ranges = Sequence[tuple[float, float]]


class Lanes(QFrame):
    """`made`: a `Lane` that somebody has to listen to."""

    made = Signal(object)

    def __init__(self, view: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._view = view
        self._lanes: list[Lane] = []
        self._lane_px = HEIGHT_PX
        self.zoom = ZoomBar(view)
        self.ruler = Ruler(view)
        self.unknown = muted(desk_words.STEMS_UNKNOWN)
        self.unknown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.unknown.setWordWrap(True)
        self._holder = QWidget()
        self._box = QVBoxLayout(self._holder)
        self._box.setContentsMargins(_LEFT_PX, 2, _RIGHT_PX, 4)
        self._box.setSpacing(0)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._holder)
        self._top = QHBoxLayout()
        self._top.setContentsMargins(_LEFT_PX, 0, _RIGHT_PX, 0)
        self._top.setSpacing(0)
        self._top.addWidget(self.zoom)
        self._top.addWidget(self.ruler, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 4, 1, 4)
        layout.setSpacing(0)
        layout.addLayout(self._top)
        layout.addWidget(self.unknown, 1)
        layout.addWidget(scroll, 1)
        self._scroll = scroll
        self._holder.installEventFilter(self)
        self.show_stems(())

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes)

    @property
    def all(self) -> list[Lane]:
        return self._lanes

    def show_stems(self, stems: Sequence[str]) -> None:
        """A lane for each, in this order; none while they are not known."""
        while self._box.count():
            self._box.takeAt(0)
        for lane in self._lanes:
            lane.hide()
            lane.deleteLater()
        self._lanes = [Lane(stem, n, self._view) for n, stem in enumerate(stems, start=1)]
        for lane in self._lanes:
            lane.setMinimumHeight(self._lane_px)
            self._box.addWidget(lane, 1)
            self.made.emit(lane)
        self._box.addStretch()  # lanes that are as high as they get stay together
        self.unknown.setVisible(not stems)
        self._scroll.setVisible(bool(stems))
        self._line_up()

    def set_compact(self, compact: bool) -> None:
        """Lower lanes, so that more of them are in sight."""
        self._lane_px = COMPACT_PX if compact else HEIGHT_PX
        for lane in self._lanes:
            lane.setMinimumHeight(self._lane_px)

    def show_remix(self, remix: Remix) -> None:
        for lane in self._lanes:
            lane.show_setting(remix.setting(lane.stem), remix.sounds(lane.stem))

    def show_pyramids(self, pyramids: Mapping[str, Pyramid], changed: str) -> float:
        """A stem's waveform is known further; returns the scale that all lanes share."""
        scale = common_scale(pyramids.values())
        for lane in self._lanes:
            if lane.stem in pyramids and (lane.stem == changed or lane.scale != scale):
                lane.show_pyramid(pyramids[lane.stem], scale)
        return scale

    def show_finished(self, ranges_s: Ranges | None, under: Pyramid | None) -> None:
        for lane in self._lanes:
            lane.show_finished(ranges_s, under)

    def show_peaks(self, peaks: Mapping[str, float]) -> None:
        """Linear peaks of what is heard now, by stem."""
        for lane in self._lanes:
            lane.meter.show_peak(peaks.get(lane.stem, 0.0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._holder and event.type() is QEvent.Type.Resize:
            self._line_up()
        return False

    def _line_up(self) -> None:
        """The ruler stands over the waveforms, also beside a scroll bar."""
        if not self._lanes:
            self.zoom.setFixedWidth(self.zoom.sizeHint().width())
            return
        width = self._holder.width()
        lane_px = width - _LEFT_PX - _RIGHT_PX
        self.zoom.setFixedWidth(self._lanes[0].head.width_for(lane_px))
        right = max(0, self._scroll.width() - width) + _RIGHT_PX
        self._top.setContentsMargins(_LEFT_PX, 0, right, 0)
