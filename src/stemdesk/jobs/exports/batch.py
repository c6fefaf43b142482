"""Several songs by one order: each on its own, so that one that fails stops no other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from stemdesk.core.export_order import ExportOrder
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.place import ExportPlace
from stemdesk.jobs.exports.values import Exported, ExportSong, ReportExport

__all__ = ["ExportPlace", "export_songs", "planned"]


def export_songs(
    songs: Sequence[ExportSong],
    order: ExportOrder,
    folder: Path,
    place: ExportPlace,
    report: ReportExport,
    cancel: CancelToken,
) -> Exported:
    """Write what the order says of each song to `folder` (made where it is not there), or beside
    the song's own file (`order.beside_source`).

    Files appear under their names once all of their song are whole. What goes wrong with a song is
    its `ExportedSong.error`. Raises `SettingsError` for a template that cannot be, before anything
    is written, and nothing else.
    """
    raise NotImplementedError


def planned(
    songs: Sequence[ExportSong], order: ExportOrder, folder: Path, today: date | None = None
) -> tuple[Path, ...]:
    """The files that `export_songs` would write now, under the names that are free now; songs that
    cannot be read are passed over. Reads the songs' headers once and keeps what they say, so that
    it can be asked again while a person types.

    Raises `SettingsError` for a template that cannot be.
    """
    raise NotImplementedError
