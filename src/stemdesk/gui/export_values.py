"""What the window's exports are made of: frozen values, and what the work is done with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.export_order import ExportOrder
from stemdesk.core.export_presets import ExportPreset, load_presets, save_presets
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.values import Exported, ExportSong, ReportExport

if TYPE_CHECKING:
    from stemdesk.audio.originals import Originals

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Songs to export as one order says, into `folder`. `number`: of this run of the app."""

    songs: tuple[ExportSong, ...]
    order: ExportOrder
    folder: Path
    number: int = field(default_factory=lambda: next(_numbers))

    def again(self, songs: Sequence[ExportSong]) -> Batch:
        """The same for some of its songs, as a new one."""
        return replace(self, songs=tuple(songs), number=next(_numbers))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a batch ended; `error`: why it could not even begin, or what was not foreseen."""

    batch: Batch
    exported: Exported
    error: BaseException | None = None

    @property
    def failed(self) -> tuple[ExportSong, ...]:
        """The songs whose export failed; all of them where it could not begin."""
        if self.error is not None:
            return self.batch.songs
        return tuple(one.song for one in self.exported.songs if one.error is not None)

    @property
    def files(self) -> tuple[Path, ...]:
        """What was written, of all songs."""
        return tuple(path for one in self.exported.songs for path in one.files)

    def goes_with(self, other: Ended) -> bool:
        """Whether both can be told as one: the same was wanted, and both went to their end."""
        same = (self.batch.order, self.batch.folder) == (other.batch.order, other.batch.folder)
        cut = self.exported.cancelled or other.exported.cancelled
        return same and not cut and self.error is None and other.error is None

    def after(self, other: Ended) -> Ended:
        """This one and what went before it; of a song that is in both, how it ended now."""
        both = (*other.exported.songs, *self.exported.songs)
        songs = tuple({one.song.folder: one for one in both}.values())
        return Ended(self.batch.again([one.song for one in songs]), Exported(songs))


@dataclass(frozen=True, slots=True)
class Subject:
    """One song as the dialog knows it. `stems`: those that are saved; `video`: whether its own
    file has a picture that moves; `samplerate`: hertz of its own file, `model_rate` of its stems;
    0 where they are not known. `there`: whether its own file is there."""

    song: ExportSong
    stems: tuple[str, ...] = ()
    samplerate: int = 0
    model_rate: int = 0
    video: bool = False
    there: bool = True


def run_export(
    batch: Batch, originals: Originals, report: ReportExport, cancel: CancelToken
) -> Exported:
    """The real export; slow."""
    from stemdesk.jobs.exports.batch import ExportPlace, export_songs

    place = ExportPlace(originals=originals, today=date.today())
    return export_songs(batch.songs, batch.order, batch.folder, place, report, cancel)


def plan(songs: Sequence[ExportSong], order: ExportOrder, folder: Path) -> tuple[Path, ...]:
    """The files that an export would write. Reads folders; decodes nothing. Raises
    `StemDeskError`."""
    from stemdesk.jobs.exports.batch import planned

    return planned(songs, order, folder)


def find_subject(song: ExportSong) -> Subject:
    """What there is of a song. Reads headers; a song whose stems are gone has none."""
    from stemdesk.audio.source_tags import source_rate
    from stemdesk.audio.writing.video import has_video
    from stemdesk.core.files import is_file
    from stemdesk.jobs.folder import read_manifest

    manifest = read_manifest(song.folder)
    if manifest is None:
        return Subject(song)
    stems = tuple(file.stem for file in manifest.files)
    source = song.source
    if manifest.beside.original and not is_file(source):
        source = song.folder / manifest.beside.original
    there = is_file(source)
    return Subject(
        song,
        stems,
        source_rate(source) if there else 0,
        manifest.samplerate,
        there and has_video(source),
        there,
    )


@dataclass(frozen=True, slots=True)
class ExportServices:
    """What exports are done with; tests put in their own."""

    export: Callable[[Batch, Originals, ReportExport, CancelToken], Exported] = run_export
    plan: Callable[[Sequence[ExportSong], ExportOrder, Path], tuple[Path, ...]] = plan
    find: Callable[[ExportSong], Subject] = find_subject
    load: Callable[[Path], tuple[ExportPreset, ...]] = load_presets
    save: Callable[[Path, Sequence[ExportPreset]], None] = save_presets
