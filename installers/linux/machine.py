"""What is installed on this Debian or Ubuntu, its files, and a user of it: for `try_deb`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from installers.freeze import ROOT, TroubleError

ENOUGH_S = 300.0  # for any program
NOBODY = 65534
INSTALLED = Path("/usr/lib/stemdesk")
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
    found: set[str] = set()
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


class User:
    """Somebody without rights, with an empty home at an awkward path."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.home = folder / "home"
        self.runtime = folder / "run"
        self.stems = self.home / "Music" / "StemDesk"
        self.exports = self.home / "exports"
        for made in (self.home, self.runtime):
            made.mkdir(mode=0o700)
            os.chown(made, NOBODY, NOBODY)

    def run(self, *command: str, display: str = "", empty: bool = False) -> str:
        """What a command prints, in this user's name and home. `empty`: nothing but the home is in
        its environment. `display`: it starts the window there and ends before that does, so what it
        prints is not waited for. Raises `TroubleError` if it fails."""
        environment = {"HOME": str(self.home)}
        if not empty:
            environment |= {"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(self.runtime)}
            environment |= {"DISPLAY": display} if display else {}
        output = subprocess.DEVNULL if display else subprocess.PIPE
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            encoding="utf-8",
            errors="replace",
            env=environment,
            cwd=self.home,
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
        )
        try:
            said, complaint = process.communicate(timeout=ENOUGH_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise TroubleError(f"{command} takes more than {ENOUGH_S:.0f} s") from error
        if process.returncode:
            raise TroubleError(f"{command} ended with {process.returncode}: {said}{complaint}")
        return said

    def programs(self) -> list[int]:
        """The StemDesks that this user runs, by process id; not what those have started."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                program = (entry / "exe").readlink()
                ours = f"HOME={self.home}\0".encode() in (entry / "environ").read_bytes()
            except OSError:  # it has ended, or is the kernel's
                continue
            if ours and program.parent == INSTALLED:
                found.append(int(entry.name))
        return found

    def files(self) -> list[Path]:
        return sorted(path for path in self.home.rglob("*") if path.is_file())
