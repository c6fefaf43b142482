"""What is installed on this Debian or Ubuntu, and which files it has: for `try_deb`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from installers.freeze import ROOT, TroubleError

# Not the system's own files: what runs, devices, mounted file systems, and people's folders.
_NOT_SYSTEM = ("/dev", "/home", "/media", "/mnt", "/proc", "/root", "/run", "/sys", "/tmp")
# The package manager's books and caches, which it keeps of everything; made anew by triggers.
_BOOKS = ("/var/cache/", "/var/lib/apt/", "/var/lib/dpkg/", "/var/log/", "/var/tmp/", "/etc/ld.so")
_NAME = b"stemdesk"


def apt(action: str, *names: str) -> None:
    """Raises `TroubleError` with what it said."""
    if not names:
        return
    done = subprocess.run(
        ["apt-get", action, "-q", "-y", *names],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        check=False,
    )
    if done.returncode:
        raise TroubleError(f"apt-get {action} ended with {done.returncode}: {done.stderr}")
    if "not removed" in done.stderr:  # dpkg: a folder with files that are not the package's
        raise TroubleError(done.stderr)


def installed_packages() -> set[str]:
    said = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${binary:Package}\n"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return {line.split()[1] for line in said.splitlines() if not line.startswith("un")}


def came_along(before: set[str]) -> list[str]:
    """StemDesk, and the packages that were not there `before` and that nobody has asked for."""
    said = subprocess.run(["apt-mark", "showauto"], stdout=subprocess.PIPE, text=True, check=True)
    automatic = {name.split(":")[0] for name in said.stdout.split()}
    new = installed_packages() - before
    return sorted(name for name in new if name.split(":")[0] in {*automatic, "stemdesk"})


def system_files() -> set[str]:
    """Every path that is neither a person's nor the package manager's own book."""
    others = {Path(name) for name in (*_NOT_SYSTEM, f"/{ROOT.parts[1]}")}
    found = set()
    for folder, names, files in os.walk("/"):
        place = Path(folder)
        names[:] = [name for name in names if place / name not in others]
        found.update(str(place / name) for name in (*names, *files))
    return {path for path in found if not path.startswith(_BOOKS)}


def check_nothing_left(before: set[str]) -> None:
    """Raises `TroubleError` with files that were not there before, and with indexes of the system
    that still name StemDesk."""
    left = sorted(system_files() - before)
    naming = [path for path in _indexes() if _NAME in path.read_bytes().lower()]
    if left or naming:
        raise TroubleError(f"left: {left[:20]}; StemDesk is named by: {naming}")


def _indexes() -> Iterator[Path]:
    """What triggers make of all packages' files: types of files, icons, menus."""
    for folder in map(Path, ("/usr/share/applications", "/usr/share/icons", "/usr/share/mime")):
        yield from (path for path in folder.rglob("*cache*") if path.is_file())
