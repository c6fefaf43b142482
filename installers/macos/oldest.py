"""Whether every program and library of the app runs on the macOS that its Info.plist promises.

    python -m installers.macos.oldest build/freeze/dist/StemDesk.app

The release is built on a newer macOS than that: pip may take wheels there that older ones cannot
load. Reads the files themselves (Mach-O, `<mach-o/loader.h>` and `<mach-o/fat.h>`), so it runs
anywhere. Exit code 1, with a line for each file, if one asks for more or has no code for Apple's
own processors.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from installers.macos.bundle import OLDEST_MACOS

_MACH_O = b"\xcf\xfa\xed\xfe"  # 64 bits, little-endian: all that Apple's processors run
_FAT, _FAT_64 = b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"  # several in one file; big-endian
_ARM64 = 0x0100000C
_VERSION_MIN_MACOSX, _BUILD_VERSION = 0x24, 0x32
_HEADER = 32  # bytes of `mach_header_64`
_MOST_SLICES = 20  # a Java class begins with the same four bytes and a larger number

Version = tuple[int, int]


class NotForHereError(Exception):
    """A file that the app cannot use; says why."""


def needed(path: Path) -> Version | None:
    """The oldest macOS that this file is made for; None: no Mach-O. Raises `NotForHereError`."""
    with path.open("rb") as file:
        magic = file.read(4)
        if magic not in (_MACH_O, _FAT, _FAT_64):
            return None
        file.seek(0)
        data = file.read()
    if magic == _MACH_O:
        return _version(data)
    (count,) = struct.unpack_from(">I", data, 4)
    if magic == _FAT and count > _MOST_SLICES:
        return None
    entry = struct.Struct(">IIIII" if magic == _FAT else ">IIQQII")
    for number in range(count):
        kind, _, place, size, *_ = entry.unpack_from(data, 8 + number * entry.size)
        if kind == _ARM64:
            part = data[place : place + size]
            return _version(part) if part.startswith(_MACH_O) else None  # a library to link to
    raise NotForHereError("has no code for Apple's processors")


def _version(data: bytes) -> Version:
    kind, commands = struct.unpack_from("<I8xI", data, 4)
    if kind != _ARM64:
        raise NotForHereError("is for other processors")
    place = _HEADER
    for _ in range(commands):
        command, size = struct.unpack_from("<II", data, place)
        if command in (_BUILD_VERSION, _VERSION_MIN_MACOSX):
            behind = 12 if command == _BUILD_VERSION else 8  # it has the platform first
            (packed,) = struct.unpack_from("<I", data, place + behind)  # xxxx.yy.zz
            return packed >> 16, packed >> 8 & 0xFF
        place += size
    raise NotForHereError("does not say which macOS it is for")


def troubles(app: Path, oldest: str = OLDEST_MACOS) -> Iterator[str]:
    """A line for each file of the app that the `oldest` macOS does not load."""
    major, _, minor = oldest.partition(".")
    promised = int(major), int(minor or 0)
    for folder, _, names in os.walk(app):
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_symlink():
                continue
            try:
                version = needed(path)
            except NotForHereError as error:
                yield f"{path.relative_to(app)} {error}"
                continue
            if version is not None and version > promised:
                yield f"{path.relative_to(app)} needs macOS {version[0]}.{version[1]}"


def main() -> int:
    """Returns the exit code."""
    app = Path(sys.argv[1])
    found = list(troubles(app))
    print(*found, f"{len(found)} files do not run on macOS {OLDEST_MACOS}", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
