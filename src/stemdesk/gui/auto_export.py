"""Exports each song after its split, if the settings say so."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from stemdesk.audio.listening import Listening
from stemdesk.core.export_order import Collision
from stemdesk.core.export_presets import BUILT_IN, ExportPreset
from stemdesk.core.job import Job
from stemdesk.gui import export_reports, messages
from stemdesk.gui.export_desk import ExportDesk
from stemdesk.gui.export_values import Batch
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.machine import Machine
from stemdesk.gui.memory import LedgerMemory
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.values import UserMessage
from stemdesk.jobs.exports.values import ExportSong


class AutoExport(QObject):
    """`message`: what is to be told in passing."""

    message = Signal(object)  # UserMessage

    def __init__(
        self,
        tasks: Tasks,
        ledger: Ledger,
        machine: Machine,
        memory: LedgerMemory,
        desk: ExportDesk,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks, self._ledger, self._machine = tasks, ledger, machine
        self._memory, self._desk = memory, desk
        self._told = ""  # the preset that is said to be gone

    def split(self, job_id: str, already: bool) -> None:
        """A song is finished. `already`: it was split before, and nothing was computed: then only
        those files are made that are not there, as the command line does it."""
        name, job = self._machine.settings.auto_export, self._ledger.get(job_id)
        if not name or job is None:
            return
        path = self._machine.folders.export_presets
        load = partial(self._desk.services.load, path)
        self._tasks.io(load, partial(self._export, name, job, already))

    def _export(
        self, name: str, job: Job, already: bool, outcome: Outcome[tuple[ExportPreset, ...]]
    ) -> None:
        presets = (*BUILT_IN, *(outcome.value or ()))
        preset = next((one for one in presets if one.name == name), None)
        heard = self._memory.recall(job.id) or Listening()
        song = ExportSong.of(job, heard, messages.song_title(job))
        if preset is not None and song is not None:
            order = replace(preset.order, collision=Collision.SKIP) if already else preset.order
            self._desk.put(Batch((song,), order, self._machine.folders.exports))
        elif preset is None and self._told != name:
            self._told = name  # once, not for each of a hundred songs
            self.message.emit(UserMessage(export_reports.PRESET_GONE))
