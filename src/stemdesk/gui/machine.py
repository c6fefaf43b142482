"""Settings, folders and the device: what new jobs are made with and run on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from stemdesk.core.errors import StemDeskError
from stemdesk.core.settings import Settings, save_settings
from stemdesk.gui import reports
from stemdesk.gui.tasks import Outcome, Tasks, ignore
from stemdesk.gui.values import DeviceLike, NoDevice, Surroundings
from stemdesk.log import log
from stemdesk.paths import Folders
from stemdesk.priority import rush

SONG_FIRST_MS = 3000


class Machine(QObject):
    """Saves the settings and asks for the device, off the GUI thread."""

    device_known = Signal(object)  # DeviceLike
    _met = Signal(str, object)  # preference, DeviceLike
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
        self._known_for: str | None = None  # the preference whose device was told last
        self._later = QTimer(self, singleShot=True, interval=SONG_FIRST_MS)
        self._later.timeout.connect(self._probe_unless_known)
        self._met.connect(self._on_met, Qt.ConnectionType.QueuedConnection)
        self._saved = settings
        self._saving = False
        self.settings = settings
        self.folders = defaults.chosen(settings)

    def scratch(self) -> Path:
        """The folder for working files."""
        return self.folders.scratch

    def load_libraries(self) -> None:
        """While the window is made: load what can be loaded beside that. Not for who has chosen the
        processor, for which nothing is imported before the first song, and maybe never."""
        if self.settings.device != "cpu":
            load = self._around.load_libraries
            self._tasks.compute(lambda _: load(), ignore)

    def start(self, *, song_comes: bool = False) -> None:
        """Ask for the device, which imports torch. `song_comes`: a song was given with the start.
        It is prepared first, which is done sooner without that beside it, and asks for the device
        itself (`met`)."""
        if song_comes:
            self._later.start()
        else:
            self._probe_device()

    def met(self, preference: str, device: DeviceLike) -> None:
        """A job was told the device for this preference. From any thread."""
        self._met.emit(preference, device)

    def _on_met(self, preference: str, device: DeviceLike) -> None:
        if preference == self.settings.device != self._known_for:
            self._tell(preference, device)

    def _tell(self, preference: str, device: DeviceLike) -> None:
        self._known_for = preference
        self.device_known.emit(device)

    def _probe_unless_known(self) -> None:
        if self._known_for != self.settings.device:
            self._probe_device()

    def close(self) -> None:
        """Save what is not saved yet; the tasks have ended."""
        self._later.stop()
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
        wanted, ask = self.settings.device, self._around.probe

        def probed(outcome: Outcome[DeviceLike]) -> None:
            if wanted != self.settings.device:
                return  # changed meanwhile: that answer comes, too
            device = outcome.value
            if device is None:
                error = outcome.error or RuntimeError("no answer")
                why = reports.error_message(error)
                device = NoDevice(wanted, wanted.upper(), why.text)
                self.message.emit(why)
            self._tell(wanted, device)

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
