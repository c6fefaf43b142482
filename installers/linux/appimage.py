"""Build the AppImage: one file that runs without being installed.

    APPIMAGETOOL=/path/to/appimagetool python -m installers.linux.appimage [FROZEN] [-o dist]

appimagetool (https://github.com/AppImage/appimagetool) is no package of Debian's: the release
workflow fetches it, and the start program of images (`APPIMAGE_RUNTIME`), and checks their hashes.
Without it (`--folder-only`) the AppDir is made and can be
started by its `AppRun`.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from installers.linux.deb import FROZEN, ROOT, version
from installers.linux.tree import APP_ID, Release, lay_out, release_now

# The program opens the window or does a command by its arguments. It finds its own folder by
# following links. `APPDIR` stands for where the image is mounted.
_APP_RUN = """\
#!/bin/sh
here=${APPDIR:-$(dirname "$(readlink -f "$0")")}
exec "$here/usr/lib/stemdesk/stemdesk" "$@"
"""


def lay_out_folder(frozen: Path, folder: Path, release: Release) -> None:
    """Make the AppDir (https://docs.appimage.org/reference/appdir.html). A folder that is there
    is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    usr = folder / "usr"
    lay_out(frozen, usr, release)
    run = folder / "AppRun"
    run.write_text(_APP_RUN, "utf-8")
    run.chmod(0o755)
    entry = Path("usr", "share", "applications", f"{APP_ID}.desktop")
    icon = Path("usr", "share", "icons", "hicolor", "256x256", "apps", f"{APP_ID}.png")
    # appimagetool wants to find the program by the entry's name; the real ones are below usr/bin.
    (folder / entry.name).symlink_to(entry)
    (folder / icon.name).symlink_to(icon)
    (folder / ".DirIcon").symlink_to(icon.name)


def build(folder: Path, target: Path, release: Release, tool: str) -> None:
    """Pack the AppDir. Raises `subprocess.CalledProcessError`."""
    environment = os.environ | {"ARCH": platform.machine(), "VERSION": release.version}
    # It checks the store entry by the network; that is done before, without one.
    command = [tool, "--no-appstream", *_runtime(), str(folder), str(target)]
    subprocess.run(command, check=True, env=environment)


def _runtime() -> list[str]:
    """The small program before the image; the tool would fetch its newest without a check."""
    runtime = os.environ.get("APPIMAGE_RUNTIME")
    return ["--runtime-file", runtime] if runtime else []


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the AppImage.")
    parser.add_argument("frozen", nargs="?", type=Path, default=FROZEN)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist")
    parser.add_argument("--homepage", default="")
    parser.add_argument("--folder-only", action="store_true")
    options = parser.parse_args()
    release = release_now(version(), options.homepage)
    folder = options.output / "StemDesk.AppDir"
    lay_out_folder(options.frozen, folder, release)
    if options.folder_only:
        print(folder)
        return 0
    tool = os.environ.get("APPIMAGETOOL") or shutil.which("appimagetool")
    if tool is None:
        parser.error("appimagetool is not here: set APPIMAGETOOL, or use --folder-only")
    target = options.output / f"StemDesk-{release.version}-{platform.machine()}.AppImage"
    build(folder, target, release, tool)
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
