"""Tries the Debian package on this machine as a person would: installs it, opens a song from its
desktop entry, hands a second one to the open window, exports, removes it, and looks what is left.

    python -m installers.linux.try_deb PACKAGE [--screenshot PICTURE.png]

For a Debian or Ubuntu without StemDesk, as root; needs Xvfb, x11-utils and libglib2.0-bin; for the
picture ImageMagick. The app itself runs as the user `nobody` with a home of its own. Packages that
were installed for StemDesk's sake are removed with it. Exit code 0: all is well; 1: what is not is
said last.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from installers.freeze import STEMS, TroubleError, screen, timed
from installers.linux.machine import (
    ENOUGH_S,
    NOBODY,
    User,
    apt,
    came_along,
    check_nothing_left,
    installed_packages,
    system_files,
)
from installers.linux.tree import APP_ID, PROGRAMS

ENTRY = Path("/usr/share/applications") / f"{APP_ID}.desktop"
_CLOSE_S = 10.0


def main() -> int:
    """Returns the exit code."""
    options = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    options.add_argument("package", type=Path)
    options.add_argument("--screenshot", type=Path, metavar="PICTURE.png")
    arguments = options.parse_args()
    try:
        try_package(arguments.package.resolve(strict=True), arguments.screenshot)
    except TroubleError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print("installed, tried and removed: nothing is left")
    return 0


def try_package(package: Path, picture: Path | None) -> None:
    """Raises `TroubleError` for the first thing that is wrong. Nothing stays installed."""
    _look_for_tools(picture)
    files, packages = system_files(), installed_packages()
    if "stemdesk" in packages:
        raise TroubleError("StemDesk is installed here already; that one is left alone")
    print(f"package: {package.stat().st_size / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory(prefix="stemdesk try ö ") as folder:
        user = User(Path(folder))
        try:
            timed("installed", lambda: apt("install", "--no-install-recommends", str(package)))
            timed("self-test with an empty environment", lambda: self_test(user))
            _try_window(user, picture)
            timed("exported by the command line", lambda: export(user))
            check_log(user)
        finally:
            stop(user.programs())
            here = {path: path.stat().st_size for path in user.files()}
            timed("removed", lambda: apt("purge", *came_along(packages)))
        if here != {path: path.stat().st_size for path in user.files()}:
            raise TroubleError("removing the package has changed files of the user's")
    check_nothing_left(files)


def self_test(user: User) -> None:
    """Both programs. Raises `TroubleError`."""
    broken = subprocess.run(["dpkg", "--verify", "stemdesk"], capture_output=True, check=False)
    if broken.stdout:
        raise TroubleError(f"files are not as packed: {broken.stdout.decode()}")
    for program in PROGRAMS:
        found = json.loads(user.run(f"/usr/bin/{program}", "--self-test", "--json", empty=True))
        if not found["passed"] or not found["frozen"]:
            raise TroubleError(f"{program}: {found}")


def _try_window(user: User, picture: Path | None) -> None:
    """From the desktop entry, with a song each time; the second goes to the window that is open."""
    _accept_draft(user)
    songs = timed("demo song split and exported", lambda: make_songs(user))
    with screen() as display:
        timed("first song split", lambda: _open(user, display, songs[0]))
        (window,) = user.programs()
        timed("second song split", lambda: _open(user, display, songs[1]))
        if user.programs() != [window]:
            raise TroubleError("the second song has started a second window")
        if picture is not None:
            _take(picture, display)
        stop([window])


def make_songs(user: User) -> list[Path]:
    """Two songs without tags, at awkward names, by the command line: the demo song, and what is
    left of it without its voice."""
    demo, made = user.home / "demo", user.home / "made"
    user.run("stemdesk", "demo", "-o", str(demo))
    (split,) = demo.iterdir()
    words = ["--parts", "original,instrumental", "--format", "wav", "--no-tags"]
    user.run("stemdesk", "export", str(split), "-o", str(made), *words)
    files = sorted(made.rglob("*.wav"))
    names = ("A song, ö 日本.wav", "Another %F 'one'.wav")
    return [file.rename(user.home / name) for file, name in zip(files, names, strict=True)]


def _accept_draft(user: User) -> None:
    """What the button on the first song's card does: split with the built-in model."""
    settings = user.home / ".config" / "StemDesk" / "settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"draft_accepted": True}), "utf-8")
    for path in (settings.parent.parent, settings.parent, settings):
        os.chown(path, NOBODY, NOBODY)


