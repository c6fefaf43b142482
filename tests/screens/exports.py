"""Exports for the pictures: real ones that can be stopped on their way, and what is chosen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from stemdesk.audio.listening import Listening
from stemdesk.audio.originals import Originals
from stemdesk.core.export_presets import BUILT_IN
from stemdesk.core.progress import CancelToken
from stemdesk.gui.export_dialog import ExportDialog
from stemdesk.gui.export_values import Batch, ExportServices
from stemdesk.gui.window import MainWindow
from stemdesk.jobs.exports.values import Exported, ExportProgress, ExportSong, ReportExport

if TYPE_CHECKING:
    from screens.studio import Studio

_FROM = 0.4
_LOOK_MS = 50


class Brake:
    """Holds real exports when they are that far, until it is released."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._held = threading.Event()

    def services(self) -> ExportServices:
        real = ExportServices()

        def run(
            batch: Batch, originals: Originals, report: ReportExport, cancel: CancelToken
        ) -> Exported:
            return real.export(batch, originals, self._braked(report), cancel)

        return replace(real, export=run)

    def _braked(self, report: ReportExport) -> ReportExport:
        def told(progress: ExportProgress) -> None:
            if progress.fraction >= _FROM and not self._free.is_set():
                report(replace(progress, left_s=progress.left_s or 72.0))
                self._held.set()
                self._free.wait()
            report(progress)

        return told

    def hold(self) -> None:
        self._held.clear()
        self._free.clear()

    def holds(self) -> bool:
        return self._held.is_set()

    def release(self) -> None:
        self._free.set()


def shown(
    window: MainWindow, ids: Sequence[str], choose: Callable[[ExportDialog], object] | None = None
) -> None:
    """The export window for these songs; `choose` does something in it."""
    window.exports.show(ids)
    timer = QTimer(window, interval=_LOOK_MS)

    def look() -> None:
        dialogs = [one for one in window.findChildren(ExportDialog) if one.isVisible()]
        if dialogs and choose is not None:
            choose(dialogs[0])
        if dialogs:
            timer.stop()
            timer.deleteLater()

    timer.timeout.connect(look)
    timer.start()


def for_a_daw(dialog: ExportDialog) -> None:
    dialog.apply(BUILT_IN[0].order, BUILT_IN[0].name)
    bar = dialog.area.verticalScrollBar()
    QTimer.singleShot(_LOOK_MS, bar, lambda: bar.setValue(bar.maximum()))


def unfolded(dialog: ExportDialog) -> None:
    for fold in (dialog.parts.more, dialog.where.names):
        fold.set_open(True)
    dialog.formats.add.click()


def wrong_template(dialog: ExportDialog) -> None:
    dialog.where.names.set_open(True)
    dialog.where.template.setText("{artist} - {titel}")
    dialog.where.changed.emit()
    QTimer.singleShot(_LOOK_MS, dialog, lambda: dialog.area.ensureWidgetVisible(dialog.where.tags))


def export(studio: Studio, ids: Sequence[str], folder: Path | None = None) -> None:
    """Put songs on the queue as they are."""
    controller = studio.controller
    jobs = [job for job in controller.jobs if job.id in ids]
    songs = [song for job in jobs if (song := ExportSong.of(job, Listening())) is not None]
    order = BUILT_IN[0].order
    controller.exports.put(Batch(tuple(songs), order, folder or controller.folders.exports))
