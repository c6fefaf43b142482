"""Which libraries of the system the frozen app needs, and the Debian packages that have them."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

_NEEDED = re.compile(r"^\s*NEEDED\s+(\S+)", re.MULTILINE)
_LIBC_VERSION = re.compile(r"\bGLIBC_(\d+)\.(\d+)")
_OLDEST_LIBC = (2, 34)  # what the wheels that StemDesk stands on are built for
_ELF = b"\x7fELF"
# Needed at run time by name (sounddevice asks for PortAudio, Qt's plug-ins are chosen by the
# session), so always, besides what the files say. As README.md names them.
ALWAYS = (
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libportaudio2",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
)
PACKAGE_OF = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libasound.so.2": "libasound2t64 | libasound2",
    "libcrypt.so.1": "libcrypt1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libexpat.so.1": "libexpat1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0t64 | libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0t64 | libglib2.0-0",
    "libjack.so.0": "libjack-jackd2-0 | libjack-0.125",
    "libportaudio.so.2": "libportaudio2",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
_OF_LIBC = re.compile(r"^(lib(c|m|dl|rt|pthread|util|resolv|nsl|mvec|anl)\.so|ld-linux)")


class UnknownLibraryError(Exception):
    """The frozen app needs a library that is neither in it nor in a package that we know."""


def depends(frozen: Path) -> tuple[str, ...]:
    """The package's `Depends`, each once, in order. Raises `UnknownLibraryError`."""
    needs = needed_outside(frozen)
    outside = sorted(needs.libraries)
    unknown = [name for name in outside if name not in PACKAGE_OF and not _OF_LIBC.match(name)]
    if unknown:
        raise UnknownLibraryError(f"no package is known for {', '.join(unknown)}")
    found = {PACKAGE_OF[name] for name in outside if name in PACKAGE_OF}
    libc = "libc6 (>= {}.{})".format(*max(needs.libc, _OLDEST_LIBC))
    return tuple(sorted(found | {*ALWAYS, libc}))


@dataclass(frozen=True, slots=True)
class Needs:
    """`libraries`: names of those that are not in the folder. `libc`: the version of glibc that
    has all that is used of it."""

    libraries: frozenset[str]
    libc: tuple[int, int]


def needed_outside(frozen: Path) -> Needs:
    """What files of the frozen folder are linked to. Needs `objdump` (binutils), as PyInstaller
    does."""
    here: set[str] = set()
    programs: list[Path] = []
    for folder, _, names in os.walk(frozen):
        here.update(names)
        programs += [path for name in names if _is_program(path := Path(folder, name))]
    needed: set[str] = set()
    libc = (0, 0)
    for path in programs:
        said = _headers(path)
        needed.update(_NEEDED.findall(said))
        versions = ((int(first), int(second)) for first, second in _LIBC_VERSION.findall(said))
        libc = max([libc, *versions])
    return Needs(frozenset(needed - here), libc)


def needed_by(path: Path) -> set[str]:
    """Names of the libraries that one file is linked to; none if it is no program. The system's
    libraries are links."""
    file = path.resolve()
    return set(_NEEDED.findall(_headers(file))) if _is_program(file) else set()


def _is_program(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == _ELF


def _headers(path: Path) -> str:
    result = subprocess.run(
        ["objdump", "-p", str(path)], capture_output=True, text=True, check=True, errors="replace"
    )
    return result.stdout
