"""How the process asks the system for memory, and gives it back.

glibc hands every freed large block back to the kernel, and the next one is cleared and mapped in
again page by page: for networks, which free and ask for tens of megabytes all the time, that costs
a third of the whole time. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import sys

# mallopt's parameters, from glibc's malloc.h
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8
_SETTINGS = (
    (_M_ARENA_MAX, 1),  # one pool for all threads: what one frees serves the others
    (_M_MMAP_MAX, 0),  # large blocks from the pool, too
    (_M_TRIM_THRESHOLD, 2**31 - 1),  # nothing goes back by itself
    (_M_TOP_PAD, 64 << 20),
)


def keep_freed() -> bool:
    """Keep freed memory for the next use; call before any thread is started.

    Returns whether the C library took it.
    """
    libc = _glibc()
    return libc is not None and all(libc.mallopt(*setting) == 1 for setting in _SETTINGS)


def give_back() -> None:
    """Give all memory that is free now back to the system. Takes some milliseconds."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
