"""The rotating log and the crash log. No telemetry: they stay on this machine."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import platform
import sys
import threading
from pathlib import Path
from types import TracebackType

from stemdesk import __version__
from stemdesk.crash import CrashLog, crash_path

# Window and command line have a log each: 8.4 MB with the older ones, and about 1 MB of crashes.
# All together stay below 10 MB.
_MAX_BYTES = 1024 * 1024
_BACKUPS = 3

log = logging.getLogger("stemdesk")
_crashes: list[CrashLog] = []  # kept open for the life of the process, for faulthandler


def set_up(folder: Path, name: str) -> None:
    """Log to `<folder>/<name>.log`, crashes to `<name>-crash.log`. The window and the command line
    have a log each, since two processes cannot rotate one. A folder that cannot be written is no
    reason not to start: then nothing is logged."""
    log.setLevel(logging.INFO)
    log.propagate = False
    # What cannot be written (a full disk; on Windows a log to be renamed that another process has
    # open) is left out: Python would print a traceback for each line.
    logging.raiseExceptions = False
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / f"{name}.log", maxBytes=_MAX_BYTES, backupCount=_BACKUPS, encoding="utf-8"
        )
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(message)s")
        )
        log.addHandler(handler)
        _crashes.append(CrashLog(crash_path(folder, name)))
        log.info("StemDesk %s, Python %s, %s", __version__, platform.python_version(), sys.platform)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def end() -> None:
    """This process ends as it should (`CrashLog.end`)."""
    for crashes in _crashes:
        crashes.end()


def close() -> None:
    """Let the files go, so that they can be deleted on every system; nothing is logged after."""
    while _crashes:
        _crashes.pop().close()
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    log.critical("uncaught", exc_info=(kind, error, trace))
    if issubclass(kind, Exception):  # Ctrl+C is none
        for crashes in _crashes:
            crashes.note(kind, error, trace)
    if sys.stderr is not None:  # a windowed app has none
        sys.__excepthook__(kind, error, trace)
