"""The finished songs that a command line names: by file, folder, title or id."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from stemdesk.audio.listening import Listening
from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError
from stemdesk.core.files import exists, is_folder
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Tags, display_name
from stemdesk.jobs.exports.values import ExportSong
from stemdesk.jobs.folder import MANIFEST, read_manifest
from stemdesk.jobs.store import JobStore
from stemdesk.paths import user_path

ID_SHOWN = 8
"""Characters of an id that are shown; fewer serve, too."""
_ID_LEAST = 4
_NAMED_MOST = 5  # songs that a sentence names


class FinishedSongs:
    """The songs of the store, and song folders that lie elsewhere."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._jobs = [job for job in store.all() if job.output is not None]
        self._jobs.sort(key=lambda job: job.created, reverse=True)

    def all(self) -> list[ExportSong]:
        """The newest first; of each folder the newest job."""
        return _once(self.of(job) for job in self._jobs)

    def find(
        self, names: Iterable[str], cancel: CancelToken
    ) -> tuple[list[ExportSong], list[StemDeskError]]:
        """The songs in the order of the line, each once, and what could not be found. Raises
        `Cancelled`."""
        songs: list[ExportSong] = []
        errors: list[StemDeskError] = []
        for name in names:
            cancel.check()
            try:
                songs += self._named(name, cancel)
            except StemDeskError as error:
                errors.append(error)
        return _once(songs), errors

    def of(self, job: Job) -> ExportSong:
        """A finished job's song, as it is listened to."""
        song = ExportSong.of(job, self._store.recall(job.id) or Listening())
        if song is None:
            raise ValueError(f"job {job.id} is not finished")
        return song

    def _named(self, name: str, cancel: CancelToken) -> list[ExportSong]:
        path = user_path(name)
        if is_folder(path):
            return self._in_folder(path, cancel)
        if exists(path) or any(job.source == path for job in self._jobs):
            return [self._of_file(path)]
        return [self.of(self._titled(name))]

    def _in_folder(self, folder: Path, cancel: CancelToken) -> list[ExportSong]:
        """A song folder, or all those below a folder."""
        if exists(folder / MANIFEST):
            return [self._of_folder(folder)]
        songs = []
        for place, folders, files in os.walk(folder):
            cancel.check()
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if MANIFEST in files:
                songs.append(self._of_folder(Path(place)))
        if not songs:
            raise _unknown(str(folder))
        return songs

    def _of_folder(self, folder: Path) -> ExportSong:
        for job in self._jobs:
            if job.output is not None and _same(job.output, folder):
                return replace(self.of(job), folder=folder)
        manifest = read_manifest(folder)
        if manifest is None:
            raise SourceError(ErrorCode.STEMS_MISSING, path=folder, retryable=True)
        title = display_name(folder, Tags(manifest.title, manifest.artist))
        return ExportSong(folder, folder / (manifest.beside.original or folder.name), title)

    def _of_file(self, path: Path) -> ExportSong:
        """The song that was split from this file, or whose stem it is."""
        for job in self._jobs:
            if _same(job.source, path):
                return self.of(job)
        if exists(path.parent / MANIFEST):
            return self._of_folder(path.parent)
        raise SourceError(ErrorCode.SONG_NOT_SPLIT, path=path)

    def _titled(self, name: str) -> Job:
        """The one job with this id, or that beginning of one, or this name, title, or part of a
        name: whatever comes first. Raises `SourceError`."""
        wanted = name.strip().casefold()
        for fits in (
            [job for job in self._jobs if job.id == wanted],
            [job for job in self._jobs if len(wanted) >= _ID_LEAST and job.id.startswith(wanted)],
            [job for job in self._jobs if wanted in (job.name.casefold(), _title(job))],
            [job for job in self._jobs if wanted and wanted in job.name.casefold()],
        ):
            songs = list({job.output: job for job in reversed(fits)}.values())
            if len(songs) == 1:
                return songs[0]
            if songs:
                raise _several(name, songs)
        raise _unknown(name)


def _title(job: Job) -> str:
    return job.tags.title.casefold()


def _once(songs: Iterable[ExportSong]) -> list[ExportSong]:
    kept: dict[Path, ExportSong] = {}
    for song in songs:
        kept.setdefault(song.folder, song)
    return list(kept.values())


def _same(one: Path, other: Path) -> bool:
    if one == other:
        return True
    try:
        return one.samefile(other)
    except OSError:
        return False


def _unknown(name: str) -> SourceError:
    return SourceError(ErrorCode.SONG_UNKNOWN, song=name)


def _several(name: str, jobs: list[Job]) -> SourceError:
    named = [f"{job.name} ({job.id[:ID_SHOWN]})" for job in jobs[:_NAMED_MOST]]
    more = ", …" if len(jobs) > _NAMED_MOST else ""
    return SourceError(ErrorCode.SONG_AMBIGUOUS, song=name, known=", ".join(named) + more)
