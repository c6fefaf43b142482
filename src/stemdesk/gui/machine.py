"""Settings, folders and the device: what new jobs are made with and run on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import StemDeskError
from stemdesk.core.settings import Settings, save_settings
from stemdesk.gui import reports
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.values import DeviceLike, NoDevice
from stemdesk.log import log
from stemdesk.paths import Folders
from stemdesk.priority import rush


class Machine(QObject):
    """Saves the settings and asks for the device, off the GUI thread."""

    device_known = Signal(object)  # DeviceLike
    models_moved = Signal()  # another models folder was chosen
    message = Signal(object)  # UserMessage

    def __init__(
        self,
        tasks: Tasks,
        defaults: Folders,
        settings: Settings,
        probe: Callable[[str], DeviceLike],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._defaults = defaults
        self._probe = probe
        self._saved = settings
        self._saving = False
        self.settings = settings
        self.folders = defaults.chosen(settings)

    def scratch(self) -> Path:
        """The folder for working files."""
        return self.folders.scratch

    def start(self) -> None:
        self._probe_device()

    def close(self) -> None:
        """Save what is not saved yet; the tasks have ended."""
        if self._saved != self.settings:
            try:
                save_settings(self.settings, self.folders.settings_file)
            except StemDeskError as error:
                log.error("the settings were not saved: %s", error)

    def change_settings(self, settings: Settings) -> bool:
        """Take and save them; whether that changes where or on what jobs run."""
        before, self.settings = self.settings, settings
        self.folders = self._defaults.chosen(settings)
        self._save()
        if settings.device != before.device:
            self._probe_device()
        if settings.models_folder != before.models_folder:
            self.models_moved.emit()
        return _place(settings) != _place(before)

    def _save(self) -> None:
        """One write at a time, so that the newest settings are written last."""
        if self._saving or self._saved == self.settings:
            return
        self._saving = True
        settings, path = self.settings, self.folders.settings_file

        def saved(outcome: Outcome[None]) -> None:
            self._saving = False
            self._saved = settings  # a disk that refuses them is not asked again
            if outcome.error is not None:
                self.message.emit(reports.error_message(outcome.error, path))
            self._save()

        self._tasks.io(lambda: save_settings(settings, path), saved)

    def _probe_device(self) -> None:
        wanted, ask = self.settings.device, self._probe

        def probed(outcome: Outcome[DeviceLike]) -> None:
            if wanted != self.settings.device:
                return  # changed meanwhile: that answer comes, too
            device = outcome.value
            if device is None:
                error = outcome.error or RuntimeError("no answer")
                why = reports.error_message(error)
                device = NoDevice(wanted, wanted.upper(), why.text)
                self.message.emit(why)
            self.device_known.emit(device)

        def probe(_: object) -> DeviceLike:
            with rush():  # it imports torch, and the first song waits for that
                return ask(wanted)

        self._tasks.compute(probe, probed)


def _place(settings: Settings) -> tuple[object, ...]:
    """The settings that a workplace depends on."""
    return (
        settings.device,
        settings.models_folder,
        settings.scratch_folder,
        settings.longest_hours,
        settings.cache_folder,
        settings.cache_gb,
    )
