"""Exports as the window has them: what is asked, what runs, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from stemdesk.audio.listening import Listening
from stemdesk.core.errors import ErrorCode, ExportError, SettingsError
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.export_presets import ExportPreset
from stemdesk.core.files import is_folder
from stemdesk.core.job import JobState
from stemdesk.gui import export_reports as reports
from stemdesk.gui import export_words as words
from stemdesk.gui import labels
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.export_details import DetailsDialog
from stemdesk.gui.export_dialog import ExportDialog, Start
from stemdesk.gui.export_strip import ExportStrip
from stemdesk.gui.export_values import Batch, Ended, ExportServices, Subject
from stemdesk.gui.messages import song_title
from stemdesk.gui.outside import show_folder
from stemdesk.gui.reports import error_message
from stemdesk.gui.tasks import Outcome
from stemdesk.gui.values import UserMessage
from stemdesk.jobs.exports.values import ExportSong

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller
    from stemdesk.gui.window import MainWindow

_LONGEST = 200
"""Songs that are looked into before the window opens; what they have, more of them have, too."""


class ExportAsks(QObject):
    """`strip`: the lines about exports, for the window."""

    def __init__(self, controller: Controller, window: MainWindow) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self._desk = controller.exports
        self._looking = False
        self._saving = False
        self._unsaved: tuple[ExportPreset, ...] | None = None  # while others are being saved
        self._question: Dialog | None = None
        self._closing: Callable[[], object] | None = None
        self.strip = ExportStrip(self._desk)
        self.strip.details_wanted.connect(self.show_details)
        self.strip.change_wanted.connect(self._change)
        self.strip.folder_wanted.connect(self._show_folder)
        self.strip.running.stay_wanted.connect(self._stay)
        self._desk.changed.connect(self._look)

    # What is asked

    def show(self, ids: Sequence[str]) -> None:
        """Open the export window for these songs, those of them that are finished."""
        songs = self._songs(ids)
        if songs:
            self._look_into(songs, self._last())
        else:
            self._controller.message.emit(UserMessage(f"{words.NOT_FINISHED_TIP}."))

    def _change(self, ended: Ended) -> None:
        """Open it for the songs that failed, with what was chosen for them."""
        self._look_into(ended.failed, ended.batch.order)

    def _look_into(self, songs: Sequence[ExportSong], order: ExportOrder) -> None:
        if self._looking:
            return
        self._looking = True
        services, where = self._desk.services, self._controller.folders
        work = partial(_look, services, songs, where.export_presets)
        self._controller.tasks.io(work, partial(self._open, order))

    def _songs(self, ids: Sequence[str]) -> tuple[ExportSong, ...]:
        """In the list's order, as they are heard now."""
        controller = self._controller
        done = [job for job in controller.jobs if job.id in set(ids) and job.state is JobState.DONE]
        recall = controller.memory.recall
        songs = [ExportSong.of(job, recall(job.id) or Listening(), song_title(job)) for job in done]
        return tuple(song for song in songs if song is not None)

    def _open(
        self,
        order: ExportOrder,
        outcome: Outcome[tuple[tuple[Subject, ...], tuple[ExportPreset, ...]]],
    ) -> None:
        self._looking = False
        controller = self._controller
        if outcome.value is None:
            controller.message.emit(error_message(outcome.error or RuntimeError("nothing found")))
            return
        subjects, own = outcome.value
        if not any(one.stems for one in subjects):
            gone = ExportError(ErrorCode.STEMS_MISSING, path=subjects[0].song.folder)
            controller.message.emit(error_message(gone))
            return
        start = Start(subjects, order, controller.folders.exports, own)
        dialog = ExportDialog(self._window, start, controller.tasks, self._desk.services)
        dialog.chosen.connect(self._chosen)
        dialog.edited.connect(self._save)
        dialog.presets.renamed.connect(self._renamed)
        dialog.show_over()

    def _last(self) -> ExportOrder:
        """What was chosen last; the usual at first, and where it cannot be read."""
        try:
            return ExportOrder.from_json(json.loads(self._controller.settings.last_export))
        except (ValueError, KeyError, TypeError, SettingsError):
            return ExportOrder()

    def _chosen(self, batch: Batch) -> None:
        controller = self._controller
        settings = replace(controller.settings, last_export=json.dumps(batch.order.to_json()))
        if batch.folder != controller.folders.exports and not batch.order.beside_source:
            settings = replace(settings, export_folder=str(batch.folder))
        controller.change_settings(settings)
        self._desk.put(batch)

    def _save(self, own: tuple[ExportPreset, ...]) -> None:
        """One after the other, for the last one to stay: there are several threads for disks."""
        self._unsaved = own
        if not self._saving:
            self._save_next()

    def _save_next(self) -> None:
        own, self._unsaved = self._unsaved, None
        self._saving = own is not None
        if own is not None:
            path = self._controller.folders.export_presets
            self._controller.tasks.io(partial(self._desk.services.save, path, own), self._saved)

    def _renamed(self, old: str, new: str) -> None:
        """What is exported with after each split stays the same."""
        controller = self._controller
        if controller.settings.auto_export == old:
            controller.change_settings(replace(controller.settings, auto_export=new))

    def _saved(self, outcome: Outcome[None]) -> None:
        self._save_next()
        if outcome.error is not None:
            self._controller.message.emit(error_message(outcome.error))

    # What came of it

    def show_details(self, ended: Ended) -> None:
        DetailsDialog(self._window, ended).show_over()

    def _show_folder(self, folder: Path) -> None:
        """Open it, or say that it is not there: systems say nothing."""

        def looked(outcome: Outcome[bool]) -> None:
            if outcome.value:
                show_folder(folder)
            else:
                gone = ExportError(ErrorCode.FOLDER_GONE, path=folder)
                self._controller.message.emit(error_message(gone))

        self._controller.tasks.io(lambda: is_folder(folder), looked)

    # The window's end

    def holds(self, close: Callable[[], object]) -> bool:
        """Whether the window has to stay open for now: an export runs, and the person is asked.
        `close`: what is done once nothing runs any more."""
        if not self._desk.busy:
            return False
        if self._question is None:
            self._question = self._ask(close)
            self._question.finished.connect(self._answered)
        return True

    def _ask(self, close: Callable[[], object]) -> Dialog:
        dialog = Dialog(self._window, reports.CLOSE_HEADLINE, reports.CLOSE_TEXT)
        dialog.setWindowTitle(labels.APP_NAME)
        for name, text, act in (
            ("stay", reports.CLOSE_STAY, self._stay),
            ("finish", reports.CLOSE_FINISH, partial(self._finish, close)),
            ("stop", reports.CLOSE_STOP, partial(self._stop, close)),
        ):
            press = partial(_press, dialog, act)
            dialog.add_button(text, press, primary=name == "finish").setObjectName(name)
        dialog.show_over()
        return dialog

    def _answered(self) -> None:
        self._question = None

    def _stay(self) -> None:
        self._closing = None
        self.strip.running.show_closing(False)

    def _finish(self, close: Callable[[], object]) -> None:
        self._closing = close
        self.strip.running.show_closing(True)
        self._look()  # it may have ended while we asked

    def _stop(self, close: Callable[[], object]) -> None:
        self._closing = close
        self._desk.cancel_all()
        self._look()

    def _look(self) -> None:
        close, busy = self._closing, self._desk.busy or self._desk.waiting
        if close is not None and not busy:
            self._closing = None
            self.strip.running.show_closing(False)
            close()


def _look(
    services: ExportServices, songs: Sequence[ExportSong], path: Path
) -> tuple[tuple[Subject, ...], tuple[ExportPreset, ...]]:
    """What the songs have, and a person's presets."""
    found = [services.find(song) if n < _LONGEST else None for n, song in enumerate(songs)]
    known = next((one for one in found if one is not None and one.stems), Subject(songs[0]))
    subjects = [one or replace(known, song=song) for one, song in zip(found, songs, strict=True)]
    return tuple(subjects), services.load(path)


def _press(dialog: Dialog, act: Callable[[], object]) -> None:
    dialog.accept()
    act()
