"""Everything StemDesk keeps on this computer, and its removal.

Never a saved stem and never a song: what the list of songs names as a source or as stems stays,
and so do the folder that stems are saved to and every folder with a manifest, wherever people have
put them. In folders that others may use, too, only what StemDesk has written there is looked at.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout

from stemdesk.audio.demo import FILE_NAME as DEMO
from stemdesk.core.errors import ModelError, StemDeskError
from stemdesk.core.files import exists, is_folder
from stemdesk.jobs.folder import MANIFEST
from stemdesk.jobs.gpu_removal import LOCK, held, mark_leaving
from stemdesk.jobs.locks import job_lock
from stemdesk.jobs.sound_note import FILE_NAME as SOUND_NOTE
from stemdesk.jobs.space import cached
from stemdesk.jobs.store import JobStore
from stemdesk.models.bag import read_bag
from stemdesk.models.catalogue import catalogue
from stemdesk.models.library import BUILT_IN, ModelLibrary
from stemdesk.models.record import read_record, record_path
from stemdesk.paths import Folders

_SCRATCH = re.compile(r"[0-9a-f]{32}(\.lock)?")
_JOB = re.compile(r"[0-9a-f]{32}")
_JOB_LOCK = re.compile(r"[0-9a-f]{32}\.lock")
_LOGS = re.compile(r"(window|command)(-crash)?\.log(\.\d+)?")
_IN_DATA = (
    "jobs.sqlite3",
    "jobs.sqlite3-wal",
    "jobs.sqlite3-shm",
    "self-checks.json",
    SOUND_NOTE,
    "updates.json",
    f"demo/{DEMO}",
)
_WINDOW_LOCK, _SOCKET = "window.lock", "window.socket"
_JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT of winnt.h; Windows only


class Kept(StrEnum):
    """What is kept, in the order in which it is listed."""

    LIST = "list"
    SCRATCH = "scratch"
    DOWNLOADS = "downloads"
    DOWNLOADER = "downloader"
    GPU_PACK = "gpu-pack"
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
        Kept.DOWNLOADS: (where.downloads, _matching(where.downloads, _JOB)),
        Kept.DOWNLOADER: (where.data, [where.downloader]),
        Kept.GPU_PACK: (where.data, [where.gpu_packs]),
        Kept.CACHE: (where.cache, cached(where.cache)),
        Kept.MODELS: (where.models, _model_files(where.models)),
        Kept.LOGS: (where.logs, _matching(where.logs, _LOGS)),
        Kept.SETTINGS: (where.config, [where.settings_file, where.export_presets]),
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
    """Remove these, and our folders that are empty then; what the system did not let go, and what
    another process works on. To be called inside of `alone`."""
    safe = _protected(where)  # read first: the list of songs is among what goes
    left: list[Path] = []
    folders = {where.data, where.config, where.logs, where.downloads, where.scratch, where.cache}
    for item in items:
        if item.kind in (Kept.SCRATCH, Kept.DOWNLOADS):
            left += _remove_jobs(item, where.scratch, safe)
        elif item.kind is Kept.GPU_PACK:
            left += _remove_gpu_pack(where, safe)
        else:
            for path in item.paths:
                left += _remove(path, safe)
        folders |= {item.folder, *(path.parent for path in item.paths)}
    theirs = {where.models_override, where.output}  # chosen as they are: even when empty
    for folder in sorted(folders - theirs, key=lambda path: len(path.parts), reverse=True):
        with contextlib.suppress(OSError):
            folder.rmdir()
    return tuple(left)


def remove_locks(where: Folders) -> None:
    """The very last: locks that nobody holds, and the data folder if it is empty then."""
    for path in (where.compute_lock, where.data / _WINDOW_LOCK):
        with contextlib.suppress(OSError, Timeout), _held(path):
            path.unlink(missing_ok=True)  # whoever waits for it looks whether it is still there
            if path.name == _WINDOW_LOCK:
                (where.data / _SOCKET).unlink(missing_ok=True)
        if not _is_held(path):
            with contextlib.suppress(OSError):  # systems that do not remove what is open
                path.unlink(missing_ok=True)
    for folder in (where.data, where.config):
        with contextlib.suppress(OSError):
            folder.rmdir()


def is_at_work(where: Folders, window: bool = True) -> bool:
    """Whether a StemDesk splits a song, or (with `window`) has its window open."""
    locks = [where.compute_lock, *_matching(where.scratch, _JOB_LOCK)]
    if window:
        locks.append(where.data / _WINDOW_LOCK)
    return any(_is_held(path) for path in locks)


@contextmanager
def alone(where: Folders, window: bool = True) -> Iterator[bool]:
    """Whether no StemDesk is at work (`is_at_work`); if so, none begins inside of this."""
    locks = [where.compute_lock, *([where.data / _WINDOW_LOCK] if window else [])]
    with ExitStack() as stack:
        ours = not is_at_work(where, window)
        if ours and is_folder(where.data):
            try:
                for path in locks:
                    stack.enter_context(_held(path))
            except Timeout:
                ours = False
            except OSError:  # a folder that we may not write to: what is in it stays
                pass
        yield ours


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Raises `Timeout` if another one holds it, and `OSError`."""
    lock = FileLock(path, thread_local=False, preserve_lock_file=True)
    lock.acquire(timeout=0)
    try:
        yield
    finally:
        lock.release()


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with _held(path):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _matching(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name))
    except OSError:
        return []


