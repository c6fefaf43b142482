"""The window: puts the parts together, takes drops and keys, asks before it closes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from stemdesk.core.job import JobState
from stemdesk.gui import dialogs, labels, messages, model_words, theme
from stemdesk.gui.add_bar import AddBar
from stemdesk.gui.adds import Adds
from stemdesk.gui.announcer import Announcer
from stemdesk.gui.banners import Banners
from stemdesk.gui.desk_drags import DeskDrags
from stemdesk.gui.dialogs import CloseChoice
from stemdesk.gui.drawer import NARROW_PX, Body
from stemdesk.gui.drop import DropOverlay
from stemdesk.gui.empty_state import EmptyState
from stemdesk.gui.export_asks import ExportAsks
from stemdesk.gui.icons import app_icon, retint
from stemdesk.gui.library import Library
from stemdesk.gui.link_asks import LinkAsks
from stemdesk.gui.model_asks import ModelAsks
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.pages import Pages
from stemdesk.gui.playback import Playback, PlayerFactory, new_player
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.row_actions import RowCommands
from stemdesk.gui.shortcuts import install_shortcuts
from stemdesk.gui.song_view import SongView
from stemdesk.gui.sound_notes import SoundNotes
from stemdesk.gui.status import StatusLine

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller

SIZE = QSize(1280, 800)
SMALLEST = QSize(900, 600)
_FRAME = QSize(8, 40)  # what a desktop puts around a window, at most: no one knows before it shows
_STOP_WITHIN_MS = 2000
_BEHIND = frozenset({JobState.QUEUED, JobState.DOWNLOADING})  # a running song


def why_no_sound() -> str:
    """Why nothing would be heard, "" if there is a sound device. Slow: not for this thread."""
    from stemdesk.audio.output import OutputKind, describe

    info = describe()
    return (info.reason or info.label) if info.kind is OutputKind.NULL else ""


class MainWindow(QMainWindow):
    """`player_factory` and `sound_reason` are called when they are needed first, after the
    window has shown. `ends`: it takes nothing more."""

    ends = Signal()

    def __init__(
        self,
        controller: Controller,
        player_factory: PlayerFactory = new_player,
        sound_reason: Callable[[], str] = why_no_sound,
    ) -> None:
        super().__init__()
        self._controller = controller
        self._may_close = False
        self._close_dialog: QDialog | None = None
        self._started = False
        self.playback = Playback(player_factory, self, controller.memory)
        SoundNotes(controller, self.playback)
        self._choose_output()
        self.commands = RowCommands(controller, self)
        self.announcer = Announcer(controller, self)
        self.models = ModelAsks(controller, self)
        self.pages = Pages(controller, self)
        self.setWindowTitle(labels.APP_NAME)
        self.setWindowIcon(app_icon())
        self.setMinimumSize(SMALLEST)
        self.setAcceptDrops(True)
        self._build(sound_reason)
        links = LinkAsks(controller, self, self.library.view.select)
        self.adds = Adds(controller, self.models, links, self)
        self._connect()
        install_shortcuts(self)
        self._restore_geometry()
        self._update_contents()

    def _build(self, sound_reason: Callable[[], str]) -> None:
        controller = self._controller
        model = QueueModel(controller, self)
        self.add_bar = AddBar(controller)
        self.banners = Banners(controller)
        self.library = Library(model, self.commands)
        self.empty = EmptyState(controller)
        self.song = SongView(controller, self.playback, self.commands, controller.tasks)
        song_holder = QWidget()
        inside = QVBoxLayout(song_holder)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.song)
        self._area = QStackedWidget()
        self._area.addWidget(self.empty)
        self._area.addWidget(song_holder)
        self.body = Body(self.library, self._area)
        self.drags = DeskDrags(controller, self.song.stems, self.playback)
        self.exports = ExportAsks(controller, self)
        self.status = StatusLine(controller, controller.tasks, sound_reason)
        self.centre = QWidget()
        layout = QVBoxLayout(self.centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.add_bar, self.banners, self.exports.strip, self.drags.note):
            layout.addWidget(part)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.status)
        self.setCentralWidget(self.centre)
        self.centre.setFocus()  # not the path: Space plays from the start
        self.overlay = DropOverlay(self.centre)

    def _connect(self) -> None:
        controller, bar = self._controller, self.add_bar
        bar.settings_wanted.connect(self.show_settings)
        self.song.settings_wanted.connect(self.pages.show_link_settings)
        self.status.diagnostics.clicked.connect(self.pages.show_diagnostics)
        self.status.heard = self.pages.heard
        bar.library_wanted.connect(self.body.toggle)
        for source in (bar, self.empty.welcome, self.song):
            source.models_wanted.connect(self.models.show_page)
        self.empty.demo_wanted.connect(controller.add_demo)
        self.empty.welcome.place_wanted.connect(self.pages.show_saving_settings)
        self.pages.settings_changed.connect(self.empty.welcome.show_place)
        for part in (bar, self.empty):
            part.given.connect(self.adds.take)
            part.open_files_wanted.connect(self.open_files)
            part.open_folder_wanted.connect(self.open_folder)
        self.library.forget_wanted.connect(controller.forget_ended)
        self.library.view.current_changed.connect(self._select)
        self.library.view.clicked.connect(self.body.close_drawer)
        self.song.locate_wanted.connect(self.locate)
        self.commands.details_wanted.connect(self.show_failure)
        self.commands.trash_wanted.connect(self.ask_trash)
        self.commands.export_wanted.connect(self.exports.show)
        self.banners.show_wanted.connect(self.library.view.select)
        self.banners.details_wanted.connect(
            lambda title, text: dialogs.TextDialog(self, title, text).show_over()
        )
        for signal in (controller.jobs_reset, controller.jobs_added, controller.jobs_removed):
            signal.connect(self._update_contents)
        controller.models_known.connect(self._models_known)
        controller.progress_changed.connect(self._show_progress)
        controller.job_changed.connect(self._job_changed)
        controller.stopped.connect(self._close_now)
        self.playback.changed.connect(self._heard)
        self.pages.settings_changed.connect(self._choose_output)
        theme.watch().changed.connect(self._retint)

    # What is shown

    def _update_contents(self) -> None:
        """Empty, or the library with the selected song; something is always selected."""
        view, jobs = self.library.view, self._controller.jobs
        focus = self.focusWidget()
        if jobs and focus is not None and self.empty.isAncestorOf(focus):
            self.centre.setFocus()  # not a button of the new song: Enter and Space would press it
        self._area.setCurrentIndex(1 if jobs else 0)
        self.body.set_wanted(bool(jobs))
        self.add_bar.library.setEnabled(bool(jobs))
        self.empty.show_welcome(not (jobs or self._controller.settings.welcomed))
        if jobs and not self._controller.settings.welcomed:
            settings = replace(self._controller.settings, welcomed=True)
            self._controller.change_settings(settings)
        if jobs and not view.current_id():
            view.select(jobs[0].id)
        self._select(view.current_id())

    def _select(self, job_id: str) -> None:
        self.song.show_job(job_id)

    def _models_known(self, choices: tuple[ModelChoice, ...]) -> None:
        notice = model_words.no_model_notice(self._controller.folders.models)
        self.empty.show_notice("" if any(choice.usable() for choice in choices) else notice)

    def _show_progress(self) -> None:
        self.setWindowTitle(messages.window_title(self._controller.split_progress))

    def _job_changed(self, job_id: str) -> None:
        if not self._controller.busy:
            self.setWindowTitle(labels.APP_NAME)
            if self.banners.closing.isVisible():
                self._close_now()

    def _retint(self) -> None:
        retint(self)

    def _choose_output(self) -> None:
        self.playback.set_output(self._controller.settings.output_device)

    def _heard(self) -> None:
        most = self._controller.settings.threads_playing
        self._controller.tasks.make_way(self.playback.playing, most)
        if self.playback.playing:
            self.status.show_sound(self.playback.silent_reason)

    # What is asked

    def open_files(self) -> None:
        dialogs.choose_files(self, self.take)

    def open_folder(self) -> None:
        dialogs.choose_folder(self, labels.OPEN_FOLDER_CAPTION, self._controller.add_paths)

    def paste(self) -> None:
        self.adds.paste()

    def take(self, paths: list[Path]) -> None:
        self.adds.take_paths(paths)

    def show_settings(self) -> None:
        self.pages.show_settings()

    def show_keys(self) -> None:
        dialogs.KeysDialog(self).show_over()

    def show_failure(self, job_id: str) -> None:
        job = self._controller.job(job_id)
        if job is not None:
            dialogs.FailureDialog(self, job).show_over()

    def ask_trash(self, job_id: str) -> None:
        job = self._controller.job(job_id)
        if job is not None and job.state is JobState.DONE:
            dialogs.ask_trash(self, job, lambda: self._trash(job_id))

    def _trash(self, job_id: str) -> None:
        self.song.let_go(job_id)
        self._controller.trash(job_id)

    def locate(self, job_id: str) -> None:
        def found(paths: list[Path]) -> None:
            self._controller.locate(job_id, paths[0])
            self.song.look_again(job_id)

        dialogs.choose_folder(self, labels.LOCATE_CAPTION, found)

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.adds.drag(event, self.overlay)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.adds.drag_on(event, self.overlay)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.adds.drop(event, self.overlay)

    # Size, start and end

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.body.set_narrow(self.width() < NARROW_PX)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._started:
            self._started = True
            QTimer.singleShot(0, self.status.start)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close and self.exports.holds(self.close):
            event.ignore()
            return
        if self._may_close or not self._controller.busy:
            self._shut()
            event.accept()
            return
        event.ignore()
        if self._close_dialog is None:
            waiting = sum(job.state in _BEHIND for job in self._controller.jobs)
            self._close_dialog = dialogs.ask_close(self, self._close_chosen, waiting)
            self._close_dialog.finished.connect(self._question_closed)

    def _question_closed(self) -> None:
        self._close_dialog = None

    def _close_chosen(self, choice: CloseChoice) -> None:
        if choice is CloseChoice.STOP_NOW:
            self.ends.emit()
            self.setEnabled(False)
            self.setWindowTitle(labels.STOPPING)
            self.playback.shut()
            QTimer.singleShot(_STOP_WITHIN_MS, self, self._close_now)
            self._controller.stop_now()
        elif choice is CloseChoice.FINISH_FIRST:
            self._controller.hold()
            self.banners.show_closing(self._stay_open)
            self._job_changed("")  # it may have ended while we asked

    def _stay_open(self) -> None:
        self.banners.closing.hide()
        self._controller.release()

    def _close_now(self) -> None:
        self._may_close = True
        self.close()

    def _shut(self) -> None:
        """Begin to let go; whoever ends the app waits for it."""
        self.ends.emit()
        self._save_geometry()
        self.playback.shut()
        self.drags.out.close()

    def _save_geometry(self) -> None:
        text = base64.b64encode(self.saveGeometry().data()).decode("ascii")
        if text != self._controller.settings.window:
            self._controller.change_settings(replace(self._controller.settings, window=text))

    def _restore_geometry(self) -> None:
        try:
            saved = base64.b64decode(self._controller.settings.window, validate=True)
        except ValueError:
            saved = b""
        if not saved or not self.restoreGeometry(QByteArray(saved)):
            room = self.screen().availableSize() - _FRAME  # small screens, large scales
            self.resize(SIZE.boundedTo(room))
