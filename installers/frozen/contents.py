"""What goes into the frozen app and what stays out. Used by `stemdesk.spec` only."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

Entry = tuple[str, str, str]
"""PyInstaller's: name in the folder, file that it comes from, kind."""

_FILES_OF = ("yt_dlp", "yt_dlp_ejs", "deno")

# Imported somewhere, never by what StemDesk does (torch 2.13: seen with `sys.modules` after a
# split): torch's compilers, exporters and tests, demucs' command line, and what those stand on.
LEFT_OUT = [
    *("torch._inductor", "torch._dynamo", "torch.onnx"),
    *("torch.utils.tensorboard", "torch.utils.benchmark", "torch.utils.bottleneck"),
    *("torch.distributed.elastic", "torch.distributed.pipelining", "torch.distributed._shard"),
    *("torch.distributed.checkpoint", "torch.distributed.benchmarks", "torch.utils.cpp_extension"),
    *("sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec", "triton", "tensorboard"),
    *("sphn", "lameenc", "huggingface_hub", "hf_xet", "demucs.api", "demucs.pretrained"),
    *("numpy.f2py", "scipy", "pandas", "matplotlib", "IPython", "PIL", "numba"),
    *("pip", "setuptools", "pkg_resources", "wheel", "pytest", "click", "rich", "pygments"),
    *("tkinter", "_tkinter", "turtle", "idlelib", "lib2to3", "ensurepip", "test", "turtledemo"),
    *("PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtDesigner", "PySide6.QtOpenGL"),
]
# Files that hooks bring, by their names in the folder.
_FILES_LEFT_OUT = (
    *("*Qt6Quick*", "*Qt6Qml*", "*Qt6VirtualKeyboard*", "*Qt6Pdf*", "*libQt6OpenGL*"),
    # The same on macOS: each a folder, and a link to what is in it.
    *("*/QtQuick*.framework/*", "*/QtQml*.framework/*", "*/QtVirtualKeyboard*.framework/*"),
    *("*/QtPdf.framework/*", "QtQuick*", "QtQml*", "QtVirtualKeyboard*", "QtPdf"),
    *("*qtvirtualkeyboard*", "*qpdf.*", "*qtiff.*", "*qtga.*", "*qwbmp.*", "*qicns.*"),
    *("*/plugins/platforms/libqeglfs*", "*/plugins/platforms/libqlinuxfb*"),
    *("*/plugins/platforms/libqminimal*", "*/plugins/platforms/libqvkkhr*"),
    *("*/plugins/platforms/libqvnc*", "*/egldeviceintegrations/*", "*libQt6Egl*"),
    "*/wayland-graphics-integration-client/*",  # for OpenGL, which no widget of ours uses
    "*/networkinformation/*",  # nothing asks Qt for the network; it brings GLib's half
    *("*/PySide6/Qt/translations/*", "PySide6/Qt/translations/*", "PySide6/translations/*"),
    *("*/opengl32sw.dll", "*.pyi", "torch/include/*", "torch/share/*", "torch/test/*"),
    # GTK's theme would load the system's GTK onto our copies of what that stands on. File dialogs
    # come from the desktop's portal.
    *("*/platformthemes/libqgtk3*", "libatk*", "libcairo*", "libpango*", "libgdk_pixbuf*"),
    *("libpixman*", "libharfbuzz*", "libgraphite2*", "libfribidi*", "libthai*", "libdatrie*"),
    *("libjpeg.so*", "libXext.so*", "libXrender.so*"),
    # The system's own must be used: they belong to its graphics drivers and sound servers.
    *("libdrm.so*", "libgbm.so*", "libasound.so*", "libxcb.so*", "libX11*.so*"),
    *("libwayland-*.so*", "libgcc_s.so*", "libstdc++.so*"),
    "libmvec.so*",  # a part of glibc: with another glibc than its own it may not load
)
# The interpreter's parts that a newer yt-dlp may need, whatever this one needs.
_NOT_STANDARD = {"antigravity", "this", "idlelib", "lib2to3", "ensurepip", "tkinter", "turtle"}
_NOT_STANDARD |= {"turtledemo", "test", "distutils", "venv", "pydoc_data", "__main__"}
_NOT_STANDARD |= {"__hello__", "__phello__"}
_PACKAGES: tuple[str, ...] = ("asyncio", "collections", "concurrent", "ctypes", "curses")
_PACKAGES += ("dbm", "email", "encodings", "html", "http", "importlib", "json", "logging")
_PACKAGES += ("multiprocessing", "re", "sqlite3", "sysconfig", "unittest", "urllib", "wsgiref")
_PACKAGES += ("xml", "xmlrpc", "zoneinfo")


