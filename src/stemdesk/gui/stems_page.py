"""The desk: a song's overview, a lane for each stem, and the transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stemdesk.gui import desk_words, export_words, labels, theme
from stemdesk.gui.lane import Lane
from stemdesk.gui.lanes import Lanes
from stemdesk.gui.overview import Overview
from stemdesk.gui.playback import Playback
from stemdesk.gui.song_source import SongSource
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.transport import TransportBar
from stemdesk.gui.wave_words import OVERVIEW_TIP
from stemdesk.gui.waveform import Layer
from stemdesk.gui.waves import ORIGINAL, WaveReader
from stemdesk.gui.widgets import chain

if TYPE_CHECKING:
    from stemdesk.audio.energy import Energies
    from stemdesk.audio.peaks import Pyramid
    from stemdesk.audio.player import Levels

Ranges = Sequence[tuple[float, float]]


class StemsPage(QWidget):
    """Shows what the playback plays, and asks it for what is clicked. `shown`: a `SongSource`,
    another one. `drag_wanted`: a stem is dragged out of the window; `remix_drag_wanted`: the
    whole remix is."""

    shown = Signal(object)
    folder_wanted = Signal()
    export_wanted = Signal()
    drag_wanted = Signal(str)
    remix_drag_wanted = Signal()

    def __init__(self, playback: Playback, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playback = playback
        self._source: SongSource | None = None
        self._pyramids: dict[str, Pyramid] = {}  # of the stems
        self._original: Pyramid | None = None
        self._finished: Ranges | None = None
        self._scale = 1.0
        self._played = False
        self.view = TimeView(self)
        self.overview = Overview(labels.OVERVIEW_NAME, OVERVIEW_TIP, self.view)
        self.overview.setMaximumHeight(84)
        self.desk = Lanes(self.view)
        self.transport = TransportBar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.overview, 1)
        layout.addWidget(self.desk, 6)
        layout.addWidget(self.transport)
        self._layout = layout
        self.set_compact(False)
        self._connect()
        self._show_state()
        self._show_tuning()

    def _connect(self) -> None:
        playback, view = self._playback, self.view
        view.sought.connect(playback.seek)
        view.loop_wanted.connect(playback.set_loop)
        self.desk.made.connect(self._listen_to)
        self._connect_transport()
        playback.moved.connect(self._show_position)
        playback.changed.connect(self._show_state)
        playback.remixed.connect(self._show_balance)
        playback.tuned.connect(self._show_tuning)
        playback.levels.connect(self._show_levels)
        theme.watch().changed.connect(self._draw_overview)

    def _connect_transport(self) -> None:
        playback, transport = self._playback, self.transport
        transport.toggle_wanted.connect(playback.toggle)
        transport.stop_wanted.connect(playback.stop)
        transport.start_wanted.connect(lambda: self.view.seek(0.0))
        transport.loop_wanted.connect(playback.toggle_loop)
        transport.loop_start_wanted.connect(playback.start_loop_here)
        transport.loop_end_wanted.connect(playback.end_loop_here)
        transport.side.chosen.connect(playback.set_original)
        transport.presets.chosen.connect(playback.use_preset)
        transport.speed.chosen.connect(playback.set_speed)
        transport.key.chosen.connect(playback.set_key)
        transport.master.chosen.connect(playback.set_master)
        transport.grip.drag_wanted.connect(self.remix_drag_wanted)
        transport.folder_wanted.connect(self.folder_wanted)
        transport.export_wanted.connect(self.export_wanted)

    def _listen_to(self, lane: Lane) -> None:
        playback = self._playback
        lane.setToolTip(labels.native_keys(labels.lane_tip(lane.stem, lane.number)))
        lane.mute_wanted.connect(playback.set_muted)
        lane.solo_wanted.connect(playback.set_soloed)
        lane.only_wanted.connect(playback.only)
        lane.gain_wanted.connect(playback.set_gain)
        lane.pan_wanted.connect(playback.set_pan)
        lane.drag_wanted.connect(self.drag_wanted)

    def set_compact(self, compact: bool) -> None:
        """Less room between and for the parts, in a window that is not high."""
        self._layout.setSpacing(6 if compact else 10)
        self.overview.setMinimumHeight(34 if compact else 44)
        self.desk.set_compact(compact)

    @property
    def lanes(self) -> list[Lane]:
        return self.desk.all

    # What there is of the song

    def show_song(self, source: SongSource) -> None:
        """Another song. Its waveforms follow (`show_pyramid`), and what of it is finished."""
        self._pyramids, self._original, self._finished = {}, None, None
        self.view.reset()
        self._make_lanes(source)
        self.overview.set_original(None)
        self.overview.set_layers(())
        self.overview.set_finished(None)
        self._playback.open(source)
        self._show_all()

    def replace_song(self, source: SongSource) -> None:
        """The same song from other files: what is seen and heard goes on."""
        if self._source is None or self._source.job_id != source.job_id:
            self.show_song(source)
            return
        if self._source.stems != source.stems:
            self._make_lanes(source)
        self._source = source
        if not source.live:
            self._finished = None
        self._playback.replace(source)
        self._show_all()
        for name in self._pyramids:
            self.desk.show_pyramids(self._pyramids, name)
        self._draw_finished()

    def _make_lanes(self, source: SongSource) -> None:
        self._source = source
        self.desk.show_stems(source.stems)
        self.transport.presets.show_stems(source.stems)
        zoom = self.desk.zoom
        chain(
            self.overview,
            *(zoom.out, zoom.whole, zoom.into, zoom.follow),
            *(control for lane in self.lanes for control in lane.controls),
            *self.transport.controls,
        )

    def _show_all(self) -> None:
        saved = self._source is not None and self._source.folder is not None
        self.transport.folder.setEnabled(saved)
        finished = saved and self._source is not None and not self._source.live
        tip = export_words.EXPORT_TIP if finished else export_words.NOT_FINISHED_TIP
        self.transport.export.setEnabled(finished)
        self.transport.export.setToolTip(labels.native_keys(tip))
        self.shown.emit(self._source)
        self._show_state()
        self._show_tuning()
        self._show_balance()

    def draw_from(self, waves: WaveReader) -> None:
        """Show what is read of the song, as long as it is the one that is shown."""

        def shown(job_id: str) -> bool:
            return self._source is not None and job_id == self._source.job_id

        def drawn(job_id: str, name: str, pyramid: Pyramid) -> None:
            if shown(job_id):
                self.show_pyramid(name, pyramid)

        def measured(job_id: str, energies: Energies) -> None:
            if shown(job_id):
                self.show_energies(energies)

        waves.drawn.connect(drawn)
        waves.measured.connect(measured)

    def show_pyramid(self, name: str, pyramid: Pyramid) -> None:
        """More is known of the waveform of a stem, or of the original (`waves.ORIGINAL`)."""
        if name == ORIGINAL:
            self._original = pyramid
            self.overview.set_original(pyramid)
            self._playback.look()
            if self._finished is not None:
                self.desk.show_finished(self._finished, pyramid)
        else:
            self._pyramids[name] = pyramid
            self._scale = self.desk.show_pyramids(self._pyramids, name)
            self._draw_overview()

    def show_energies(self, energies: Energies) -> None:
        """How loud any remix is: the original is heard as loud."""
        self._playback.match(energies)

    def show_finished(self, ranges_s: Ranges | None) -> None:
        """The parts whose stems are there, in seconds; None: all."""
        if ranges_s != self._finished:
            self._finished = ranges_s
            self._draw_finished()
            self._playback.look()

    def _draw_finished(self) -> None:
        self.desk.show_finished(self._finished, self._original)
        self.overview.set_finished(self._finished)

    def _draw_overview(self) -> None:
        """All stems, for the shape is theirs together; those that are not heard in grey."""
        known, silent = self._pyramids, theme.colours().outline
        layers = []
        for stem in (lane.stem for lane in self.lanes if lane.stem in known):
            colour = theme.wave_colour(stem) if self._playback.sounds(stem) else silent
            layers.append(Layer(colour, known[stem], self._scale))
        self.overview.set_layers(layers)

    # What the playback says

    def _show_balance(self) -> None:
        remix = self._playback.remix
        self.desk.show_remix(remix)
        self.transport.presets.show_remix(remix)
        self.transport.master.show_amount(remix.master_db)
        self._draw_overview()

    def _show_tuning(self) -> None:
        self.transport.show_listening(self._playback.listening)
        self.view.set_loop(self._playback.loop)

    def _show_state(self) -> None:
        playback = self._playback
        self.view.set_length(playback.length_s)
        ready = playback.ready or playback.can_begin_anew
        self.transport.show_state(playback.playing, ready, playback.waiting)
        self.transport.side.show_side(playback.on_original, playback.has_original)
        hint = ""
        if playback.waiting:
            hint = desk_words.WAITING
        elif playback.ready and playback.hears_original and not playback.on_original:
            hint = desk_words.ORIGINAL_MEANWHILE
        self.transport.show_hint(hint, self._source is not None and self._source.live)
        if playback.playing and not self._played:
            self.view.play_began()
        self._played = playback.playing
        self._show_position(playback.position_s)

    def _show_position(self, seconds: float) -> None:
        self.view.set_playhead(seconds)
        self.transport.show_time(seconds, self._playback.length_s)

    def _show_levels(self, levels: Levels) -> None:
        self.desk.show_peaks(dict(levels.stems))
        self.transport.master.show_peaks(levels.master)
