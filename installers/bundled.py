"""The works of others inside of Python packages: which library file belongs to which work.

`installers/licence_texts/<text>.txt` has each work's licence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Work:
    """`text`: the name of its file in `licence_texts`."""

    name: str
    licence: str
    text: str


ICU = Work("ICU", "Unicode-3.0", "icu")
GCC = Work("GCC's run-time libraries", "GPL-3.0-or-later WITH GCC-exception-3.1", "gcc-runtime")
LAME = Work("LAME", "LGPL-2.0-or-later", "lame")
OPUS = Work("Opus", "BSD-3-Clause", "opus")
ZLIB = Work("zlib", "Zlib", "zlib")
_ALSA = Work("ALSA", "LGPL-2.1-or-later", "alsa-lib")
_BZIP2 = Work("bzip2", "bzip2-1.0.6", "bzip2")
_XZ = Work("XZ Utils", "0BSD", "xz")
_MINGW = Work("mingw-w64's run-time libraries", "MIT AND ZPL-2.1", "mingw-w64")
_XCB = Work("XCB", "MIT", "libxcb")
_OPENCORE = Work("OpenCORE AMR", "Apache-2.0", "opencore-amr")
_NETTLE = Work("Nettle", "LGPL-3.0-or-later OR GPL-2.0-or-later", "nettle")
_WEBP = Work("libwebp", "BSD-3-Clause", "libwebp")

# What a whole package carries, in libraries that do not say so by their names.
INSIDE: dict[str, tuple[Work, ...]] = {
    "av": (Work("FFmpeg", "GPL-3.0-or-later (as built for PyAV)", "ffmpeg"),),
    # Python's own source, not a package:
    "python": (
        Work("Expat", "MIT", "expat"),
        Work("libmpdec", "BSD-2-Clause", "libmpdec"),
    ),
    # What python.org builds into it for Windows and macOS; on Linux they are the system's:
    "python outside Linux": (
        Work("ncurses", "MIT-X11", "ncurses"),
        Work("OpenSSL", "Apache-2.0", "openssl"),
        Work("SQLite", "blessing", "sqlite"),
        Work("libffi", "MIT", "libffi"),
        _BZIP2,
        _XZ,
        ZLIB,
    ),
    "pyside6-essentials": (
        Work("Qt 6", "LGPL-3.0-only, with parts under other licences", "qt-base"),
        Work("Qt SVG", "LGPL-3.0-only", "qt-svg"),
        Work("Qt Wayland", "LGPL-3.0-only", "qt-wayland"),
        ICU,
    ),
    "sounddevice": (Work("PortAudio", "MIT", "portaudio"),),
    "soundfile": (
        Work("libsndfile", "LGPL-2.1-or-later", "libsndfile"),
        Work("FLAC", "BSD-3-Clause", "flac"),
        Work("Ogg", "BSD-3-Clause", "libogg"),
        Work("Vorbis", "BSD-3-Clause", "vorbis"),
        Work("mpg123", "LGPL-2.1-only", "mpg123"),
        OPUS,
        LAME,
    ),
    "torch": (
        Work("Intel oneMKL", "Intel Simplified Software License", "intel-mkl"),
        GCC,
    ),
}
# Folders of packages that hold libraries of others.
_FOLDERS = re.compile(r"(\.libs|\.dylibs|^_soundfile_data|^_sounddevice_data|^torch/lib)(/|$)")
_LIBRARY = re.compile(r"\.(so(\.[\d.]+)?|dylib|dll)$")
# None: the package's own, or named in its own licence texts.
BY_NAME: tuple[tuple[str, Work | None], ...] = (
    (r"av(codec|device|filter|format|util)|sw(resample|scale)|postproc", None),
    (r"SvtAv1Enc", Work("SVT-AV1", "BSD-3-Clause-Clear AND AOMPL-1.0", "svt-av1")),
    (r"Xau", Work("libXau", "MIT", "libxau")),
    (r"asound", _ALSA),
    (r"dav1d", Work("dav1d", "BSD-2-Clause", "dav1d")),
    (r"drm", Work("libdrm", "MIT", "libdrm")),
    (r"gmp", Work("GMP", "LGPL-3.0-or-later OR GPL-2.0-or-later", "gmp")),
    (r"iconv", Work("GNU libiconv", "LGPL-2.1-or-later", "libiconv")),
    (r"gnutls", Work("GnuTLS", "LGPL-2.1-or-later", "gnutls")),
    (r"hogweed|nettle", _NETTLE),
    (r"mp3lame", LAME),
    (r"opencore-amr[nw]b", _OPENCORE),
    (r"opus", OPUS),
    (r"sharpyuv|webp(mux|demux)?", _WEBP),
    (r"unistring", Work("libunistring", "LGPL-3.0-or-later OR GPL-2.0-or-later", "libunistring")),
    (r"vpl", Work("Intel VPL", "MIT", "libvpl")),
    (r"vpx", Work("libvpx", "BSD-3-Clause", "libvpx")),
    (r"x264", Work("x264", "GPL-2.0-or-later", "x264")),
    (r"x265", Work("x265", "GPL-2.0-or-later", "x265")),
    (r"xcb", _XCB),
    (r"z|zlib1?", ZLIB),
    (r"bz2", _BZIP2),
    (r"lzma", _XZ),
    (r"winpthread", _MINGW),
    (r"gcc_s(_seh)?|stdc\+\+|gomp|gfortran|quadmath", GCC),
    (r"iomp5(md)?|iompstubs5md", Work("Intel OpenMP", "Intel End User License", "intel-openmp")),
    (r"omp", None),  # LLVM's: torch's texts have it
    (r"uv|c10|shm|torch.*|aoti_custom_ops|backend_with_compiler|jitbackend_test", None),
    (r"asmjit|fbgemm|cpuinfo|dnnl|mimalloc|sleef", None),  # on Windows; torch's texts have them
    (r"scipy_openblas64_|openblas.*", None),  # numpy's texts have it
    (r"sndfile.*|portaudio.*", None),  # INSIDE
    (r"msvcp140.*|vcruntime140.*|concrt140", None),  # Python's text for Windows has them
)


class UnknownPartError(Exception):
    """A package carries a library of which nobody has said what it is."""


def is_library_of_others(inside: PurePath) -> bool:
    """Whether a package's file (its place below `site-packages`) is a library that may be
    somebody else's."""
    library = _LIBRARY.search(inside.name.lower())
    return library is not None and bool(_FOLDERS.search(inside.parent.as_posix()))


def work_of(inside: PurePath) -> Work | None:
    """The work that a library belongs to; None: the package's own texts have it. Raises
    `UnknownPartError`."""
    name = inside.name.removeprefix("lib")
    for pattern, work in BY_NAME:
        # Behind the name: a version, a build's hash, a platform, the suffix.
        if re.match(rf"({pattern})(?=[-._\d]|$)", name, re.IGNORECASE):
            return work
    raise UnknownPartError(f"{inside}: whose is it? See installers/bundled.py")
