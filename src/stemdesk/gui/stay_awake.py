"""The computer stays awake while there is work, if the settings say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from stemdesk.awake import Inhibitor, inhibitor

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller


class StayAwake(QObject):
    """Follows the controller. `by`: what holds sleep off; the system's own if None."""

    def __init__(self, controller: Controller, by: Inhibitor | None = None) -> None:
        super().__init__(controller)
        self._controller = controller
        self._by = by or inhibitor()
        self._held = False
        controller.job_changed.connect(self.look)
        controller.exports.changed.connect(self.look)
        controller.stopped.connect(self.end)

    def look(self) -> None:
        """Whether a job runs, a link is fetched, songs are exported, or the setting has changed."""
        controller = self._controller
        works = controller.busy or controller.exports.busy or bool(controller.links.running)
        wanted = works and controller.settings.stay_awake
        if wanted != self._held:
            self._held = wanted
            if wanted:
                self._by.hold()
            else:
                self._by.release()

    def end(self) -> None:
        """Nothing runs any more."""
        if self._held:
            self._held = False
            self._by.release()
