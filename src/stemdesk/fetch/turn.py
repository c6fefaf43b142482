"""One at a time for each file, also between processes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from stemdesk.core.errors import write_error
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.limits import POLL_S

_WINDOWS = os.name == "nt"


@contextmanager
def turn(path: Path, waiting: Callable[[], None], cancel: CancelToken) -> Iterator[None]:
    """Hold the lock file `path`, calling `waiting` again and again while somebody else does. The
    system frees it when a process dies. Raises `Cancelled`, `ExportError`, `DiskFullError`."""
    lock = FileLock(path, thread_local=False, preserve_lock_file=not _WINDOWS)
    while True:
        cancel.check()
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            waiting()
            cancel.wait(POLL_S)
        except OSError as error:
            raise write_error(error, path.parent) from error
    try:
        yield
    finally:
        # While it is held: whoever waits for it sees that the name is gone, and makes a new one.
        # Windows does not remove open files; there the library does it afterwards.
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()
