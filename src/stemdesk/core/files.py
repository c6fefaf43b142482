"""Files are written under a temporary name and renamed: complete, or not there."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path


def exists(path: Path) -> bool:
    """Whether something is there. False also where we may not look, or the name is too long:
    `Path.exists` raises then."""
    return os.path.lexists(path)


def is_folder(path: Path) -> bool:
    """As `Path.is_dir`, and never raises."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises


def is_file(path: Path) -> bool:
    """As `Path.is_file`, and never raises."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises


def sync(path: Path) -> None:
    """Wait until a file's content is on the disk. Raises `OSError`."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until a rename in this folder is on the disk, where the system can tell."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace_file(path: Path, data: bytes | memoryview) -> None:
    """Write `data` to `path` at once: readers see the old file or the new one, never a part, also
    after a power cut. Raises `OSError`; nothing is left behind then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    view = memoryview(data)
    try:
        with temporary.open("wb", buffering=0) as file:
            while view:  # a nearly full disk takes a part and then raises
                view = view[file.write(view) :]
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:  # also Ctrl+C: nothing half-written stays
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
