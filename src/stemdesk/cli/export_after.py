"""Each song of `stemdesk split` is exported as soon as it is split, where that was asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from stemdesk.audio.listening import Listening
from stemdesk.audio.originals import Originals
from stemdesk.cli.display import Display
from stemdesk.cli.export_choice import exports_too, find_preset, order_of, warning
from stemdesk.cli.exporting import export_all
from stemdesk.core.errors import SettingsError
from stemdesk.core.export_order import Collision, ExportOrder
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.jobs.exports.values import ExportedSong, ExportProgress, ExportSong
from stemdesk.jobs.pipeline import Result
from stemdesk.paths import Folders


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """`collision_said`: by the line. Else a song that was split before is not exported anew where
    its files are there: so the same command goes on where it stopped."""

    order: ExportOrder
    folder: Path
    collision_said: bool


def plan_of(
    options: argparse.Namespace,
    settings: Settings,
    where: Folders,
    root: Path,
    note: Callable[[str], None],
) -> ExportPlan | None:
    """What the line asks for, into the folder `root`, else what the settings say; None: no export.
    A preset of the settings that is gone is told by `note`, and stops no split. Raises
    `SettingsError`."""
    if options.no_export:
        return None
    if exports_too(options):
        saved = settings.export
        usual = ExportOrder(
            formats=(FileFormat(FileKind(saved.format.value), saved.bits),),
            exact_sum=saved.exact_sum and options.clipping != "limit",
        )
        base = find_preset(options.preset, where).order if options.preset else usual
        order = order_of(options, base, settings.bits)
        return ExportPlan(order, root, options.if_there is not None)
    if not settings.auto_export:
        return None
    try:
        preset = find_preset(settings.auto_export, where)
    except SettingsError:
        note(f"Nothing is exported: the settings' preset “{settings.auto_export}” is gone.")
        return None
    return ExportPlan(preset.order, where.exports, False)


class ExportAfter:
    """Called with a finished job and its result; returns whether its export went well, and raises
    `Cancelled`."""

    def __init__(
        self, plan: ExportPlan, originals: Originals, display: Display, cancel: CancelToken,
        recall: Callable[[str], Listening | None],
    ) -> None:  # fmt: skip
        self._plan = plan
        self._originals = originals
        self._display = display
        self._cancel = cancel
        self._recall = recall
        if text := warning(plan.order):
            display.note(text)

    def __call__(self, job: Job, result: Result) -> bool:
        order = self._plan.order
        if result.already and not self._plan.collision_said:
            order = replace(order, collision=Collision.SKIP)
        listening = self._recall(job.id) or Listening()
        song = ExportSong(result.folder, job.source, job.name, listening, job.id)
        failed: list[ExportedSong] = []

        def tell(exported: ExportedSong) -> None:
            self._display.exported(exported)
            if exported.error is not None:
                failed.append(exported)

        folder = self._plan.folder
        export_all([song], order, folder, self._originals, self._report, tell, self._cancel)
        return not failed

    def _report(self, progress: ExportProgress) -> None:
        self._display.exporting(progress)
        if self._display.closed:
            self._cancel.cancel()
