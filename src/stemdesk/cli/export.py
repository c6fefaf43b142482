"""`stemdesk export`: finished songs into files as they are needed elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from stemdesk.awake import held_off
from stemdesk.cli.export_choice import find_preset, order_of, warning
from stemdesk.cli.export_display import ExportDisplay, JsonExports, TextExports
from stemdesk.cli.export_lists import list_presets, list_songs
from stemdesk.cli.exporting import export_all, opened_originals
from stemdesk.cli.finished_songs import FinishedSongs
from stemdesk.core.errors import Cancelled, SettingsError, StemDeskError
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.jobs.exports.values import ExportedSong, ExportProgress, ExportSong
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders, user_path

_STOPPED = 130


def run(
    options: argparse.Namespace, where: Folders, settings: Settings, cancel: CancelToken
) -> int:
    """Run `stemdesk export …`; returns the exit code. Raises `StemDeskError` where that is a
    list, and `SettingsError` for an order that cannot be."""
    if options.presets:
        return list_presets(where, options.json)
    if options.list:
        return list_songs(where, options.json)
    base = find_preset(options.preset, where).order if options.preset else ExportOrder()
    order = order_of(options, base)
    folder = user_path(options.output) if options.output else where.exports
    display: ExportDisplay = JsonExports() if options.json else TextExports()
    exporter = _Exporter(display, cancel)
    try:
        with held_off(settings.stay_awake):
            exporter.export(options.songs, order, folder, where, settings)
    except SettingsError:
        raise
    except StemDeskError as error:  # the list of songs cannot be read
        exporter.fail(error)
    except (Cancelled, KeyboardInterrupt):
        return exporter.end(stopped=True)
    return exporter.end()


class _Exporter:
    """Counts songs and tells of them."""

    def __init__(self, display: ExportDisplay, cancel: CancelToken) -> None:
        self._display = display
        self._cancel = cancel
        self._numbers: dict[ExportSong, int] = {}
        self._done = 0
        self._failed = 0

    def export(
        self,
        names: list[str],
        order: ExportOrder,
        folder: Path,
        where: Folders,
        settings: Settings,
    ) -> None:
        """Raises `StemDeskError` for what concerns the whole run, and `Cancelled`."""
        store = JobStore(where.database)
        try:
            songs, errors = FinishedSongs(store).find(names, self._cancel)
        finally:
            store.close()
        self._numbers = {song: number for number, song in enumerate(songs, start=1)}
        self._display.begin(len(songs), folder)
        for error in errors:
            self.fail(error)
        if text := warning(order):
            self._display.note(text)
        with opened_originals(where, settings) as originals:
            export_all(songs, order, folder, originals, self._report, self._tell, self._cancel)

    def fail(self, error: StemDeskError) -> None:
        """For what is no song."""
        self._failed += 1
        self._display.failed(0, "", error)

    def end(self, *, stopped: bool = False) -> int:
        code = _STOPPED if stopped else int(self._failed > 0)
        self._display.end(self._done, self._failed, code)
        return code

    def _report(self, progress: ExportProgress) -> None:
        self._display.progress(progress)
        if self._display.closed:  # nobody listens any more: `stemdesk … | head`
            self._cancel.cancel()

    def _tell(self, exported: ExportedSong) -> None:
        number = self._numbers[exported.song]
        if exported.error is None:
            self._done += 1
        else:
            self._failed += 1
        if exported.error is None or exported.files or exported.notices:
            self._display.done(number, exported)
        if exported.error is not None:
            self._display.failed(number, exported.song.title, exported.error)
