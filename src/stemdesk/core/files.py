"""Files are written under a temporary name and renamed: complete, or not there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def replace_file(path: Path, data: bytes | memoryview, *, sync: bool = True) -> None:
    """Write `data` to `path` at once: readers see the old file or the new one, never a part.

    `sync`: wait until it is on the disk. Raises `OSError`; nothing is left behind then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    view = memoryview(data)
    try:
        with temporary.open("wb", buffering=0) as file:
            while view:  # a nearly full disk takes a part and then raises
                view = view[file.write(view) :]
            if sync:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
