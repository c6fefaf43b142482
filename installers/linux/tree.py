"""The files of an installed StemDesk on Linux: the frozen folder, and what a desktop wants to know.

Both the Debian package and the AppImage are made of this tree.
"""

from __future__ import annotations

import gzip
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from installers import app_icons

APP_ID = "io.github.stemdesk.StemDesk"
PROGRAMS = ("stemdesk", "stemdesk-window")
HERE = Path(__file__).resolve().parent
# What the frozen app opens (audio/sniff.AUDIO_SUFFIXES), by the names of shared-mime-info, and by
# older or newer names of the same types, since desktops know one or the other.
MEDIA_TYPES = (
    "audio/aac",
    "audio/ac3",
    "audio/aiff",
    "audio/AMR",
    "audio/basic",
    "audio/eac3",
    "audio/flac",
    "audio/mp2",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/vnd.dts",
    "audio/vnd.wave",
    "audio/webm",
    "audio/x-aifc",
    "audio/x-aiff",
    "audio/x-ape",
    "audio/x-caf",
    "audio/x-dsf",
    "audio/x-flac+ogg",
    "audio/x-m4b",
    "audio/x-matroska",
    "audio/x-ms-wma",
    "audio/x-musepack",
    "audio/x-opus+ogg",
    "audio/x-speex",
    "audio/x-speex+ogg",
    "audio/x-tta",
    "audio/x-vorbis+ogg",
    "audio/x-wav",
    "audio/x-wavpack",
    "video/mp2t",
    "video/mp4",
    "video/mpeg",
    "video/ogg",
    "video/quicktime",
    "video/vnd.avi",
    "video/webm",
    "video/x-flv",
    "video/x-m4v",
    "video/x-matroska",
    "video/x-ms-wmv",
    "video/x-msvideo",
)


@dataclass(frozen=True, slots=True)
class Release:
    """`made`: when, for all dates in the package. `homepage`: "" where there is none."""

    version: str
    made: datetime
    homepage: str = ""


def release_now(version: str, homepage: str = "") -> Release:
    """`SOURCE_DATE_EPOCH` (reproducible-builds.org) is the time, if it is set."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    made = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    return Release(version, made, homepage)


def lay_out(frozen: Path, usr: Path, release: Release) -> None:
    """Fill `usr` (`…/usr`) with the frozen folder and the desktop's files."""
    for program in PROGRAMS:
        if not os.access(frozen / program, os.X_OK):
            raise FileNotFoundError(f"{frozen} has no program {program}")
    home = usr / "lib" / "stemdesk"
    shutil.copytree(frozen, home, symlinks=True)
    programs = usr / "bin"
    programs.mkdir(parents=True)
    for program in PROGRAMS:
        (programs / program).symlink_to(Path("..", "lib", "stemdesk", program))
    share = usr / "share"
    _write(share / "applications" / f"{APP_ID}.desktop", desktop_entry())
    _write(share / "metainfo" / f"{APP_ID}.metainfo.xml", metainfo(release))
    app_icons.write_hicolor(share / "icons" / "hicolor", APP_ID)
    manual = share / "man" / "man1"
    compressed(manual / "stemdesk.1.gz", man_page(release))
    (manual / "stemdesk-window.1.gz").symlink_to("stemdesk.1.gz")
    set_modes(usr)


def desktop_entry() -> str:
    text = (HERE / f"{APP_ID}.desktop").read_text("utf-8")
    return text.replace("@MIME@", "".join(f"{name};" for name in MEDIA_TYPES))


def metainfo(release: Release) -> str:
    text = (HERE / f"{APP_ID}.metainfo.xml").read_text("utf-8")
    media = "\n".join(f"    <mediatype>{name}</mediatype>" for name in MEDIA_TYPES)
    homepage = f'  <url type="homepage">{release.homepage}</url>\n' if release.homepage else ""
    text = text.replace("@MEDIATYPES@", media).replace("@HOMEPAGE@\n", homepage)
    return text.replace("@VERSION@", release.version).replace("@DATE@", f"{release.made:%Y-%m-%d}")


def man_page(release: Release) -> str:
    text = (HERE / "stemdesk.1").read_text("utf-8")
    date = f"{release.made:%B} {release.made.day}, {release.made.year}"
    return text.replace("@VERSION@", release.version).replace("@DATE@", date)


def compressed(path: Path, text: str) -> None:
    """Write a `.gz` without a time in it, so that the same text gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def set_modes(root: Path) -> None:
    """As packages have them, whatever the builder's umask: 755 for folders and programs, else
    644. Libraries are no programs."""
    for folder, _, names in os.walk(root):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            if path.is_symlink():
                continue
            program = os.access(path, os.X_OK) and ".so" not in path.name
            path.chmod(0o755 if program else 0o644)
