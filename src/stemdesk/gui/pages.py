"""The window's own pages: settings, diagnostics, and what deletes everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.gui.settings_dialog import Around, SettingsDialog

if TYPE_CHECKING:
    from stemdesk.core.settings import Settings
    from stemdesk.gui.controller import Controller
    from stemdesk.gui.window import MainWindow


class Pages(QObject):
    """Makes them when they are asked for, with what they need from the window."""

    settings_changed = Signal()

    def __init__(self, controller: Controller, window: MainWindow) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window

    def show_settings(self) -> None:
        controller, window = self._controller, self._window
        models = [one for one in controller.models.choices if one.choosable]
        around = Around(controller.folders, controller.tasks, models)
        dialog = SettingsDialog(window, controller.settings, around)
        dialog.changed.connect(self._change)
        dialog.models_wanted.connect(window.models.show_page)
        dialog.show_over()

    def _change(self, settings: Settings) -> None:
        self._controller.change_settings(settings)
        self._window.status.look_at_disk()
        self.settings_changed.emit()