def check_torch(package: Path | None = None) -> None:
    """NVIDIA's libraries may not be in an app under the GPL, and would make it seven times as large
    (`installers/GPU.md`). Raises `ValueError` if torch was built for CUDA. `package`: its folder,
    instead of the installed one."""
    if package is None:
        spec = find_spec("torch")
        package = Path(spec.origin).parent if spec and spec.origin else Path()
    cuda = runpy.run_path(str(package / "version.py")).get("cuda")
    if cuda is not None:
        raise ValueError(
            f"the torch here is built for CUDA {cuda}; the frozen app takes PyTorch's CPU build: "
            "pip install --extra-index-url (PyTorch's index of CPU wheels)"
        )


def standard_library() -> list[str]:
    """Every module of the standard library that this system has, but for its tests and tools."""
    from PyInstaller.utils.hooks import collect_submodules

    found = [name for name in sorted(sys.stdlib_module_names - _NOT_STANDARD) if _is_there(name)]
    for package in _PACKAGES:
        found += collect_submodules(package, filter=lambda name: ".test" not in name)
    return sorted(set(found))


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def is_wanted(entry: Entry) -> bool:
    """Whether a file stays in the folder."""
    name = entry[0].replace(os.sep, "/")
    return not any(fnmatch(name, pattern) for pattern in _FILES_LEFT_OUT)


def files_of_others() -> list[Entry]:
    """One file of each package that is compiled into files of its own: PyInstaller's tables name
    what was compiled, not where it came from."""
    specs = ((name, find_spec(name)) for name in _FILES_OF)
    return [(name, spec.origin, "PYMODULE") for name, spec in specs if spec and spec.origin]


def packages_of(tables: Iterable[Iterable[tuple[str, str | None, str]]]) -> list[str]:
    """The names of the Python packages that the files in these tables belong to."""
    root = Path(sysconfig.get_path("purelib"))
    sources = (Path(source) for table in tables for _, source, _ in table if source)
    tops = {path.relative_to(root).parts[0] for path in sources if root in path.parents}
    owners: dict[str, str] = {}
    for found in metadata.distributions():
        name = found.metadata["Name"]
        # The text itself: a path object for each of torch's files takes many seconds.
        for line in (found.read_text("RECORD") or "").splitlines():
            owners.setdefault(line.split(",")[0].split("/")[0], name)
    return sorted({owners[top] for top in tops if top in owners})


def stripped(entry: Entry, folder: Path) -> Entry:
    """A large library without the names of its inner functions: together 115 MB
    less. Others stay as they are: some of NumPy's break."""
    name, source, kind = entry
    tool = shutil.which("strip")
    large = name.startswith(("torch/lib/libtorch", "libpython"))
    if not sys.platform.startswith("linux") or tool is None or not large:
        return entry
    target = folder / Path(source).name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    subprocess.run([tool, "--strip-unneeded", target], check=True)
    return name, str(target), kind


def deno() -> Path:
    """The program that the package `deno` has brought. Raises `FileNotFoundError`."""
    found = Path(sysconfig.get_path("scripts")) / ("deno.exe" if os.name == "nt" else "deno")
    if not found.is_file():
        raise FileNotFoundError(f"{found}: install the extra `links`")
    return found


def write_package_index(folder: Path) -> Path:
    """A file with the address that this machine's pip has by default, for updates of yt-dlp: the
    frozen app has no pip to ask. Not the one that is set up here, which may be a mirror's."""
    from pip._internal.models.index import PyPI

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "package-index.txt"
    path.write_text(f"{PyPI.simple_url}\n", "utf-8")
    return path
