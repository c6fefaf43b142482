"""The right side: the selected song with its stems, or what stands in their place."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.job import ACTIVE, Job, JobState
from stemdesk.gui import labels, messages
from stemdesk.gui.playback import Playback
from stemdesk.gui.queue_row import state_icon
from stemdesk.gui.row_actions import ICONS, LABELS, RowAction, RowCommands, buttons_for
from stemdesk.gui.song_files import SongFiles, SongReader
from stemdesk.gui.song_header import SongHeader
from stemdesk.gui.state_panel import Button, StatePanel
from stemdesk.gui.stems_page import StemsPage
from stemdesk.gui.tasks import Tasks

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

_A = RowAction


class SongView(QWidget):
    """`locate_wanted`: id of a song whose stems were moved."""

    locate_wanted = Signal(str)

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
        self._gone: set[tuple[str, Path]] = set()
        self._reader = SongReader(tasks, self)
        self.header = SongHeader()
        self.stems = StemsPage(playback)
        self.panel = StatePanel()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.panel)
        self._stack.addWidget(self.stems)
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
        reader.found.connect(self._open)
        reader.drawn.connect(self._draw)
        reader.missing.connect(self._missing)
        self._playback.failed.connect(self._silenced)
        self.stems.folder_wanted.connect(lambda: self._commands.run(_A.SHOW_FOLDER, [self._job_id]))

    @property
    def job_id(self) -> str:
        return self._job_id

    @property
    def shows_stems(self) -> bool:
        return self._stack.currentWidget() is self.stems

    def show_job(self, job_id: str) -> None:
        """Another song was selected; "" for none."""
        if job_id == self._job_id:
            return
        self._leave()
        self._job_id = job_id
        self._refresh()

    def let_go(self, job_id: str) -> None:
        """Close the song's files, so that they can be moved or deleted on every system."""
        if job_id == self._job_id:
            self._leave()

    def look_again(self, job_id: str) -> None:
        """The song's folder may be another one now, or there again."""
        self._gone = {item for item in self._gone if item[0] != job_id}
        self._changed(job_id)

    def _leave(self) -> None:
        self._reader.stop()
        self._playback.close_song()
        self._opened = None

    def _changed(self, job_id: str) -> None:
        if job_id == self._job_id:
            self._refresh()

    def _refresh(self) -> None:
        job = self._controller.job(self._job_id)
        self.setVisible(job is not None)
        if job is None:
            return
        self.header.show_job(job)
        if job.state is not JobState.DONE or job.output is None:
            if self._opened is not None:
                self._leave()
            self._gone = {item for item in self._gone if item[0] != job.id}
            self._show_state(job)
        elif (job.id, job.output) in self._gone or self._controller.is_missing(job.id):
            self._leave()
            self._show_missing(job)
        elif self._opened != (job.id, job.output):
            self._leave()
            self._opened = (job.id, job.output)
            self._show_panel(job, state_icon(job.state), messages.state_headline(job), "")
            self._reader.read(job)

    # The stems

    def _open(self, song: SongFiles) -> None:
        if song.job_id == self._job_id:
            self.stems.show_song(song)
            self._stack.setCurrentWidget(self.stems)

    def _draw(self, job_id: str, stem: str, peaks: object) -> None:
        if job_id == self._job_id:
            self.stems.show_peaks(stem, peaks)  # type: ignore[arg-type]

    def _missing(self, job_id: str) -> None:
        job = self._controller.job(job_id)
        if job is not None and job.output is not None:
            self._gone.add((job_id, job.output))
            self._changed(job_id)

    def _silenced(self, error: StemDeskError) -> None:
        song = self._playback.song
        if error.code is ErrorCode.STEMS_MISSING and song is not None:
            self._missing(song.job_id)

    # What stands in their place

    def _show_state(self, job: Job) -> None:
        elsewhere = self._controller.is_elsewhere(job.id)
        progress = self._controller.progress(job.id)
        running = job.state in ACTIVE and not elsewhere
        fraction = (progress.fraction if progress else 0.0) if running else None
        text = messages.state_explained(job, progress, elsewhere)
        if self._controller.is_pausing(job.id):
            text = messages.PAUSING
        headline = messages.state_headline(job, elsewhere)
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
        buttons: list[Button] = [
            (LABELS[action], ICONS[action], partial(self._commands.run, action, [job.id]))
            for action in actions
        ]
        self.panel.show_state(icon, headline, text, fraction, buttons)
        self._stack.setCurrentWidget(self.panel)

    def _show_missing(self, job: Job) -> None:
        buttons: list[Button] = [
            (labels.LOCATE, "locate", partial(self.locate_wanted.emit, job.id)),
            *(
                (LABELS[action], ICONS[action], partial(self._commands.run, action, [job.id]))
                for action in (_A.SPLIT_AGAIN, _A.REMOVE)
            ),
        ]
        text = messages.missing_text(job.output)
        headline = labels.MISSING_HEADLINE
        self.panel.show_state(("locate", "warning"), headline, text, None, buttons)
        self._stack.setCurrentWidget(self.panel)
