"""Which yt-dlp is used: the one that came with StemDesk, or a newer one in the data folder.

A newer one lies in `downloader/<version>/`: the packages as their wheels have them, and
`tool.json`, written last, which says that it has passed its self-test and how large each file is.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from stemdesk.core.errors import write_error
from stemdesk.core.files import is_folder, replace_file
from stemdesk.core.imports import import_from
from stemdesk.fetch.versions import fits, is_newer, release
from stemdesk.log import log

TOOL = "yt-dlp"
SCRIPTS = "yt-dlp-ejs"
FOLDER = "downloader"
_RECORD = "tool.json"
_PACKAGES = ("yt_dlp", "yt_dlp_ejs")
PYTHON = ".".join(map(str, sys.version_info[:3]))


@dataclass(frozen=True, slots=True)
class Tool:
    """The yt-dlp in use. `folder`: None for the one that came with StemDesk."""

    version: str
    folder: Path | None
    bundled_version: str


def tool_in_use(data: Path) -> Tool:
    """The newest one that is whole and newer than the one that came with StemDesk, else that one.

    Reads a small file and looks at a thousand others: some milliseconds. Never raises.
    """
    bundled = bundled_version()
    for folder in stored(data):
        version = version_in(folder)
        if is_newer(version, bundled):
            return Tool(version, folder, bundled)
    return Tool(bundled, None, bundled)


def bundled_version() -> str:
    """The version of the yt-dlp that came with StemDesk; "" if it is missing."""
    try:
        return metadata.version(TOOL)
    except metadata.PackageNotFoundError:
        return ""


def stored(data: Path) -> list[Path]:
    """The folders of other versions, newest first, whole or not."""
    try:
        found = [path for path in (data / FOLDER).iterdir() if release(path.name) is not None]
    except OSError:
        return []
    return sorted(found, key=lambda path: release(path.name) or ((), -1), reverse=True)


def version_in(folder: Path) -> str:
    """The version in a folder of `stored`; "" if it has not passed, is damaged, or is not for this
    Python."""
    try:
        record = json.loads((folder / _RECORD).read_bytes())
        version, requires = str(record["version"]), str(record["requires_python"])
        sizes = {str(name): int(size) for name, size in record["files"].items()}
        whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""
    fitting = version == folder.name and fits(PYTHON, requires)
    return version if sizes and whole and fitting else ""


def approve(folder: Path, version: str, requires_python: str, sizes: dict[str, int]) -> None:
    """Write down that the version in `folder` has passed. `sizes`: bytes of each file, by its
    name in there. Raises `ExportError`, `DiskFullError`."""
    record = {"version": version, "requires_python": requires_python, "files": sizes}
    try:
        replace_file(folder / _RECORD, json.dumps(record).encode())
    except OSError as error:
        raise write_error(error, folder) from error


def distrust(folder: Path) -> None:
    """For a version that turned out not to work: it is not used again."""
    log.warning("downloader: the version in %s does not work and is not used again", folder.name)
    try:
        (folder / _RECORD).unlink(missing_ok=True)
    except OSError as error:
        log.warning("downloader: %s", error)


def remove_others(data: Path, kept: Sequence[Path]) -> None:
    """Remove the versions that are not in `kept`, and what broken updates have left."""
    root = data / FOLDER
    try:
        found = list(root.iterdir())
    except OSError:
        return
    for path in found:
        if path not in kept and is_folder(path):
            shutil.rmtree(path, ignore_errors=True)


def put_first(folder: Path) -> None:
    """Let `import yt_dlp` take the version in `folder`. For the child process, before it imports
    that."""
    import_from(folder, _PACKAGES)
