"""Model files read from end to end: hashed, copied, with progress, and stopped when asked."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path

from stemdesk.core.errors import ErrorCode, ModelError, write_error
from stemdesk.core.files import sync_folder
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport

_BLOCK_BYTES = 1 << 20

Tick = Callable[[int], None]  # so many bytes more are done


def counting(name: str, total_bytes: int, report: TransferReport) -> Tick:
    """Turns steps into reports of how much of `total_bytes` is done."""
    done = 0

    def tick(more: int) -> None:
        nonlocal done
        done += more
        report(Transfer(name, done, total_bytes, None, None))

    return tick


def hash_file(path: Path, tick: Tick, cancel: CancelToken) -> str:
    """SHA-256 (hex) of a file. Raises `ModelError(MODEL_CORRUPT)` if it cannot be read, and
    `Cancelled`."""
    digest = hashlib.sha256()
    for block in _blocks(path, cancel):
        digest.update(block)
        tick(len(block))
    return digest.hexdigest()


def copy_file(path: Path, target: Path, tick: Tick, cancel: CancelToken) -> str:
    """Copy a file to `target`, which is written through to the disk; the SHA-256 of what was
    copied. Raises as `hash_file`, and `DiskFullError` or `ExportError` where writing fails."""
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb", buffering=0) as file:
            for block in _blocks(path, cancel):
                digest.update(block)
                _write(file, block)
                tick(len(block))
            os.fsync(file.fileno())
    except OSError as error:
        raise write_error(error, target) from error
    return digest.hexdigest()


@contextmanager
def scratch_file(folder: Path, name: str) -> Iterator[Path]:
    """A hidden name in `folder` for a file that is not checked yet; whatever is left under it at
    the end is removed."""
    path = folder / f".{name}.{os.getpid()}-{threading.get_ident()}.import"
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def put_in_place(path: Path, target: Path) -> None:
    """Give a checked file its name. Raises `ExportError`."""
    try:
        path.replace(target)
    except OSError as error:
        raise write_error(error, target) from error
    sync_folder(target.parent)


def _blocks(path: Path, cancel: CancelToken) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                cancel.check()
                yield block
    except OSError as error:
        raise ModelError(ErrorCode.MODEL_CORRUPT, str(error), path=path) from error


def _write(file: RawIOBase, block: bytes) -> None:
    view = memoryview(block)
    while view:  # a nearly full disk takes a part and then raises
        view = view[file.write(view) or 0 :]
