"""Files come into being under hidden names and get their final ones when they are whole.

Beside the final names, in the folder that exports go to, there is a hidden folder meanwhile:
`.stemdesk-export-<any>`, with a lock that the system frees when this process dies. What dead ones
have left goes at the next export to the same folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from stemdesk.core.errors import ErrorCode, ExportError, StemDeskError, write_error
from stemdesk.core.files import exists, is_file, is_folder, sync_folder

HIDDEN = ".stemdesk-export-"
_LOCK = "lock"
_LEFT_BEHIND_S = 86_400.0  # where nothing can be locked, and so nothing be known
_TRIES = 10_000
_PATIENCE_S = 5.0
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}


class Landing:
    """The hidden folders of one song's export, and the folders it made. `root`: the chosen folder,
    made where it is not there. A context manager: at its end nothing hidden is left, and no folder
    that it made and nothing came into."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._hidden: dict[int, tuple[Path, FileLock | None]] = {}  # by volume
        self._made: list[Path] = []  # folders, the outer ones first
        self._finals: dict[Path, Path] = {}  # by temporary path

    def __enter__(self) -> Self:
        """Raises `ExportError`, `DiskFullError`."""
        try:
            self.make_folder(self.root)
            remove_left_behind(self.root)
            with _translated(self.root):
                self._hidden_for(self.root)
        except BaseException:  # also Ctrl+C: no hidden folder stays
            self._tidy()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tidy()

    def temporary(self, final: Path) -> Path:
        """A path for what will be `final`, of its suffix and on its volume; the folder of `final`
        is made. Raises `ExportError`, `DiskFullError`."""
        folder = final.parent
        self.make_folder(folder)
        with _translated(folder):
            path = self._hidden_for(folder) / f"{uuid.uuid4().hex[:12]}{final.suffix}"
        self._finals[path] = final
        return path

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """Errors about hidden files are told as of the files that they would have become."""
        try:
            yield
        except StemDeskError as error:
            final = self._finals.get(error.path or self.root)
            if final is None:
                raise
            error.path = final
            raise _told(error, final.parent) from error

    def make_folder(self, folder: Path) -> None:
        """Raises `ExportError`, `DiskFullError`."""
        missing = []
        for one in (folder, *folder.parents):
            if exists(one):
                break
            missing.append(one)
        with _translated(folder):
            for one in reversed(missing):
                with contextlib.suppress(FileExistsError):  # another process was quicker
                    one.mkdir()
                    self._made.append(one)
            if not is_folder(folder):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))

    def _hidden_for(self, folder: Path) -> Path:
        """The hidden folder on the volume of `folder`. Raises `OSError`."""
        volume = folder.stat().st_dev
        if volume not in self._hidden:
            inside = folder if self._hidden else self.root
            self._hidden[volume] = _make_hidden(inside)
        return self._hidden[volume][0]

    def _tidy(self) -> None:
        for hidden, lock in self._hidden.values():
            if lock is not None:  # first: Windows removes no open file
                with contextlib.suppress(OSError):
                    lock.release()
            shutil.rmtree(hidden, ignore_errors=True)
        self._hidden.clear()
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):  # something came into it
                folder.rmdir()


def publish(temporary: Path, final: Path, *, replace: bool = False) -> bool:
    """Give a whole file its name; False where something else has it. `replace`: a file of that
    name goes. Raises `ExportError`, `DiskFullError`."""
    with _translated(final.parent):
        if exists(temporary):  # another export that made this folder may have tidied it away
            final.parent.mkdir(parents=True, exist_ok=True)
        if replace and (is_file(final) or not exists(final)):
            temporary.replace(final)
        elif not _rename_if_free(temporary, final):
            return False
        sync_folder(final.parent)
    return True


def numbered(folder: Path, stem: str, suffix: str, first: int = 1) -> Iterator[Path]:
    """`stem.wav`, `stem (2).wav`, `stem (3).wav`, … from the `first` on. Raises `ExportError` after
    ten thousand."""
    for number in range(first, first + _TRIES):
        yield folder / f"{stem}{'' if number == 1 else f' ({number})'}{suffix}"
    raise ExportError(ErrorCode.FOLDER_NOT_WRITABLE, "no free name", path=folder)


def remove_left_behind(folder: Path) -> None:
    """Remove hidden folders of exports that were killed."""
    with contextlib.suppress(OSError):
        for hidden in list(folder.glob(f"{HIDDEN}*")):
            if _is_left_behind(hidden):
                shutil.rmtree(hidden, ignore_errors=True)


def _is_left_behind(hidden: Path) -> bool:
    lock = hidden / _LOCK
    try:
        if not lock.exists():  # it is just being made, or was left in that moment
            return time.time() - hidden.stat().st_mtime > _LEFT_BEHIND_S
        held = FileLock(lock)
        held.acquire(timeout=0)
        held.release()
    except Timeout:
        return False
    except (OSError, NotImplementedError):  # a volume without locks
        with contextlib.suppress(OSError):
            return time.time() - hidden.stat().st_mtime > _LEFT_BEHIND_S
        return False
    return True


def _make_hidden(folder: Path) -> tuple[Path, FileLock | None]:
    """Raises `OSError`."""
    while True:
        hidden = folder / f"{HIDDEN}{uuid.uuid4().hex[:8]}"
        hidden.mkdir()
        lock = FileLock(hidden / _LOCK)
        try:
            lock.acquire(timeout=_PATIENCE_S)
        except (Timeout, NotImplementedError):
            return hidden, None
        except OSError:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        if is_folder(hidden):
            return hidden, lock
        lock.release()  # another process took it for one that was left behind, before the lock


def _rename_if_free(temporary: Path, final: Path) -> bool:
    """Without ever taking the place of another file, also of one that comes at this moment.
    Raises `OSError`."""
    if sys.platform == "win32":  # which does not rename onto what is there
        try:
            temporary.rename(final)
        except FileExistsError:
            return False
        return True
    try:
        os.link(temporary, final)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _rename_to_reserved(temporary, final)
    with contextlib.suppress(OSError):
        temporary.unlink()  # else it goes with its folder
    return True


def _rename_to_reserved(temporary: Path, final: Path) -> bool:
    """The same on volumes without links (FAT): an empty file holds the name for a moment."""
    try:
        with final.open("xb"):
            pass
    except FileExistsError:
        return False
    try:
        temporary.replace(final)
    except BaseException:  # also Ctrl+C: no empty file stays under a final name
        with contextlib.suppress(OSError):
            final.unlink()
        raise
    return True


@contextlib.contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _told(write_error(error, folder), folder) from error


def _told(error: StemDeskError, folder: Path) -> StemDeskError:
    """An error met while writing into `folder`: a folder that is gone is not one that may not be
    written to."""
    if error.code not in (ErrorCode.FOLDER_NOT_WRITABLE, ErrorCode.DISK_FULL):
        return error
    error.path = folder
    if error.code is ErrorCode.FOLDER_NOT_WRITABLE and not exists(folder):
        return ExportError(ErrorCode.FOLDER_GONE, error.detail, path=folder, retryable=True)
    return error
