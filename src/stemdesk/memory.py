"""How the process asks the system for memory, and gives it back.

glibc hands every freed large block back to the kernel, and the next one is cleared and mapped in
again page by page: for networks, which free and ask for tens of megabytes all the time, that costs
a third of the whole time. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

# mallopt's parameters, from glibc's malloc.h
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8
_SETTINGS = (
    (_M_ARENA_MAX, 1),  # one pool for all threads: what one frees serves the others
    (_M_MMAP_MAX, 0),  # large blocks from the pool, too
    (_M_TRIM_THRESHOLD, 2**31 - 1),  # nothing goes back by itself
    (_M_TOP_PAD, 64 << 20),
)


_BLOCK = 64 << 20
_keeps = threading.Event()  # set once freed memory is kept


def keep_freed() -> bool:
    """Keep freed memory for the next use; call before any thread is started.

    Returns whether the C library took it.
    """
    libc = _glibc()
    if libc is not None and all(libc.mallopt(*setting) == 1 for setting in _SETTINGS):
        _keeps.set()
    return _keeps.is_set()


def bring_in(size_bytes: int, enough: threading.Event) -> None:
    """Have the system clear and map so much memory now, which is asked for in a moment: page by
    page, as it is used, that would hold up who uses it. For a thread of its own: lets Python's lock
    go nearly all the time. Ends early once it is `enough`; does nothing where freed memory is not
    kept.
    """
    libc = _glibc()
    if libc is None or not _keeps.is_set():
        return
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    blocks: list[int] = []
    while len(blocks) * _BLOCK < size_bytes and not enough.is_set():
        block = libc.malloc(_BLOCK)
        if block is None:
            break
        libc.memset(block, 0, _BLOCK)
        blocks.append(block)
    for block in blocks:
        libc.free(block)


def give_back() -> None:
    """Give all memory that is free now back to the system. Takes some milliseconds."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def used_bytes() -> int:
    """The memory that this process holds; 0 where the system does not tell."""
    try:
        if platform.system() == "Linux":
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE")
        if platform.system() == "Windows":
            return _windows_used()
        command = ["/bin/ps", "-o", "rss=", "-p", str(os.getpid())]
        answer = subprocess.run(command, capture_output=True, check=True, timeout=5)
        return int(answer.stdout) * 1024
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def total_bytes() -> int:
    """The memory of this computer; 0 where the system does not tell."""
    try:
        if platform.system() == "Windows":
            return _windows_total()
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of psapi.h."""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("faults", ctypes.c_uint32),
        ("peak", ctypes.c_size_t),
        ("used", ctypes.c_size_t),
        ("others", ctypes.c_size_t * 6),
    ]


class _Status(ctypes.Structure):
    """MEMORYSTATUSEX of sysinfoapi.h."""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("others", ctypes.c_uint64 * 6),
    ]


def _windows_used() -> int:
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - mypy knows it on Windows only
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    counters = _Counters(size=ctypes.sizeof(_Counters))
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.size)
    return int(counters.used)


def _windows_total() -> int:
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - mypy knows it on Windows only
    status = _Status(size=ctypes.sizeof(_Status))
    kernel.GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status.total)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
