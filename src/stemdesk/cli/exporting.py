"""The work of exports for one command line, with what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.errors import Cancelled
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.jobs.exports.values import ExportedSong, ExportSong, ReportExport
from stemdesk.paths import Folders

if TYPE_CHECKING:  # NumPy comes with it
    from stemdesk.audio.originals import Originals

_GB = 10**9


@contextmanager
def opened_originals(where: Folders, settings: Settings) -> Iterator[Originals]:
    """The songs' own sound by way of the playback cache, which is kept within its cap."""
    from stemdesk.audio.originals import Originals
    from stemdesk.audio.play_cache import PlayCache

    cache = PlayCache(where.cache / "playing", round(settings.cache_gb * _GB))
    originals = Originals(cache)
    try:
        yield originals
    finally:
        originals.close()
        cache.trim()


def export_all(
    songs: Sequence[ExportSong],
    order: ExportOrder,
    folder: Path,
    originals: Originals,
    report: ReportExport,
    tell: Callable[[ExportedSong], None],
    cancel: CancelToken,
) -> None:
    """Export the songs; each is told of when it has ended, also one that failed or of which only
    some files were finished. Raises `SettingsError`, `Cancelled`."""
    from stemdesk.jobs.exports.batch import ExportPlace, export_songs

    told: list[ExportedSong] = []

    def finished(song: ExportedSong) -> None:
        told.append(song)
        tell(song)

    place = ExportPlace(originals)
    exported = export_songs(songs, order, folder, place, report, cancel, finished)
    for song in exported.songs[len(told) :]:
        tell(song)
    if exported.cancelled:
        raise Cancelled
