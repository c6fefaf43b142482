"""A finished song: its overview, a lane for each stem, and the transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from stemdesk.gui import labels, theme
from stemdesk.gui.lane import Lane
from stemdesk.gui.playback import Playback
from stemdesk.gui.shapes import common_scale, stacked
from stemdesk.gui.song_source import SongSource
from stemdesk.gui.transport import TransportBar
from stemdesk.gui.waveform import Layer, Waveform
from stemdesk.gui.widgets import chain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]


class StemsPage(QWidget):
    """Shows what the playback plays, and asks it for what is clicked."""

    folder_wanted = Signal()

    def __init__(self, playback: Playback, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playback = playback
        self._overviews: dict[str, Samples] = {}
        self.lanes: list[Lane] = []
        self.finished_s: tuple[tuple[float, float], ...] = ()
        self.overview = Waveform(labels.OVERVIEW_NAME, labels.OVERVIEW_TIP, focusable=True)
        self.overview.setMinimumHeight(54)
        self.overview.setMaximumHeight(84)
        self.transport = TransportBar()
        holder = QWidget()
        self._lane_box = QVBoxLayout(holder)
        self._lane_box.setContentsMargins(12, 6, 10, 6)
        self._lane_box.setSpacing(0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(holder)
        card = QFrame()
        card.setProperty("kind", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 6, 1, 6)
        inside.addWidget(scroll)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.overview, 1)
        layout.addWidget(card, 5)
        layout.addWidget(self.transport)
        self._connect()

    def _connect(self) -> None:
        playback, transport = self._playback, self.transport
        self.overview.sought.connect(playback.seek)
        transport.toggle_wanted.connect(playback.toggle)
        transport.stop_wanted.connect(playback.stop)
        transport.start_wanted.connect(lambda: playback.seek(0.0))
        transport.folder_wanted.connect(self.folder_wanted)
        playback.moved.connect(self._show_position)
        playback.changed.connect(self._show_state)
        playback.remixed.connect(self._show_balance)
        theme.watch().changed.connect(self._draw_overview)
        self._show_state()

    def show_song(self, song: SongSource) -> None:
        """Lanes for the song's stems; their waveforms follow (`show_peaks`)."""
        self._show_lanes(song)
        self._playback.open(song)
        self._show_state()
        self._show_balance()

    def replace_song(self, song: SongSource) -> None:
        """The same song from other files: it goes on playing."""
        if song.stems != tuple(lane.stem for lane in self.lanes):
            self._show_lanes(song)
        self._playback.open(song, keep=True)
        self._show_state()
        self._show_balance()

    def show_finished(self, ranges_s: Sequence[tuple[float, float]]) -> None:
        """The parts of a song that are separated, in seconds."""
        self.finished_s = tuple(ranges_s)

    def _show_lanes(self, song: SongSource) -> None:
        self._overviews = {}
        while self._lane_box.count():
            self._lane_box.takeAt(0)
        for lane in self.lanes:
            lane.hide()
            lane.deleteLater()
        self.lanes = [self._make_lane(stem, n) for n, stem in enumerate(song.stems, start=1)]
        for lane in self.lanes:
            self._lane_box.addWidget(lane, 1)
        buttons = [button for lane in self.lanes for button in (lane.mute, lane.solo)]
        chain(self.overview, *buttons)
        self.overview.set_layers(())

    def _make_lane(self, stem: str, number: int) -> Lane:
        lane = Lane(stem, number)
        lane.setToolTip(labels.lane_tip(stem, number))
        lane.wave.sought.connect(self._playback.seek)
        lane.mute_wanted.connect(self._playback.set_muted)
        lane.solo_wanted.connect(self._playback.set_soloed)
        lane.only_wanted.connect(self._playback.only)
        return lane

    def show_peaks(self, stem: str, peaks: Samples) -> None:
        """A stem's overview, float32 [buckets, 2], was read."""
        self._overviews[stem] = peaks
        scale = common_scale(self._overviews)
        for lane in self.lanes:
            if lane.stem in self._overviews:
                lane.show_peaks(self._overviews[lane.stem], scale)
        self._draw_overview()

    def _draw_overview(self) -> None:
        """The stems that are heard, stacked, in their colours."""
        heard = [lane.stem for lane in self.lanes if self._playback.sounds(lane.stem)]
        layers = stacked(self._overviews, heard)
        self.overview.set_layers([Layer(theme.wave_colour(stem), peaks) for stem, peaks in layers])

    def _show_balance(self) -> None:
        playback = self._playback
        for lane in self.lanes:
            stem = lane.stem
            lane.show_balance(
                playback.is_muted(stem), playback.is_soloed(stem), playback.sounds(stem)
            )
        self._draw_overview()

    def _show_state(self) -> None:
        length = self._playback.length_s
        for wave in (self.overview, *(lane.wave for lane in self.lanes)):
            wave.set_length(length)
        self.transport.show_state(self._playback.playing, self._playback.ready)
        self._show_position(self._playback.position_s)

    def _show_position(self, seconds: float) -> None:
        self.overview.set_position(seconds)
        for lane in self.lanes:
            lane.wave.set_position(seconds)
        self.transport.show_time(seconds, self._playback.length_s)