def _model_files(folder: Path) -> list[Path]:
    """The files of released models and of those that a person imported, the yamls that name no
    others, and what downloads have left.

    Other programs keep models in the same folders, and people their own: a file that StemDesk has
    not brought stays, and so does a yaml that a demucs with its own `.th` files reads, too."""
    library = ModelLibrary(folder)
    ours = {file.signature for model in catalogue() for file in model.files}
    ours |= {file.stem for file in _ending(folder, ".safetensors") if read_record(file)}
    others = {file.stem.split("-")[0] for file in _ending(folder, ".th")}
    paths = []
    for name in library.names():
        if name != BUILT_IN:
            with contextlib.suppress(ModelError):
                named = set(read_bag(library.yaml(name)).signatures)
                if named <= ours - others:
                    paths.append(library.yaml(name))
    for signature in sorted(ours):
        file = library.file(signature)
        paths.append(file)
        if read_record(file):
            paths.append(record_path(file))
        paths += [file.with_name(f"{file.name}.{end}") for end in ("part", "lock")]
    return [path for path in paths if not _is_link(path)]  # we make none


def _ending(folder: Path, suffix: str) -> list[Path]:
    return _matching(folder, re.compile(f".+{re.escape(suffix)}"))


@dataclass(frozen=True, slots=True)
class _Safe:
    """What must stay: by its name, and by what it is, however the way to it is written."""

    paths: frozenset[Path]
    files: frozenset[tuple[int, int]]  # volume and number

    def has(self, path: Path) -> bool:
        if path in self.paths or (is_folder(path) and exists(path / MANIFEST)):
            return True
        with contextlib.suppress(OSError):
            return _number(os.lstat(path)) in self.files
        return False


def _protected(where: Folders) -> _Safe:
    """Songs and stems of the list, and where stems are saved; the demo song is ours."""
    paths = {where.output}
    if where.database.exists():
        with contextlib.suppress(StemDeskError):  # no list that we can read
            store = JobStore(where.database)
            try:
                for job in store.all():
                    paths |= {job.root} | ({job.output} if job.output else set())
                    if job.link is None or where.downloads not in job.source.parents:
                        paths.add(job.source)
            finally:
                store.close()
    paths.discard(where.demo / DEMO)
    files = set()
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            files.add(_number(path.stat()))
    return _Safe(frozenset(paths), frozenset(files) - {(0, 0)})


def _number(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino


def _is_link(path: Path) -> bool:
    """Also what Windows calls a junction."""
    with contextlib.suppress(OSError):
        tag = getattr(os.lstat(path), "st_reparse_tag", 0)
        return path.is_symlink() or tag == _JUNCTION
    return False


def _files(path: Path, safe: _Safe) -> Iterator[Path]:
    """The files to be removed in and below `path`."""
    if safe.has(path):
        return
    if is_folder(path) and not _is_link(path):
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


def _remove_jobs(item: Belonging, scratch: Path, safe: _Safe) -> list[Path]:
    """Each job's folder while its lock (in scratch) is ours, which goes with it."""
    left = []
    for job_id in dict.fromkeys(path.name.removesuffix(".lock") for path in item.paths):
        path = item.folder / job_id
        try:
            with job_lock(scratch, job_id, path):
                left += _remove(path, safe)
        except StemDeskError:  # another process works on it, or we may not write there
            left.append(path)
    return left


def _remove_gpu_pack(where: Folders, safe: _Safe) -> list[Path]:
    """Unless it is fetched just now. What a system does not let go while it is loaded (Windows)
    goes at the next start."""
    try:
        with held(where.data):
            mark = mark_leaving(where.data)
            ours = [
                path for path in where.gpu_packs.iterdir() if path.name not in (LOCK, mark.name)
            ]
            left = [item for path in ours for item in _remove(path, safe)]
            if not left:
                mark.unlink()
    except (StemDeskError, OSError):
        return [where.gpu_packs]
    with contextlib.suppress(OSError):
        where.gpu_packs.rmdir()
    return [where.gpu_packs] if left else []


def _remove(path: Path, safe: _Safe) -> list[Path]:
    """Remove a file or a folder, without what is safe; what stayed although it should not."""
    if safe.has(path):
        return []
    try:
        if not is_folder(path) or _is_link(path):
            path.unlink(missing_ok=True)
            return []
        children = list(path.iterdir())
    except OSError:
        return [path]
    left = [item for child in children for item in _remove(child, safe)]
    with contextlib.suppress(OSError):  # what is safe is in it
        path.rmdir()
    return left