def _open(user: User, display: str, song: Path) -> None:
    """As a file manager does it. Returns when the stems lie on the disk and the song is done."""
    user.run("gio", "launch", str(ENTRY), str(song), display=display)
    folder = user.stems / song.stem

    def done() -> bool:
        if not user.programs():
            raise TroubleError(f"there is no window any more: {log_of(user)[-2000:]}")
        return {path.stem for path in folder.glob("*.flac")} >= set(STEMS)

    wait(done, f"stems of {song.name}")
    wait(lambda: _has_window(display), "a window")


def _has_window(display: str) -> bool:
    tree = subprocess.run(
        ["xwininfo", "-root", "-tree", "-display", display], capture_output=True, check=False
    ).stdout
    return b'("StemDesk" "StemDesk")' in tree  # as `StartupWMClass` in the entry says


def export(user: User) -> None:
    """Raises `TroubleError` unless the files are there."""
    (song,) = user.stems.glob("A song*")
    target = str(user.exports)
    user.run("stemdesk", "export", str(song), "-o", target, "--format", "mp3", "--parts", "stem")
    found = [path for path in user.exports.rglob("*.mp3") if path.stat().st_size > 1000]
    if len(found) != len(STEMS):
        raise TroubleError(f"exported: {[path.name for path in found]}")


def log_of(user: User) -> str:
    folder = user.home / ".local" / "state" / "StemDesk"
    return "\n".join(path.read_text("utf-8", "replace") for path in folder.rglob("*.log"))


def check_log(user: User) -> None:
    """Raises `TroubleError` for an error that the app has noted."""
    wrong = [line for line in log_of(user).splitlines() if " ERROR " in line or "Traceback" in line]
    if wrong:
        raise TroubleError(f"in the app's log: {wrong[:5]}")


def stop(processes: list[int]) -> None:
    """Ask them to end, as a session does that closes. Raises `TroubleError` if one stays."""
    for process in processes:
        os.kill(process, signal.SIGTERM)
    end = time.monotonic() + _CLOSE_S
    left = processes
    while left and time.monotonic() < end:
        time.sleep(0.05)
        left = [process for process in left if Path(f"/proc/{process}/exe").exists()]
    for process in left:
        os.kill(process, signal.SIGKILL)
    if left:
        raise TroubleError(f"the window did not close within {_CLOSE_S:.0f} s")


def wait(done: Callable[[], bool], what: str) -> None:
    """Raises `TroubleError` if it takes too long."""
    end = time.monotonic() + ENOUGH_S
    while not done():
        if time.monotonic() > end:
            raise TroubleError(f"no {what} within {ENOUGH_S:.0f} s")
        time.sleep(0.2)


def _take(picture: Path, display: str) -> None:
    subprocess.run(["import", "-display", display, "-window", "root", picture], check=True)


def _look_for_tools(picture: Path | None) -> None:
    if os.geteuid() != 0:
        raise TroubleError("only root installs packages")
    needed = ["apt-get", "dpkg-query", "Xvfb", "xwininfo", "gio"]
    needed += ["import"] if picture else []
    missing = [name for name in needed if shutil.which(name) is None]
    if missing:
        raise TroubleError(f"not here: {', '.join(missing)}")


if __name__ == "__main__":
    sys.exit(main())
