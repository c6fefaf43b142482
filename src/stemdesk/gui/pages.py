"""The window's own pages: settings, diagnostics, and what deletes everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from stemdesk.core.declared import Section
from stemdesk.core.redact import redact
from stemdesk.gui import reports
from stemdesk.gui.delete_everything import DeleteDialog, find_everything, show_at_work
from stemdesk.gui.diagnostics import DiagnosticsPage, Heard, report_text
from stemdesk.gui.settings_dialog import Around, SettingsDialog
from stemdesk.gui.tasks import Outcome
from stemdesk.gui.values import DeviceLike
from stemdesk.priority import can_limit

if TYPE_CHECKING:
    from stemdesk.core.settings import Settings
    from stemdesk.gui.controller import Controller
    from stemdesk.gui.window import MainWindow
    from stemdesk.jobs.belongings import Belonging


class Pages(QObject):
    """Makes them when they are asked for, with what they need from the window."""

    settings_changed = Signal()

    def __init__(self, controller: Controller, window: MainWindow) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._looking = False
        self._device: DeviceLike | None = None
        self.delete_at_end: bool | None = None  # everything, when the app has closed: models, too?
        controller.device_known.connect(self._know_device)

    def show_link_settings(self) -> None:
        self.show_settings(Section.LINKS)

    def show_saving_settings(self) -> None:
        self.show_settings(Section.SAVING)

    def show_settings(self, section: Section | None = None) -> None:
        """`section`: the one that is shown first."""
        controller, window = self._controller, self._window
        models = [one for one in controller.models.choices if one.choosable]
        hidden = frozenset() if can_limit() else frozenset({"threads_playing"})
        around = Around(
            controller.folders,
            controller.tasks,
            models,
            hidden=hidden,
            downloader=controller.downloader,
            gpu=controller.gpu,
            diagnose=self.copy_diagnostics,
        )
        dialog = SettingsDialog(window, controller.settings, around)
        dialog.changed.connect(self._change)
        dialog.models_wanted.connect(window.models.show_page)
        dialog.diagnostics_wanted.connect(self.show_diagnostics)
        dialog.delete_wanted.connect(self.ask_delete)
        if section is not None:
            dialog.show_section(section)
        dialog.show_over()

    def show_diagnostics(self) -> None:
        controller, window = self._controller, self._window
        DiagnosticsPage(
            window, controller.folders, controller.tasks, lambda: self._device, self.heard
        ).show_over()

    def copy_diagnostics(self, then: Callable[[bool], None]) -> None:
        """Copy them without showing them, and call `then` with whether they are copied."""
        where, device, heard = self._controller.folders, self._device, self.heard()

        def made(outcome: Outcome[str]) -> None:
            if outcome.value is not None:
                QGuiApplication.clipboard().setText(outcome.value)
            then(outcome.value is not None)

        self._controller.tasks.io(lambda: redact(report_text(where, device, heard)), made)

    def heard(self) -> Heard:
        """What the player tells of sound."""
        playback = self._window.playback
        return Heard(playback.output_label, playback.underruns)

    def _know_device(self, device: DeviceLike) -> None:
        self._device = device

    def ask_delete(self) -> None:
        """Show all that StemDesk keeps, and ask whether it is to go."""
        controller = self._controller
        if self._at_work():
            show_at_work(self._window)
        elif not self._looking:
            self._looking = True
            where = controller.folders
            controller.tasks.io(partial(find_everything, where), self._ask_delete)

    def _ask_delete(self, outcome: Outcome[tuple[Belonging, ...] | None]) -> None:
        self._looking = False
        if outcome.error is not None:
            self._controller.message.emit(reports.error_message(outcome.error))
        elif outcome.value is None or self._at_work():
            show_at_work(self._window)
        else:
            DeleteDialog(self._window, outcome.value, self._delete).show_over()

    def _delete(self, models: bool) -> None:
        if self._at_work():  # a song was added meanwhile, in another StemDesk maybe
            show_at_work(self._window)
            return
        self.delete_at_end = models
        self._controller.hold()  # nothing begins any more
        self._window.close()

    def _at_work(self) -> bool:
        controller = self._controller
        here = controller.busy or controller.exports.busy or bool(controller.links.running)
        return here or any(controller.is_elsewhere(job.id) for job in controller.jobs)

    def _change(self, settings: Settings) -> None:
        self._controller.change_settings(settings)
        self._window.status.look_at_disk()
        self.settings_changed.emit()
