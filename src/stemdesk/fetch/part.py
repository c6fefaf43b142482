"""The file under its temporary name, with its hash, which grows with it."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from stemdesk.core.errors import write_error
from stemdesk.core.files import sync_folder
from stemdesk.core.progress import CancelToken

_BLOCK = 1 << 20


def hash_of(path: Path, cancel: CancelToken) -> str:
    """The SHA-256 of a file. Raises `OSError`, `Cancelled`."""
    sha = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            sha.update(block)
            cancel.check()
    return sha.hexdigest()


class Part:
    """`path`, opened to go on with what is there; longer than `size_max` is of no use, and gone.

    Nothing is buffered: what was appended is there after a crash. Every method raises
    `ExportError` or `DiskFullError`; the constructor also `Cancelled`.
    """

    def __init__(self, path: Path, size_max: int, cancel: CancelToken) -> None:
        self.path = path
        self._size_max = size_max
        self._sha = hashlib.sha256()
        self.size = 0
        try:
            self._file = path.open("a+b", buffering=0)
        except OSError as error:
            raise write_error(error, path.parent) from error
        try:
            self._take_what_is_there(cancel)
        except OSError as error:
            self.close()
            raise write_error(error, path.parent) from error
        except BaseException:  # also cancelled: no file stays open
            self.close()
            raise

    def _take_what_is_there(self, cancel: CancelToken) -> None:
        if self._file.seek(0, os.SEEK_END) > self._size_max:
            self._file.truncate(0)
        self._file.seek(0)
        while block := self._file.read(_BLOCK):
            self._sha.update(block)
            self.size += len(block)
            cancel.check()

    @property
    def digest(self) -> str:
        """The SHA-256 of what is there, in hex digits."""
        return self._sha.hexdigest()

    def append(self, block: bytes) -> None:
        """Write `block` behind what is there."""
        view = memoryview(block)
        try:
            while view:  # a nearly full disk takes a part and then raises
                count = self._file.write(view)
                self._sha.update(view[:count])
                self.size += count
                view = view[count:]
        except OSError as error:
            raise write_error(error, self.path.parent, self._size_max - self.size) from error

    def restart(self) -> None:
        """Throw away what is there."""
        try:
            self._file.truncate(0)
        except OSError as error:
            raise write_error(error, self.path.parent) from error
        self._sha = hashlib.sha256()
        self.size = 0

    def publish(self, target: Path) -> None:
        """Close, and give the file its final name, once it is on the disk."""
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            self.path.replace(target)
        except OSError as error:
            raise write_error(error, self.path.parent) from error
        sync_folder(target.parent)

    def close(self) -> None:
        """Close. An empty file goes; another one stays, to go on from later."""
        with contextlib.suppress(OSError):
            self._file.close()
            if self.path.stat().st_size == 0:
                self.path.unlink()
