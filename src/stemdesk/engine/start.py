"""Imports torch without holding up the other threads of the process.

Loading a C extension holds Python's lock: for torch's 400 MB that is a fifth of a second, and
twice that after a restart of the machine, in which a window stands still. So its libraries are
loaded first, by a call that lets the lock go. Garbage collections hold the lock, too, for longer
the more objects there are, and an import makes hundreds of thousands: none is looked at. The
threshold of 0 says so to Python and to the window, whose GUI thread collects by itself.

An import lets the lock go at each file that it looks at, thousands of times. Each time another
thread may keep it for as long as Python lets threads take turns, so the turns are made short.
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

_TURN_S = 0.0005


def import_torch() -> None:
    """Import torch; call on the compute thread before anything else imports it there."""
    if "torch" in sys.modules:
        return
    if gpu_pack.packs_wanted():
        _take_gpu_pack(folders().data)
    if sys.platform.startswith("linux"):
        _load_libraries()
    thresholds, turn_s = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(0)
    sys.setswitchinterval(min(_TURN_S, turn_s))
    try:
        import torch  # noqa: F401 - all that is wanted
    finally:
        sys.setswitchinterval(turn_s)
        gc.set_threshold(*thresholds)
    gc.freeze()  # modules stay: no later collection looks at them


def _take_gpu_pack(data: Path) -> None:
    """Let the import find a torch with CUDA, if one was fetched and has passed its test."""
    pack = gpu_pack.pack_in_use(data)
    if pack is not None:
        gpu_pack.put_first(pack)


def _load_libraries() -> None:
    """Load torch's libraries. If one cannot be, torch's import says why."""
    spec = find_spec("torch")  # does not import it
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent / "lib"
    # One library is loaded at a time in a process. A thread that reads tags meanwhile would wait
    # for its turn holding Python's lock, so what it needs comes first.
    with contextlib.suppress(ImportError):
        import av.subtitles.stream  # noqa: F401 - it comes with the first file
    # Not `ctypes.CDLL(path)`, which keeps the lock; calls of foreign functions let it go.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    # First and global what torch itself loads so, then all that does not call Python.
    dlopen(os.fsencode(folder / "libtorch_global_deps.so"), os.RTLD_NOW | os.RTLD_GLOBAL)
    dlopen(os.fsencode(folder / "libtorch.so"), os.RTLD_NOW)
