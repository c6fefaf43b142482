"""Reads what the song area draws: which files a finished song has, and their overviews."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError, write_error
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken
from stemdesk.gui.tasks import Outcome, Tasks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

BUCKETS = 2400
_KEPT = 12
"""Songs whose overviews are kept in memory: about 75 KiB each."""


@dataclass(frozen=True, slots=True)
class SongFiles:
    """A finished song's stems, in the order of its manifest. `changed_ns`: when the newest file
    was written, in nanoseconds."""

    job_id: str
    folder: Path
    files: dict[str, Path]
    changed_ns: int = 0

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(self.files)


class SongReader(QObject):
    """Reads one song at a time in the io pool; asking for another one stops the first.

    `found`: SongFiles. `drawn`: job id, stem, float32 [BUCKETS, 2] of lowest and highest
    samples. `missing`: job id; its files are not where they were. `damaged`: job id and the
    file that cannot be read.
    """

    found = Signal(object)
    drawn = Signal(str, str, object)
    missing = Signal(str)
    damaged = Signal(str, object)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._cancel = CancelToken()
        self._kept: dict[tuple[Path, int], dict[str, Samples]] = {}

    def read(self, job: Job) -> None:
        """Look for the job's stems, then draw them one after the other."""
        self.stop()
        self._cancel = cancel = CancelToken()
        output = job.output
        if output is None:
            self.missing.emit(job.id)
            return
        self._tasks.io(partial(find_stems, job.id, output), partial(self._found, job.id, cancel))

    def stop(self) -> None:
        self._cancel.cancel()

    def _found(self, job_id: str, cancel: CancelToken, outcome: Outcome[SongFiles]) -> None:
        if cancel.cancelled:
            return
        song = outcome.value
        if song is None:
            self.missing.emit(job_id)
            return
        self.found.emit(song)
        kept = self._keep(song)
        for stem, path in song.files.items():
            if stem in kept:
                self.drawn.emit(job_id, stem, kept[stem])
            else:
                done = partial(self._drawn, song, stem, cancel)
                self._tasks.io(_overview(path, cancel), done)

    def _drawn(
        self, song: SongFiles, stem: str, cancel: CancelToken, outcome: Outcome[Samples]
    ) -> None:
        if outcome.value is not None:
            self._keep(song)[stem] = outcome.value
            if not cancel.cancelled:
                self.drawn.emit(song.job_id, stem, outcome.value)
        elif isinstance(outcome.error, StemDeskError) and not cancel.cancelled:
            if outcome.error.code is ErrorCode.STEMS_MISSING:
                self.missing.emit(song.job_id)
            else:
                self.damaged.emit(song.job_id, song.files[stem])

    def _keep(self, song: SongFiles) -> dict[str, Samples]:
        """The song's overviews; those that were looked at longest ago are forgotten."""
        key = (song.folder, song.changed_ns)
        kept = self._kept.pop(key, {})
        self._kept[key] = kept
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return kept


def find_stems(job_id: str, folder: Path) -> SongFiles:
    """The stems that the folder's manifest names. Raises `SourceError` STEMS_MISSING."""
    from stemdesk.jobs.folder import read_manifest

    manifest = read_manifest(folder)
    files = {} if manifest is None else {item.stem: folder / item.name for item in manifest.files}
    try:
        changed_ns = max(path.stat().st_mtime_ns for path in files.values())
    except (OSError, ValueError) as error:  # a file is gone, or there never was one
        raise SourceError(ErrorCode.STEMS_MISSING, str(error), path=folder) from error
    return SongFiles(job_id, folder, files, changed_ns)


def give_up_folder(folder: Path) -> None:
    """Take the manifest's name away: the song in there does not count as split any more, and its
    files stay. Raises `ExportError`, `DiskFullError`."""
    from stemdesk.jobs.folder import MANIFEST

    try:
        (folder / MANIFEST).replace(folder / f"{MANIFEST}.damaged")
    except FileNotFoundError:
        pass  # it counts as split no more
    except OSError as error:
        raise write_error(error, folder) from error


def _overview(path: Path, cancel: CancelToken) -> Callable[[], Samples]:
    def work() -> Samples:
        from stemdesk.audio.peaks import overview

        return overview(path, BUCKETS, cancel)

    return work
