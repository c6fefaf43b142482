"""A finished song: its overview, a lane for each stem, and the transport."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from stemdesk.gui import labels, theme
from stemdesk.gui.lane import Lane
from stemdesk.gui.overview import Overview
from stemdesk.gui.playback import Playback
from stemdesk.gui.ruler import Ruler
from stemdesk.gui.shapes import common_scale
from stemdesk.gui.song_files import SongFiles
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.transport import TransportBar
from stemdesk.gui.waveform import Layer
from stemdesk.gui.waves import ORIGINAL
from stemdesk.gui.widgets import chain

if TYPE_CHECKING:
    from stemdesk.audio.peaks import Pyramid


class StemsPage(QWidget):
    """Shows what the playback plays, and asks it for what is clicked."""

    folder_wanted = Signal()

    def __init__(self, playback: Playback, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playback = playback
        self._pyramids: dict[str, Pyramid] = {}
        self.view = TimeView(self)
        self.lanes: list[Lane] = []
        self.overview = Overview(labels.OVERVIEW_NAME, labels.OVERVIEW_TIP, self.view)
        self.ruler = Ruler(self.view)
        self.overview.setMinimumHeight(54)
        self.overview.setMaximumHeight(84)
        self.transport = TransportBar()
        holder = QWidget()
        self._lane_box = QVBoxLayout()
        self._ruler_row = QHBoxLayout()
        self._ruler_row.setContentsMargins(12, 0, 10, 0)
        self._ruler_row.addSpacing(200)
        self._ruler_row.addWidget(self.ruler, 1)
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addLayout(self._ruler_row)
        inner.addLayout(self._lane_box, 1)
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
        self.view.sought.connect(playback.seek)
        transport.toggle_wanted.connect(playback.toggle)
        transport.stop_wanted.connect(playback.stop)
        transport.start_wanted.connect(lambda: playback.seek(0.0))
        transport.folder_wanted.connect(self.folder_wanted)
        playback.moved.connect(self._show_position)
        playback.changed.connect(self._show_state)
        playback.remixed.connect(self._show_balance)
        theme.watch().changed.connect(self._draw_overview)
        self._show_state()

    def show_song(self, song: SongFiles) -> None:
        """Lanes for the song's stems; their waveforms follow (`show_pyramid`)."""
        self._pyramids = {}
        self.view.reset()
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
        self.overview.set_original(None)
        head = self.lanes[0].head_width() if self.lanes else 0
        self._ruler_row.itemAt(0).changeSize(head, 1)  # type: ignore[union-attr]
        self._ruler_row.invalidate()
        self._playback.open(song)
        self._show_state()
        self._show_balance()

    def _make_lane(self, stem: str, number: int) -> Lane:
        lane = Lane(stem, number, self.view)
        lane.setToolTip(labels.lane_tip(stem, number))
        lane.mute_wanted.connect(self._playback.set_muted)
        lane.solo_wanted.connect(self._playback.set_soloed)
        lane.only_wanted.connect(self._playback.only)
        return lane

    def show_pyramid(self, name: str, pyramid: Pyramid) -> None:
        """More is known of a stem's peaks, or of the original's."""
        self._pyramids[name] = pyramid
        stems = [lane.stem for lane in self.lanes if lane.stem in self._pyramids]
        if name == ORIGINAL:
            self.overview.set_original(pyramid)
        scale = common_scale([self._pyramids[stem] for stem in stems])
        for lane in self.lanes:
            if lane.stem in stems:
                lane.show_pyramid(self._pyramids[lane.stem], scale)
        self._draw_overview()

    def _draw_overview(self) -> None:
        """The stems' shares in their colours, those that are silent grey."""
        sounds = self._playback.sounds
        grey = theme.colours().outline
        self.overview.set_layers(
            [
                Layer(
                    theme.wave_colour(it.stem) if sounds(it.stem) else grey, self._pyramids[it.stem]
                )
                for it in self.lanes
                if it.stem in self._pyramids
            ]
        )

    def _show_balance(self) -> None:
        playback = self._playback
        for lane in self.lanes:
            stem = lane.stem
            lane.show_balance(
                playback.is_muted(stem), playback.is_soloed(stem), playback.sounds(stem)
            )
        self._draw_overview()

    def _show_state(self) -> None:
        self.view.set_length(self._playback.length_s)
        self.transport.show_state(self._playback.playing, self._playback.ready)
        self._show_position(self._playback.position_s)

    def _show_position(self, seconds: float) -> None:
        self.view.set_playhead(seconds)
        self.transport.show_time(seconds, self._playback.length_s)
