"""Several songs by one order: each on its own, so that one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from stemdesk.core.errors import Cancelled, ErrorCode, StemDeskError
from stemdesk.core.export_order import ExportOrder
from stemdesk.core.progress import CancelToken
from stemdesk.core.template import check_template
from stemdesk.jobs.exports.known import know, know_again
from stemdesk.jobs.exports.made import Made
from stemdesk.jobs.exports.names import Names
from stemdesk.jobs.exports.pace import Pace
from stemdesk.jobs.exports.place import ExportPlace
from stemdesk.jobs.exports.plan import plan_song
from stemdesk.jobs.exports.song import SongExport
from stemdesk.jobs.exports.values import Exported, ExportedSong, ExportSong, ReportExport
from stemdesk.jobs.folder import read_manifest
from stemdesk.log import log

__all__ = ["ExportPlace", "export_songs", "planned"]


def export_songs(
    songs: Sequence[ExportSong],
    order: ExportOrder,
    folder: Path,
    place: ExportPlace,
    report: ReportExport,
    cancel: CancelToken,
    finished: Callable[[ExportedSong], None] = lambda _: None,
) -> Exported:
    """Write what the order says of each song to `folder` (made where it is not there), or beside
    the song's own file (`order.beside_source`).

    Files appear under their names once all of their song are whole. What goes wrong with a song is
    its `ExportedSong.error`. `finished`: told of each song when it is done, failed ones too.

    Raises `SettingsError` for a template that cannot be, before anything
    is written, and nothing else.
    """
    check_template(order.template)
    names = Names(order.collision, [song.source for song in songs])
    lengths_s = []
    for song in songs:
        if cancel.cancelled:
            return Exported((), cancelled=True)
        lengths_s.append(_seconds(song))
    pace = Pace(songs, lengths_s, report)
    done: list[ExportedSong] = []
    for index, song in enumerate(songs):
        if cancel.cancelled:
            return Exported(tuple(done), cancelled=True)
        steps = pace.song(index)
        made = Made(song)
        try:
            # not before its turn: hundreds of covers would lie in memory meanwhile
            plan = plan_song(know(song), order, folder, names, place.today)
            SongExport(plan, order, place, names, made, steps, cancel).run()
        except Cancelled:
            if made.files:  # whole ones: what was to be made of them is not
                done.append(made.result())
            return Exported(tuple(done), cancelled=True)
        except Exception as error:  # the song's edge: the next one is begun all the same
            made.error = _told(error, song)
        done.append(made.result())
        pace.end(index, failed=made.error is not None)
        finished(done[-1])
    return Exported(tuple(done))


def planned(
    songs: Sequence[ExportSong], order: ExportOrder, folder: Path, today: date | None = None
) -> tuple[Path, ...]:
    """The files that `export_songs` would write now, under the names that are free now; songs that
    cannot be read are passed over. Reads the songs' headers once and keeps what they say, so that
    it can be asked again while a person types.

    Raises `SettingsError` for a template that cannot be.
    """
    check_template(order.template)
    known = []
    for song in songs:
        try:
            known.append(know_again(song))
        except StemDeskError as error:
            log.info("not to be exported: %s", error)
    names = Names(order.collision, [song.source for song in songs])
    paths: list[Path] = []
    for one in known:
        try:
            plan = plan_song(one, order, folder, names, today or date.today())
        except StemDeskError as error:
            log.info("not to be exported: %s", error)
            continue
        places = [wish.place for wish in plan.wishes] + [extra for _, extra in plan.extras]
        paths += [place.path for place in places if not place.there]
    return tuple(paths)


def _seconds(song: ExportSong) -> float:
    """How long the song is, as its manifest says; 0 where it says nothing."""
    try:
        manifest = read_manifest(song.folder)
        return 0.0 if manifest is None else manifest.frames / manifest.samplerate
    except Exception:  # the song's edge, too: what is wrong with it is told at its turn
        return 0.0


def _told(error: Exception, song: ExportSong) -> StemDeskError:
    """The error as people get it; anything but a `StemDeskError` is a bug, and logged."""
    if isinstance(error, StemDeskError):
        log.info("the export of %s failed: %s", song.folder, error)
        return error
    log.error("an export failed unexpectedly", exc_info=error)
    return StemDeskError(ErrorCode.INTERNAL, repr(error), path=song.folder)
