"""The right side: the selected song with its stems, or what stands in their place."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError
from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.gui import messages, reports
from stemdesk.gui.live_words import strip_words
from stemdesk.gui.model_offers import draft_line, waiting_offer
from stemdesk.gui.playback import Playback
from stemdesk.gui.queue_row import state_icon
from stemdesk.gui.row_actions import ICONS, LABELS, RowAction, RowCommands, buttons_for
from stemdesk.gui.song_files import SongFiles, SongReader, give_up_folder
from stemdesk.gui.song_header import SongHeader
from stemdesk.gui.song_source import SAMPLERATE, SongSource, find_live, saved_source
from stemdesk.gui.song_trouble import Trouble, trouble_state
from stemdesk.gui.state_panel import Button, StatePanel
from stemdesk.gui.state_strip import StateStrip
from stemdesk.gui.stems_page import StemsPage
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.waits import awaited_model
from stemdesk.gui.waves import WaveReader

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_A = RowAction
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
        self._looked: tuple[str, object] | None = None  # job and options that were looked for
        self._trouble: Trouble | None = None  # what reader or player met; until looked again
        self._tasks = tasks
        self._reader = SongReader(tasks, self)
        self._waves = WaveReader(tasks, lambda: controller.folders.cache / "waves", self)
        self.header = SongHeader()
        self.stems = StemsPage(playback)
        self.strip = StateStrip()
        self.panel = StatePanel()
        self._desk = QWidget()
        inside = QVBoxLayout(self._desk)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(10)
        inside.addWidget(self.strip)
        inside.addWidget(self.stems, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.panel)
        self._stack.addWidget(self._desk)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(12)
        layout.addWidget(self.header)
        layout.addWidget(self._stack, 1)
        self._connect()

    def _connect(self) -> None:
        controller, reader = self._controller, self._reader
        controller.job_changed.connect(self._changed)
        controller.progress_changed.connect(self._changed)
        controller.jobs_reset.connect(self._refresh)
        controller.jobs_removed.connect(self._playback.forget)
        controller.models.changed.connect(self._models_changed)
        controller.models_known.connect(self._models_changed)
        reader.found.connect(self._open)
        self.stems.draw_from(self._waves)
        self._waves.failed.connect(self._unread)
        reader.missing.connect(lambda job_id: self._meet(job_id, None))
        self._playback.failed.connect(self._silenced)
        self.stems.folder_wanted.connect(lambda: self._commands.run(_A.SHOW_FOLDER, [self._job_id]))

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
            self._looked = None
            self._refresh()
            return
        trouble, self._trouble = self._trouble, None
        if trouble is None or self._controller.is_missing(job_id):
            self._refresh()
        else:  # what is shown stays until the disk has answered
            self._opened = (job_id, job.output)
            self._reader.read(job)

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
            self._show_trouble(job, self._trouble.damaged)
        elif self._controller.is_missing(job.id):
            self._leave()
            self._show_trouble(job, None)
        elif self._opened != (job.id, job.output):
            if self._source is None or not self._source.live:
                self._leave()
                self._show_panel(job, state_icon(job.state), messages.state_headline(job), "")
            self._opened, self._looked = (job.id, job.output), None
            self._reader.read(job)

    def _models_changed(self) -> None:
        """A download got further, or a model came or went."""
        job = self._controller.job(self._job_id)
        if job is not None:
            self.header.show_draft(draft_line(self._controller, job))
            if awaited_model(job):
                self._show_unfinished(job)

    # A song that is not finished

    def _show_unfinished(self, job: Job) -> None:
        """The desk, if the song can be heard; else how it stands, alone."""
        controller = self._controller
        if not _is_hearable(job) or controller.is_elsewhere(job.id):
            if self._source is not None:
                self._leave()
            self._looked = None
            self._show_state(job)
            return
        wanted = (job.id, (job.source, job.separation))
        if self._looked != wanted:
            if self._source is not None:
                self._leave()
            self._looked = wanted
            find = partial(find_live, job, controller.hearing.live, controller.folders)
            self._tasks.io(find, partial(self._found_live, wanted))
        if self._source is None:
            self._show_state(job)
        else:
            self._show_strip(job)

    def _found_live(self, wanted: object, outcome: Outcome[SongSource | None]) -> None:
        job = self._controller.job(self._job_id)
        if self._looked != wanted or job is None or outcome.value is None:
            return
        self._source = outcome.value
        self.stems.show_song(outcome.value)
        self._waves.read(outcome.value)
        self._show_strip(job)
        self._stack.setCurrentWidget(self._desk)

    def _show_strip(self, job: Job) -> None:
        controller = self._controller
        progress = controller.progress(job.id)
        asked = messages.asked_text(controller.is_cancelling(job.id), controller.is_pausing(job.id))
        self.strip.show_state(
            state_icon(job.state),
            *strip_words(job, progress, asked),
            (progress.fraction if progress else 0.0) if job.state in ACTIVE else None,
            self._buttons(job, buttons_for(job)),
        )
        self.strip.show()
        rate = SAMPLERATE
        final = controller.hearing.live.final(job)
        self.stems.show_finished([(first / rate, end / rate) for first, end in final])

    # The stems

    def _open(self, song: SongFiles) -> None:
        job = self._controller.job(self._job_id)
        if job is None or song.job_id != self._job_id:
            return
        goes_on = self._source is not None and self._source.live
        self._source = saved_source(job, song, self._controller.hearing.live)
        if goes_on:
            self.stems.replace_song(self._source)
        else:
            self.stems.show_song(self._source)
        self._waves.read(self._source)
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
        if song is None or not isinstance(error, SourceError):
            self._controller.message.emit(reports.error_message(error))
        elif error.code is ErrorCode.STEMS_MISSING:
            self._meet(song.job_id, None)
        elif song.folder is not None:
            self._meet(song.job_id, error.path or song.folder)

    # What stands in their place

    def _show_state(self, job: Job) -> None:
        controller = self._controller
        offer = waiting_offer(controller, job, self.models_wanted.emit)
        if offer is not None and not controller.is_elsewhere(job.id):
            mark = state_icon(job.state)
            self.panel.show_state(mark, offer.headline, offer.text, offer.fraction, offer.buttons)
            self._stack.setCurrentWidget(self.panel)
            return
        elsewhere, progress = controller.is_elsewhere(job.id), controller.progress(job.id)
        asked = messages.asked_text(controller.is_cancelling(job.id), controller.is_pausing(job.id))
        running = job.state in ACTIVE and not elsewhere
        fraction = (progress.fraction if progress else 0.0) if running else None
        text = messages.state_explained(job, progress, elsewhere, asked)
        headline = messages.state_headline(job, elsewhere, asked)
        self._show_panel(job, state_icon(job.state), headline, text, fraction)

    def _show_panel(
        self,
        job: Job,
        icon: tuple[str, str],
        headline: str,
        text: str,
        fraction: float | None = None,
    ) -> None:
        actions = (
            ()
            if job.state is JobState.DONE
            else buttons_for(job, self._controller.is_elsewhere(job.id))
        )
        if job.state is JobState.FAILED:
            actions = (_A.RETRY, _A.DETAILS, _A.REMOVE)
        buttons = self._buttons(job, actions)
        self.panel.show_state(icon, headline, text, fraction, buttons)
        self._stack.setCurrentWidget(self.panel)

    def _buttons(self, job: Job, actions: Iterable[RowAction]) -> list[Button]:
        return [
            (LABELS[action], ICONS[action], partial(self._commands.run, action, [job.id]))
            for action in actions
        ]

    def _show_trouble(self, job: Job, damaged: Path | None) -> None:
        """Stems that are gone, or (the path) one that cannot be read, and the ways out."""
        headline, text, buttons = trouble_state(
            job,
            damaged,
            self._commands,
            partial(self.locate_wanted.emit, job.id),
            partial(self._split_beside, job.id),
        )
        self.panel.show_state(("locate", "warning"), headline, text, None, buttons)
        self._stack.setCurrentWidget(self.panel)

    def _split_beside(self, job_id: str, folder: Path) -> None:
        """Split a song again whose folder looks complete and is not."""

        def given_up(outcome: Outcome[None]) -> None:
            if outcome.error is not None:
                self._controller.message.emit(reports.error_message(outcome.error, folder))
            else:
                self._commands.run(_A.SPLIT_AGAIN, [job_id])

        self._tasks.io(partial(give_up_folder, folder), given_up)


def _is_hearable(job: Job) -> bool:
    """Whether a job that is not done can be heard, if its file is there."""
    return job.state in _HEARABLE and not awaited_model(job)
