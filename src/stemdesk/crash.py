"""Crashes, written down as they happen, so that the next start can tell of them.

`<name>-crash.log` is empty while all is well. Native crashes come from `faulthandler`, uncaught
exceptions from `note`. A process that reaches its regular end all the same says so in there: the
file that does not end with that sentence is that of a program which ended unexpectedly. Who kills
it, or takes its power away, leaves nothing, and nothing is told then: nobody could do anything.
"""

from __future__ import annotations

import contextlib
import faulthandler
import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO

KEPT_BYTES = 128 * 1024  # of older crashes, when a process starts
_EXCEPTION_CHARS = 16 * 1024
_EXCEPTIONS_MAX = 20  # of one process: one in what paints would come 60 times a second
_UNCAUGHT = "Uncaught exception"
_NATIVE = ("Fatal Python error", "Windows fatal exception")
_ENDED = "The program went on, and ended as it should."


@dataclass(frozen=True, slots=True)
class LastTime:
    """What is in a crash log. `ended`: whether the program crashed; False if it went on."""

    text: str
    ended: bool


class CrashLog:
    """The crash log of this process; `close` it when nothing can crash any more."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` if it cannot be written."""
        with contextlib.suppress(OSError):
            _shorten(path)
        self._path = path
        self._file: IO[str] = path.open("a", encoding="utf-8", errors="backslashreplace")
        self._before = _content(path)
        self._noted = 0
        faulthandler.enable(self._file)

    def note(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Write an exception down that nobody has caught."""
        if self._noted == _EXCEPTIONS_MAX or self._file.closed:
            return
        self._noted += 1
        text = "".join(traceback.format_exception(kind, error, trace))
        if len(text) > _EXCEPTION_CHARS:
            half = _EXCEPTION_CHARS // 2
            text = f"{text[:half]}\n…\n{text[-half:]}"
        self._write(f"{_UNCAUGHT} at {datetime.now():%Y-%m-%d %H:%M:%S}\n{text}\n")

    def end(self) -> None:
        """This process ends as it should: what was written since its start did not end it. It goes
        before what an earlier one left, whose end it was."""
        text, before = _content(self._path), self._before
        if not text.startswith(before):  # it was put away since
            before = ""
        since = text[len(before) :]
        if not since:
            return
        if before:
            with contextlib.suppress(OSError), self._path.open("r+b") as file:
                file.truncate(0)  # not replaced: this process has it open to write
        self._write(f"{since if before else ''}{_ENDED}\n{before}")

    def close(self) -> None:
        """Let the file go, so that it can be deleted on every system."""
        faulthandler.disable()
        with contextlib.suppress(OSError):
            self._file.close()

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a full disk: the log may have it
            self._file.write(text)
            self._file.flush()


def crash_path(logs: Path, name: str) -> Path:
    """Where the crashes of `name` ("window", "command") are written."""
    return logs / f"{name}-crash.log"


def last_time(path: Path) -> LastTime | None:
    """What an earlier process left in its crash log; None if nothing, or nothing of weight:
    Windows tells of exceptions that some library has dealt with."""
    text = _content(path).strip()
    before, _, after = text.rpartition(_ENDED)
    if any(mark in after for mark in (*_NATIVE, _UNCAUGHT)):
        return LastTime(text, ended=True)
    return LastTime(text, ended=False) if _UNCAUGHT in before else None


def put_away(path: Path) -> None:
    """Empty a crash log; the next start tells of it no more. Its text is kept beside it."""
    with contextlib.suppress(OSError):
        text = path.read_bytes()
        if text:
            path.with_name(f"{path.name}.1").write_bytes(text[-KEPT_BYTES:])
            with path.open("r+b") as file:  # not replaced: this process has it open to write
                file.truncate(0)


def _content(path: Path) -> str:
    """ "" where there is none."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _shorten(path: Path) -> None:
    """Keep the newest part of a crash log that has grown large."""
    if not path.exists() or path.stat().st_size <= KEPT_BYTES:
        return
    with path.open("r+b") as file:  # not replaced: another process may have it open to write
        text = file.read()[-KEPT_BYTES:]
        file.seek(0)
        file.write(text)
        file.truncate()
