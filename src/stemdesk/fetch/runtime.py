"""The JavaScript runtime (deno) that YouTube needs: where it is, and whether it is new enough.

It comes beside the app, with the extra `links` (its wheel puts it beside Python), or is the
person's own.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.files import is_file
from stemdesk.fetch.versions import fits

NEEDED = "2.3"
_ANSWER_S = 20.0  # a drive wakes up, a virus scanner reads 90 MB
_VERSION = re.compile(r"^deno (\d+(?:\.\d+)+)", re.ASCII)
_NAME = "deno.exe" if os.name == "nt" else "deno"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A deno that says its version. `usable`: whether that is new enough."""

    path: Path
    version: str

    @property
    def usable(self) -> bool:
        return fits(self.version, f">={NEEDED}")


def find_runtime() -> Path | None:
    """The deno to use, None where there is none that is new enough. Asks it for its version the
    first time."""
    found = look_for_runtime()
    return found.path if found is not None and found.usable else None


def look_for_runtime() -> Runtime | None:
    """The first one that is usable; else one that is too old; None: there is none."""
    too_old: Runtime | None = None
    for path in dict.fromkeys(_places()):
        found = _ask(path)
        if found is not None and found.usable:
            return found
        too_old = too_old or found
    return too_old


def _places() -> Iterator[Path]:
    """Where it may be, best first. Never the current folder: whoever starts StemDesk in a folder
    of downloads does not want to run a program from there."""
    if getattr(sys, "frozen", False):
        yield Path(sys.executable).parent / _NAME
        yield Path(getattr(sys, "_MEIPASS", sys.executable)) / _NAME
    yield Path(sysconfig.get_path("scripts")) / _NAME
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry and Path(entry).is_absolute():
            yield Path(entry) / _NAME
    # Programs that were started from a desktop do not have a shell's PATH.
    yield Path(os.path.expanduser("~")) / ".deno" / "bin" / _NAME  # noqa: PTH111 - never raises
    if sys.platform == "darwin":
        yield Path("/opt/homebrew/bin") / _NAME
        yield Path("/usr/local/bin") / _NAME


def _ask(path: Path) -> Runtime | None:
    if not is_file(path) or not os.access(path, os.X_OK):
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    version = _version(path, status.st_mtime_ns, status.st_size)
    return Runtime(path, version) if version else None


@functools.lru_cache(maxsize=8)
def _version(path: Path, _modified_ns: int, _size_bytes: int) -> str:
    """What `deno --version` says; "" where that is no deno. Asked once for a file."""
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows: no console comes up
    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_S,
            env={**os.environ, "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
            creationflags=hidden,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return ""
    match = _VERSION.match(done.stdout.decode("utf-8", "replace"))
    return match[1] if match and done.returncode == 0 else ""
