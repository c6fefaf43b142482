"""Everything StemDesk keeps on this computer, and its removal.

Never a saved stem and never a song: what the list of songs names as a source or as stems stays,
and so does every folder with a manifest, wherever people have put them.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout

from stemdesk.core.errors import ModelError, StemDeskError
from stemdesk.core.files import exists, is_folder
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.store import JobStore
from stemdesk.models.bag import read_bag
from stemdesk.models.catalogue import catalogue
from stemdesk.models.library import BUILT_IN, ModelLibrary
from stemdesk.models.record import record_path
from stemdesk.paths import Folders

_SCRATCH = re.compile(r"[0-9a-f]{32}(\.lock)?")
_LOGS = re.compile(r"(window|command)(-crash)?\.log(\.\d+)?")
_IN_DATA = (
    "jobs.sqlite3",
    "jobs.sqlite3-wal",
    "jobs.sqlite3-shm",
    "compute.lock",
    "window.lock",
    "window.socket",
    "self-checks.json",
    "demo",
)


class Kept(StrEnum):
    """What is kept, in the order in which it is listed."""

    LIST = "list"
    SCRATCH = "scratch"
    CACHE = "cache"
    MODELS = "models"
    LOGS = "logs"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Belonging:
    """`paths`: files and whole folders. `size_bytes`: of all of them together."""

    kind: Kept
    folder: Path
    paths: tuple[Path, ...]
    size_bytes: int


def belongings(where: Folders) -> tuple[Belonging, ...]:
    """Everything that is there now. Reads folders: may take a moment."""
    places: dict[Kept, tuple[Path, Iterable[Path]]] = {
        Kept.LIST: (where.data, (where.data / name for name in _IN_DATA)),
        Kept.SCRATCH: (where.scratch, _matching(where.scratch, _SCRATCH)),
        Kept.CACHE: (where.cache, _matching(where.cache, re.compile(".*"))),
        Kept.MODELS: (where.models, _model_files(where.models)),
        Kept.LOGS: (where.logs, _matching(where.logs, _LOGS)),
        Kept.SETTINGS: (where.config, [where.settings_file]),
    }
    safe = _protected(where)
    found = []
    for kind, (folder, candidates) in places.items():
        paths = tuple(path for path in candidates if exists(path))
        size = sum(_size(file) for path in paths for file in _files(path, safe))
        if paths:
            found.append(Belonging(kind, folder, paths, size))
    return tuple(found)


def remove(where: Folders, items: Sequence[Belonging]) -> tuple[Path, ...]:
    """Remove these, and our folders that are empty then; what the system did not let go."""
    safe = _protected(where)  # read first: the list of songs is among what goes
    left: list[Path] = []
    for item in items:
        for path in item.paths:
            left += _remove(path, safe)
    for folder in dict.fromkeys(
        [*(item.folder for item in items), where.data, where.config, where.logs]
    ):
        with contextlib.suppress(OSError):
            folder.rmdir()
    return tuple(left)


def is_at_work(where: Folders, window: bool = True) -> bool:
    """Whether a StemDesk splits a song, or (with `window`) has its window open."""
    locks = [where.compute_lock, *_matching(where.scratch, re.compile(r"[0-9a-f]{32}\.lock"))]
    if window:
        locks.append(where.data / "window.lock")
    return any(_is_held(path) for path in locks)


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path, thread_local=False, preserve_lock_file=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _matching(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))
    except OSError:
        return []


def _model_files(folder: Path) -> list[Path]:
    """The models' files and what downloads have left; people may keep other things there."""
    library = ModelLibrary(folder)
    signatures = {file.signature for model in catalogue() for file in model.files}
    paths = []
    for name in library.names():
        if name != BUILT_IN:
            paths.append(library.yaml(name))
            with contextlib.suppress(ModelError):
                signatures |= set(read_bag(library.yaml(name)).signatures)
    for signature in sorted(signatures):
        file = library.file(signature)
        paths += [file, record_path(file)]
        paths += [file.with_name(f"{file.name}.{end}") for end in ("part", "lock")]
    return paths


def _protected(where: Folders) -> frozenset[Path]:
    """Songs and stems of the list; the demo song is ours."""
    safe: set[Path] = set()
    if where.database.exists():
        with contextlib.suppress(StemDeskError):  # no list that we can read
            store = JobStore(where.database)
            try:
                for job in store.all():
                    if not job.source.is_relative_to(where.demo):
                        safe.add(job.source)
                    if job.output is not None:
                        safe.add(job.output)
            finally:
                store.close()
    return frozenset(safe)


def _is_safe(path: Path, safe: frozenset[Path]) -> bool:
    return path in safe or (is_folder(path) and exists(path / MANIFEST))


def _files(path: Path, safe: frozenset[Path]) -> Iterator[Path]:
    """The files to be removed in and below `path`."""
    if _is_safe(path, safe):
        return
    if is_folder(path) and not path.is_symlink():
        with contextlib.suppress(OSError):
            for child in list(path.iterdir()):
                yield from _files(child, safe)
    else:
        yield path


def _size(path: Path) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _remove(path: Path, safe: frozenset[Path]) -> list[Path]:
    """Remove a file or a folder, without what is safe; what stayed although it should not."""
    if _is_safe(path, safe):
        return []
    try:
        if not is_folder(path) or path.is_symlink():
            path.unlink(missing_ok=True)
            return []
        children = list(path.iterdir())
    except OSError:
        return [path]
    left = [item for child in children for item in _remove(child, safe)]
    with contextlib.suppress(OSError):  # what is safe is in it
        path.rmdir()
    return left
