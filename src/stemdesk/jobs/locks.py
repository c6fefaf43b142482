"""Locks between processes, freed by the system when a process dies.

Each running job holds the lock of its scratch folder: a job that looks active but whose lock is
free was interrupted. One lock stands for the compute device.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from stemdesk.core.errors import ErrorCode, StemDeskError, write_error
from stemdesk.core.progress import CancelToken, Progress, Report, Stage

_POLL_S = 0.25
_LOOK_S = 0.5  # `is_running` holds a lock for a moment, just to look


def job_lock_path(scratch: Path, job_id: str) -> Path:
    """The lock lies beside the job's folder, so that the folder can be removed while held."""
    return scratch / f"{job_id}.lock"


@contextmanager
def job_lock(scratch: Path, job_id: str, source: Path) -> Iterator[None]:
    """Hold a job for this process. Raises `StemDeskError` JOB_BUSY if another one works on it."""
    path = job_lock_path(scratch, job_id)
    lock = _lock(path)
    try:
        lock.acquire(timeout=_LOOK_S, poll_interval=0.02)
    except Timeout as error:
        raise StemDeskError(ErrorCode.JOB_BUSY, path=source, retryable=True) from error
    except OSError as error:
        raise write_error(error, scratch) from error
    try:
        yield
    finally:
        # While it is held: whoever waits for the same file finds it without a name once it has
        # the lock, and opens the new one (filelock checks that).
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()


def is_running(scratch: Path, job_id: str) -> bool:
    """Whether some process holds the job's lock now."""
    path = job_lock_path(scratch, job_id)
    if not path.exists():
        return False
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


@contextmanager
def compute_lock(path: Path, report: Report, cancel: CancelToken) -> Iterator[None]:
    """Hold the compute device; reports `Stage.WAITING` while another StemDesk holds it.

    Raises `Cancelled` or `Paused` if that is asked for while waiting.
    """
    lock = _lock(path)
    waiting = False
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if not waiting:
                report(Progress(Stage.WAITING, 0.0))
                waiting = True
            cancel.wait(_POLL_S)
        except OSError as error:
            raise write_error(error, path) from error
    try:
        yield
    finally:
        lock.release()


def _lock(path: Path) -> FileLock:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, path.parent) from error
    return FileLock(path, thread_local=False, preserve_lock_file=True)
