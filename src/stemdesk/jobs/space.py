"""What StemDesk's own folders take on the disk, and what can go at any time."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


def size_bytes(folder: Path) -> int:
    """What lies in a folder and below, in bytes; 0 where there is none. Links are not followed,
    and what cannot be looked at does not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # removed while we looked
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - quicker
    return total


def empty_cache(cache: Path) -> int:
    """Remove what is in the cache and returns the bytes freed. Files that a player holds stay
    where the system does not let them go; locks stay, since others may wait for them."""
    before = size_bytes(cache)
    with contextlib.suppress(OSError):
        for path in list(cache.iterdir()):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.suffix != ".lock":
                with contextlib.suppress(OSError):
                    path.unlink()
    return max(0, before - size_bytes(cache))
