"""Finds the JavaScript runtime that yt-dlp needs for YouTube: deno."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from stemdesk.core.files import is_file

RUNTIME_MIN = (2, 3, 0)
_NAME = "deno.exe" if sys.platform == "win32" else "deno"
_VERSION = re.compile(r"^deno (\d+)\.(\d+)\.(\d+)")
_WAIT_S = 20.0  # the first start of a large program, with a virus scanner looking on


def find_runtime() -> Path | None:
    """The deno to use: beside the app, that of deno's wheel, or one on the PATH; None if there is
    none that is new enough.

    The first call for each program starts it once to ask for its version (0.1 s).
    """
    for path in _places():
        if is_file(path) and runtime_version(path) >= RUNTIME_MIN:
            return path
    return None


def _places() -> list[Path]:
    beside = Path(sys.executable).parent
    places = [beside / _NAME]
    if getattr(sys, "frozen", False):
        places.append(Path(getattr(sys, "_MEIPASS", beside)) / _NAME)
    else:
        places.append(Path(sysconfig.get_path("scripts")) / _NAME)
    on_path = shutil.which("deno")
    if on_path is not None:
        places.append(Path(on_path).absolute())
    return places


@functools.lru_cache(maxsize=8)
def runtime_version(path: Path) -> tuple[int, int, int]:
    """The version that a deno says it is; (0, 0, 0) if it cannot be asked."""
    try:
        said = subprocess.run(
            [str(path), "--version"],
            check=False,
            capture_output=True,
            timeout=_WAIT_S,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0, 0)
    found = _VERSION.match(said)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)
