"""The right side: the selected song with its stems, or what stands in their place."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError
from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.gui import messages, reports
from stemdesk.gui.covers import Covers
from stemdesk.gui.live_words import strip_words
from stemdesk.gui.model_offers import draft_line, waiting_offer
from stemdesk.gui.playback import Playback
from stemdesk.gui.queue_row import state_icon
from stemdesk.gui.row_actions import RowAction, RowCommands, action_buttons, buttons_for
from stemdesk.gui.song_files import SongFiles, SongReader
from stemdesk.gui.song_header import SongHeader
from stemdesk.gui.song_panel import SongPanel
from stemdesk.gui.song_source import SAMPLERATE, SongSource, find_live, saved_source
from stemdesk.gui.song_trouble import Trouble
from stemdesk.gui.state_strip import StateStrip
from stemdesk.gui.stems_page import StemsPage
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.waits import awaited_model
from stemdesk.gui.waves import WaveReader

if TYPE_CHECKING:
    from stemdesk.audio.playable import Range
    from stemdesk.gui.controller import Controller

_A = RowAction
_COMPACT_BELOW_PX = 480
# If the song's file is there.
_HEARABLE = ACTIVE | {
    JobState.QUEUED,
    JobState.WAITING,
    JobState.PAUSED,
    JobState.INTERRUPTED,
}


class SongView(QWidget):
    """`locate_wanted`: id of a song whose stems were moved."""

    locate_wanted = Signal(str)
    models_wanted = Signal()
    settings_wanted = Signal()

    def __init__(
        self,
        controller: Controller,
        playback: Playback,
        commands: RowCommands,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._playback = playback
        self._commands = commands
        self._job_id = ""
        self._opened: tuple[str, Path] | None = None  # job and folder whose stems are shown
        self._source: SongSource | None = None  # what the desk shows
        # job, options and the model that is waited for, as they were looked for
        self._looked: tuple[str, object, str] | None = None
        self._at: tuple[JobState, tuple[Range, ...]] | None = None  # how far the job was last
        self._trouble: Trouble | None = None  # what reader or player met; until looked again
        self._tasks = tasks
        self._reader = SongReader(tasks, self)
        self._waves = WaveReader(tasks, lambda: controller.folders.cache / "waves", self)
        self.header = SongHeader(Covers(lambda: tasks, self))
        self.stems = StemsPage(playback)
        self.strip = StateStrip()
        self.panel = SongPanel(controller, commands, tasks)
        self._desk = QWidget()
        inside = QVBoxLayout(self._desk)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.strip)
        inside.addWidget(self.stems, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.panel)
        self._stack.addWidget(self._desk)
        layout = QVBoxLayout(self)
        layout.addWidget(self.header)
        layout.addWidget(self._stack, 1)
        self._layouts = layout, inside
        self._compact = False
        self._set_compact(False)
        self._connect()

    def _connect(self) -> None:
        controller, reader = self._controller, self._reader
        controller.job_changed.connect(self._changed)
        controller.progress_changed.connect(self._changed)
        controller.jobs_reset.connect(self._refresh)
        controller.jobs_removed.connect(self._playback.forget)
        controller.models.changed.connect(self._models_changed)
        controller.models_known.connect(self._models_changed)
        controller.downloader.changed.connect(self._downloader_changed)
        reader.found.connect(self._open)
        self.panel.locate_wanted.connect(self.locate_wanted)
        self.panel.models_wanted.connect(self.models_wanted)
        self.panel.settings_wanted.connect(self.settings_wanted)
        self.stems.draw_from(self._waves)
        self._waves.failed.connect(self._unread)
        reader.missing.connect(lambda job_id: self._meet(job_id, None))
        self._playback.failed.connect(self._silenced)
        self.stems.folder_wanted.connect(lambda: self._commands.run(_A.SHOW_FOLDER, [self._job_id]))
        self.stems.export_wanted.connect(lambda: self._commands.run(_A.EXPORT, [self._job_id]))

    @property
    def job_id(self) -> str:
        return self._job_id

    @property
    def shows_stems(self) -> bool:
        """Whether the song can be played, finished or not."""
        return self._stack.currentWidget() is self._desk

    @property
    def shows_finished(self) -> bool:
        """Whether it is finished, too."""
        return self.shows_stems and self._source is not None and not self._source.live

    def show_job(self, job_id: str) -> None:
        """Another song was selected; "" for none."""
        if job_id == self._job_id:
            return
        self._leave()
        self._job_id = job_id
        self._trouble = None
        self._refresh()

    def let_go(self, job_id: str) -> None:
        """Close the song's files, so that they can be moved or deleted on every system."""
        if job_id == self._job_id:
            self._leave()

    def look_again(self, job_id: str) -> None:
        """The song's file or folder may be another one now, or there again."""
        job = self._controller.job(job_id)
        if job_id != self._job_id or job is None:
            return
        if job.state is not JobState.DONE or job.output is None:
            if self._source is None:  # else it may be heard right now, and goes on
                self._looked = None
                self._refresh()
            return
        trouble, self._trouble = self._trouble, None
        if trouble is None or self._controller.is_missing(job_id):
            self._refresh()
        else:  # what is shown stays until the disk has answered
            self._opened = (job_id, job.output)
            self._reader.read(job)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        compact = event.size().height() < _COMPACT_BELOW_PX
        if compact != self._compact:
            self._set_compact(compact)

    def _set_compact(self, compact: bool) -> None:
        """In a window that is not high the lanes get what room there is."""
        self._compact = compact
        outer, inner = self._layouts
        outer.setContentsMargins(20, *((8, 20, 6) if compact else (16, 20, 14)))
        outer.setSpacing(6 if compact else 12)
        inner.setSpacing(6 if compact else 10)
        self.strip.set_compact(compact)
        self.stems.set_compact(compact)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:  # the folder may have been put right
            self.look_again(self._job_id)
        return super().event(event)

    def _leave(self) -> None:
        self._reader.stop()
        self._waves.stop()
        self._playback.close_song()
        self._opened = self._source = self._looked = None

    def _changed(self, job_id: str) -> None:
        if job_id == self._job_id:
            self._refresh()

    def _refresh(self) -> None:
        job = self._controller.job(self._job_id)
        self.setVisible(job is not None)
        if job is None:
            return
        self.header.show_job(job)
        self.header.show_draft(draft_line(self._controller, job))
        if job.state is not JobState.DONE or job.output is None:
            if self._opened is not None:
                self._leave()
            self._trouble = None
            self._show_unfinished(job)
        elif self._trouble is not None and self._trouble.folder == job.output:
            self._leave()
            self.panel.show_trouble(job, self._trouble.damaged)
            self._stand_in()
        elif self._controller.is_missing(job.id):
            self._leave()
            self.panel.show_trouble(job, None)
            self._stand_in()
        elif self._opened != (job.id, job.output):
            if self._source is None or not self._source.live:
                self._leave()
                self.panel.show_opening(job)
                self._stand_in()
            self._opened, self._looked = (job.id, job.output), None
            self._reader.read(job)

    def _models_changed(self) -> None:
        """A download got further, or a model came or went."""
        job = self._controller.job(self._job_id)
        if job is not None:
            self.header.show_draft(draft_line(self._controller, job))
            if awaited_model(job):
                self._show_unfinished(job)

    def _downloader_changed(self) -> None:
        """It is updated, for a song that could not be fetched maybe."""
        job = self._controller.job(self._job_id)
        if job is not None and job.link is not None and job.state is JobState.FAILED:
            self._show_unfinished(job)

    # A song that is not finished

    def _show_unfinished(self, job: Job) -> None:
        """The desk, if the song can be heard; else how it stands, alone."""
        controller = self._controller
        fetched = job.state in _HEARABLE and not job.needs_fetch
        if not fetched or controller.is_elsewhere(job.id):
            if self._source is not None:
                self._leave()
            self._looked = None
            self.panel.show_job(job)
            self._stand_in()
            return
        wanted = (job.id, (job.source, job.separation), awaited_model(job))
        if self._looked != wanted:
            known, self._looked = self._looked, wanted
            arrived = known is not None and known[:2] == wanted[:2]  # its model: it plays on
            if self._source is not None and not arrived:
                self._leave()
                self._looked = wanted
            find = partial(find_live, job, controller.hearing.live, controller.folders)
            self._tasks.io(find, partial(self._found_live, wanted))
        if self._source is None:
            self.panel.show_job(job)
            self._stand_in()
        else:
            self._show_strip(job)

    def _found_live(self, wanted: object, outcome: Outcome[SongSource | None]) -> None:
        job = self._controller.job(self._job_id)
        if self._looked != wanted or job is None or outcome.value is None:
            return
        if self._source is not None:
            self.stems.replace_song(outcome.value)
        else:
            self.stems.show_song(outcome.value)
        self._source = outcome.value
        self._waves.read(outcome.value)
        self._show_strip(job)
        self._stack.setCurrentWidget(self._desk)

    def _show_strip(self, job: Job) -> None:
        offer = waiting_offer(self._controller, job, self.models_wanted.emit)
        if offer is not None:
            mark = state_icon(job.state)
            self.strip.show_state(mark, offer.headline, offer.text, offer.fraction, offer.buttons)
            self.strip.show()
        else:
            self._show_progress(job)

    def _show_progress(self, job: Job) -> None:
        controller = self._controller
        progress = controller.progress(job.id)
        asked = messages.asked_text(controller.is_cancelling(job.id), controller.is_pausing(job.id))
        self.strip.show_state(
            state_icon(job.state),
            *strip_words(job, progress, asked),
            (progress.fraction if progress else 0.0) if job.state in ACTIVE else None,
            action_buttons(self._commands, job, buttons_for(job)),
        )
        self.strip.show()
        rate = SAMPLERATE if self._source is None else self._source.samplerate
        final = controller.hearing.live.final(job)
        self.stems.show_finished([(first / rate, end / rate) for first, end in final])
        if (job.state, final) != self._at:
            self._at = (job.state, final)
            self._waves.look()

    # The stems

    def _open(self, song: SongFiles) -> None:
        job = self._controller.job(self._job_id)
        if job is None or song.job_id != self._job_id:
            return
        goes_on = self._source is not None and self._source.live
        source = self._source = saved_source(job, song, self._controller.hearing.live)
        if goes_on:
            self.stems.replace_song(source)
        else:
            self.stems.show_song(source)
        if self._source is not source:  # the player has met a damaged file at once
            return
        self._waves.read(source)
        self.strip.hide()
        self._stack.setCurrentWidget(self._desk)

    def _unread(self, job_id: str, error: StemDeskError) -> None:
        gone = error.code is ErrorCode.STEMS_MISSING
        self._meet(job_id, None if gone else error.path)

    def _meet(self, job_id: str, damaged: Path | None) -> None:
        """The reader or the player has met files that are gone, or a damaged one."""
        job = self._controller.job(job_id)
        if job_id == self._job_id and job is not None and job.output is not None:
            self._trouble = Trouble(job.output, damaged)
            self._refresh()

    def _silenced(self, error: StemDeskError) -> None:
        song = self._playback.song
        if song is None or song.folder is None or not isinstance(error, SourceError):
            self._controller.message.emit(reports.error_message(error))
        elif error.code is ErrorCode.STEMS_MISSING:
            self._meet(song.job_id, None)
        else:
            self._meet(song.job_id, error.path or song.folder)

    def _stand_in(self) -> None:
        """The panel in the desk's place."""
        self._stack.setCurrentWidget(self.panel)
