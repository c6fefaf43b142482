"""Remixes that were rendered into the cache (`render`) and are not wanted any more.

A module of its own: the window asks at its start, and `render` imports much.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from pathlib import Path

KEPT_DAYS = 7
_OURS = re.compile("[0-9a-f]{24}")  # a song with its remix (`render.rendered_path`)


def forget_old(cache: Path, now: float | None = None) -> None:
    """Remove remixes that nobody has asked for in a week."""
    moment = time.time() if now is None else now
    with contextlib.suppress(OSError):
        for folder in list((cache / "remixes").iterdir()):
            if not _OURS.fullmatch(folder.name):
                continue
            if moment - folder.stat().st_mtime > KEPT_DAYS * 86_400:
                shutil.rmtree(folder, ignore_errors=True)
