"""Settings, folders and the device: what new jobs are made with and run on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import StemDeskError
from stemdesk.core.settings import Settings, save_settings
from stemdesk.gui import reports
from stemdesk.gui.tasks import Outcome, Tasks, ignore
from stemdesk.gui.values import DeviceLike, NoDevice, Surroundings
from stemdesk.log import log
from stemdesk.paths import Folders


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
        around: Surroundings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._defaults = defaults
        self._around = around
        self._saved = settings
        self._saving = False
        self.settings = settings
        self.folders = defaults.chosen(settings)

    def scratch(self) -> Path:
        """The folder for working files."""
        return self.folders.scratch

    def load_libraries(self) -> None:
        """While the window is made: load what can be loaded beside that."""
        if self._imports_at_start:
            self._tasks.ahead(self._around.load_libraries, ignore)

    def load_engine(self) -> None:
        """After the first paint: the first song, which may be there already, needs it."""
        if self._imports_at_start:
            self._tasks.ahead(self._around.load_engine, ignore)

    def start(self) -> None:
        """Ask for the device; not before the engine is there, for a song must not wait behind
        that."""
        if self._imports_at_start:
            self._tasks.ahead(self._around.load_engine, lambda _: self._probe_device())
        else:
            self._probe_device()

    @property
    def _imports_at_start(self) -> bool:
        """Whether the device cannot be told without torch. Else who opens the window only to play
        songs is spared the memory."""
        return self.settings.device != "cpu"

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
        wanted = self.settings.device

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

        self._tasks.compute(lambda _: self._around.probe(wanted), probed)


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
