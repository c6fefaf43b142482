"""Imports torch without holding up the other threads of the process.

Loading a C extension holds Python's lock: for torch's 400 MB that is a fifth of a second, and
twice that after a restart of the machine, in which a window stands still. So its libraries are
loaded first, by a call that lets the lock go. Garbage collections hold the lock, too, for longer
the more objects there are, and an import makes hundreds of thousands: none is looked at. The
threshold of 0 says so to Python and to the window, whose GUI thread collects by itself.

An import lets the lock go at each file that it looks at, thousands of times. Each time another
thread may keep it for as long as Python lets threads take turns, so the turns are made short
(`priority.short_turns`).

The window loads the libraries while it is made (`load_ahead`).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from stemdesk.engine import gpu_pack
from stemdesk.paths import folders
from stemdesk.priority import hurry, short_turns

_LOOKS = 64
_CACHED_SHARE = 8


def import_torch() -> None:
    """Import torch; call on the compute thread before anything else imports it there."""
    if "torch" in sys.modules:
        return
    if gpu_pack.packs_wanted():
        _take_gpu_pack(folders().data)
    if sys.platform.startswith("linux"):
        _load_libraries()
    thresholds = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with hurry(), short_turns():
            import torch  # noqa: F401 - all that is wanted
    finally:
        gc.set_threshold(*thresholds)
    gc.freeze()  # modules stay: no later collection looks at them


def load_ahead() -> None:
    """Load torch's libraries on the compute thread, if that takes a moment only: if the system has
    read them before.

    One library is loaded at a time in a process, and a thread that needs another one waits for its
    turn holding Python's lock. From a cold disk, that would be seconds in which a window stands
    still: then they are loaded by `import_torch`, when the window has loaded what it needs.
    """
    if "torch" in sys.modules or not sys.platform.startswith("linux"):
        return
    if gpu_pack.packs_wanted() and gpu_pack.pack_in_use(folders().data) is not None:
        return  # another torch is going to be imported
    folder = _library_folder()
    if folder is not None and _is_cached(folder / "libtorch_cpu.so"):
        _open_libraries(folder)


def _take_gpu_pack(data: Path) -> None:
    """Let the import find a torch with CUDA, if one was fetched and has passed its test."""
    pack = gpu_pack.pack_in_use(data)
    if pack is not None:
        gpu_pack.put_first(pack)


def _library_folder() -> Path | None:
    spec = find_spec("torch")  # does not import it
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "lib"


def _is_cached(file: Path) -> bool:
    """Whether a good part of a file would be read without waiting for a disk."""
    found = 0
    try:
        with file.open("rb", buffering=0) as opened:
            size = os.fstat(opened.fileno()).st_size
            for look in range(_LOOKS):
                place = size * look // _LOOKS
                with contextlib.suppress(BlockingIOError):
                    found += os.preadv(opened.fileno(), [bytearray(1)], place, os.RWF_NOWAIT)
    except OSError:  # it is not there, or its file system cannot say
        return False
    return found * _CACHED_SHARE >= _LOOKS


def _load_libraries() -> None:
    """Load torch's libraries. If one cannot be, torch's import says why."""
    folder = _library_folder()
    if folder is None:
        return
    # A thread that reads tags meanwhile would wait for its turn holding Python's lock, so what it
    # needs comes first.
    with contextlib.suppress(ImportError):
        import av.subtitles.stream  # noqa: F401 - it comes with the first file
    _open_libraries(folder)


def _open_libraries(folder: Path) -> None:
    # Not `ctypes.CDLL(path)`, which keeps the lock; calls of foreign functions let it go.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    # First and global what torch itself loads so, then all that does not call Python.
    dlopen(os.fsencode(folder / "libtorch_global_deps.so"), os.RTLD_NOW | os.RTLD_GLOBAL)
    dlopen(os.fsencode(folder / "libtorch.so"), os.RTLD_NOW)
