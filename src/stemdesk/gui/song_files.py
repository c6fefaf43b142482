"""Which files a finished song has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import ErrorCode, SourceError, write_error
from stemdesk.core.files import is_file
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken
from stemdesk.gui.tasks import Outcome, Tasks


@dataclass(frozen=True, slots=True)
class SongFiles:
    """A finished song's stems, in the order of its manifest. `changed_ns`: when the newest file
    was written, in nanoseconds. `with_source`: whether the song's own file is there, too."""

    job_id: str
    folder: Path
    files: dict[str, Path]
    changed_ns: int = 0
    with_source: bool = False

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(self.files)


class SongReader(QObject):
    """Looks for one song at a time in the io pool; asking for another one stops the first.

    `found`: SongFiles. `missing`: job id; its files are not where they were.
    """

    found = Signal(object)
    missing = Signal(str)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._cancel = CancelToken()

    def read(self, job: Job) -> None:
        """Look for the job's stems."""
        self.stop()
        self._cancel = cancel = CancelToken()
        output = job.output
        if output is None:
            self.missing.emit(job.id)
            return
        find = partial(find_stems, job.id, output, job.source)
        self._tasks.io(find, partial(self._found, job.id, cancel))

    def stop(self) -> None:
        self._cancel.cancel()

    def _found(self, job_id: str, cancel: CancelToken, outcome: Outcome[SongFiles]) -> None:
        if cancel.cancelled:
            return
        song = outcome.value
        if song is None:
            self.missing.emit(job_id)
        else:
            self.found.emit(song)


def find_stems(job_id: str, folder: Path, source: Path | None = None) -> SongFiles:
    """The stems that the folder's manifest names. Raises `SourceError` STEMS_MISSING."""
    import stemdesk.jobs.saved_song  # noqa: F401 - so that the render thread need not wait for it
    from stemdesk.jobs.folder import read_manifest

    manifest = read_manifest(folder)
    files = {} if manifest is None else {item.stem: folder / item.name for item in manifest.files}
    try:
        changed_ns = max(path.stat().st_mtime_ns for path in files.values())
    except (OSError, ValueError) as error:  # a file is gone, or there never was one
        raise SourceError(ErrorCode.STEMS_MISSING, str(error), path=folder) from error
    return SongFiles(job_id, folder, files, changed_ns, source is not None and is_file(source))


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
