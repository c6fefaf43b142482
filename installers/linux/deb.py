"""Build the Debian package from the frozen folder, with dpkg-deb.

    python -m installers.linux.deb [FROZEN] [-o dist] [--homepage URL]

The package has no scripts of its own: dpkg's triggers tell the desktop about entry, types and
icons, and removing it leaves nothing. It writes only below /usr.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from email.utils import format_datetime
from pathlib import Path

from installers.linux.libraries import depends
from installers.linux.tree import Release, compressed, lay_out, release_now, set_modes

ROOT = Path(__file__).resolve().parents[2]
FROZEN = ROOT / "build" / "freeze" / "dist" / "StemDesk"  # as installers/freeze.py makes it
_MAINTAINER = "The StemDesk developers <stemdesk@users.noreply.github.com>"
_DESCRIPTION = """\
take songs apart into vocals, drums, bass and the rest
 StemDesk separates songs into stems with Demucs networks, on your own machine.
 Drop files or paste a link, listen while the song is still being split, mute
 or solo each stem, and find them saved as ordinary sound files. There is a
 command line that does the same.
 .
 A small built-in model works at once; better ones are downloaded on request.
 Nothing is uploaded."""
# What Debian's own packages must not do and a frozen app has to: it brings its libraries along.
_LINTIAN = """\
stemdesk: custom-library-search-path
stemdesk: embedded-library
stemdesk: exit-in-shared-library
stemdesk: executable-stack-in-shared-library
stemdesk: extra-license-file
stemdesk: hardening-no-fortify-functions
stemdesk: library-not-linked-against-libc
stemdesk: shared-library-lacks-prerequisites
stemdesk: spelling-error-in-binary
stemdesk: statically-linked-binary
stemdesk: unstripped-binary-or-object
"""
_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: StemDesk
Comment: StemDesk's own source is MIT. This package carries it together with
 other works, among them FFmpeg with x264 and x265 (GPL), so that the package as
 a whole is under the GPL, version 3 or later. The texts of all licences are in
 /usr/lib/stemdesk/_internal/resources/licences/LICENCES.txt.

Files: *
Copyright: 2026 The StemDesk developers
 1995-2026 the authors that LICENCES.txt names
License: GPL-3+
 On Debian systems the full text of the GNU General Public License version 3
 is in /usr/share/common-licenses/GPL-3.
"""


def version() -> str:
    """StemDesk's, read from its source without running it."""
    source = (ROOT / "src" / "stemdesk" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE)
    if found is None:
        raise ValueError("src/stemdesk/__init__.py names no version")
    return found[1]


def debian_version(text: str) -> str:
    """Debian's order of versions: `1.0rc1` comes before `1.0` only as `1.0~rc1`."""
    return re.sub(r"(\d)\.?(a|b|rc|dev)(\d+)", r"\1~\2\3", text)


def build(frozen: Path, folder: Path, release: Release, compression: str = "xz") -> Path:
    """Make the package in `folder`; returns its path. Raises `UnknownLibraryError`, `OSError` and
    `subprocess.CalledProcessError`."""
    architecture = _run("dpkg", "--print-architecture").strip()
    label = debian_version(release.version)
    package = folder / f"stemdesk_{label}_{architecture}.deb"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".deb-") as temporary:
        root = Path(temporary, "root")
        usr = root / "usr"
        lay_out(frozen, usr, release)
        _add_documents(usr / "share", release, label)
        set_modes(usr)
        control = root / "DEBIAN"
        control.mkdir()
        (control / "control").write_text(
            _control(label, architecture, depends(frozen), installed_kib(usr)), "utf-8"
        )
        (control / "md5sums").write_text(_sums(root), "utf-8")
        for path in (root, control, *control.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        made = Path(temporary, package.name)
        _run("dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(root), str(made))
        made.replace(package)
    return package


def installed_kib(folder: Path) -> int:
    """What `Installed-Size` wants (Debian Policy 5.6.20): each file rounded up to 1 KiB."""
    return sum(
        -(-path.lstat().st_size // 1024) if path.is_file() and not path.is_symlink() else 1
        for path in folder.rglob("*")
    )


def _control(label: str, architecture: str, needs: tuple[str, ...], kib: int) -> str:
    return (
        f"Package: stemdesk\nVersion: {label}\nArchitecture: {architecture}\n"
        f"Maintainer: {_MAINTAINER}\nInstalled-Size: {kib}\nDepends: {', '.join(needs)}\n"
        "Recommends: hicolor-icon-theme, xdg-utils\n"
        f"Section: sound\nPriority: optional\nDescription: {_DESCRIPTION}\n"
    )


def _add_documents(share: Path, release: Release, label: str) -> None:
    documents = share / "doc" / "stemdesk"
    documents.mkdir(parents=True)
    (documents / "copyright").write_text(_COPYRIGHT, "utf-8")
    compressed(
        documents / "changelog.gz",
        f"stemdesk ({label}) stable; urgency=medium\n\n"
        "  * See CHANGELOG.md in StemDesk's repository.\n\n"
        f" -- {_MAINTAINER}  {format_datetime(release.made)}\n",
    )
    overrides = share / "lintian" / "overrides" / "stemdesk"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(_LINTIAN, "utf-8")


def _sums(root: Path) -> str:
    files = sorted(
        str(path.relative_to(root))
        for path in (root / "usr").rglob("*")
        if path.is_file() and not path.is_symlink()
    )
    return subprocess.run(
        ["xargs", "-0", "md5sum"],
        input="\0".join(files),
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _run(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the Debian package.")
    parser.add_argument("frozen", nargs="?", type=Path, default=FROZEN)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist")
    parser.add_argument("--homepage", default="")
    parser.add_argument("--compression", choices=("xz", "zstd", "gzip"), default="xz")
    options = parser.parse_args()
    if shutil.which("dpkg-deb") is None:
        parser.error("dpkg-deb is not here: this package is built on Debian or Ubuntu")
    release = release_now(version(), options.homepage)
    print(build(options.frozen, options.output, release, options.compression))
    return 0


if __name__ == "__main__":
    sys.exit(main())
