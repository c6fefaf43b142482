"""What StemDesk's own folders take on the disk, and what can go at any time."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

_RAW = re.compile(r"[0-9a-f]{32}-[0-9a-f]{8}\.f32|\.?[0-9a-f]{32}\.json(\.[0-9-]+\.tmp)?")
_OURS = {
    "playing": _RAW,  # audio.play_cache
    "waves": re.compile("[0-9a-f]{32}"),  # audio.song_waves
    "remixes": re.compile("[0-9a-f]{24}"),  # jobs.render
}
"""What StemDesk writes into its cache, by folder. A person may have chosen a folder in which other
things lie, too, or saves stems there: all else stays."""


def size_bytes(folder: Path) -> int:
    """What lies in a folder and below, in bytes; 0 where there is none. Links are not followed,
    and what cannot be looked at does not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # removed while we looked
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - quicker
    return total


def cached(cache: Path) -> list[Path]:
    """The files and folders in the cache that StemDesk has made, sorted."""
    found = []
    for name, ours in _OURS.items():
        with contextlib.suppress(OSError):  # there is no such folder yet
            found += [path for path in (cache / name).iterdir() if ours.fullmatch(path.name)]
    return sorted(found)


def cache_bytes(cache: Path) -> int:
    """What StemDesk has put into the cache."""
    total = 0
    for path in cached(cache):
        with contextlib.suppress(OSError):  # removed while we looked
            total += size_bytes(path) if path.is_dir() else os.lstat(path).st_size
    return total


def empty_cache(cache: Path) -> int:
    """Remove what StemDesk has put into the cache and return the bytes freed. Files that a player
    holds stay where the system does not let them go."""
    before = cache_bytes(cache)
    for path in cached(cache):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
    return max(0, before - cache_bytes(cache))
