"""Keeps the computer from falling asleep by itself while songs are split.

Windows is told by its own call, other systems by the program that they bring for it, which runs
beside us. The screen may go dark; and who closes the lid or asks for sleep gets it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol

from stemdesk.log import log

_WHY = "A song is being split into stems"
_APP = "io.github.stemdesk.StemDesk"
# winbase.h
_ES_SYSTEM_REQUIRED, _ES_CONTINUOUS = 0x00000001, 0x80000000
_END_S = 2.0


class Inhibitor(Protocol):
    """Holds sleep off between `hold` and `release`; neither raises, and both return at once."""

    def hold(self) -> None: ...
    def release(self) -> None: ...


class Program:
    """A program that holds sleep off for as long as another one runs inside of it: `cat`, which
    ends with its input. So sleep is never held off by what we left behind, even after a crash."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self._process: subprocess.Popen[bytes] | None = None

    def hold(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.release()  # what has ended by itself
        try:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C is for us
                env=environment(os.environ),
            )
        except OSError as error:
            log.info("sleep cannot be held off: %s", error)

    def release(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(OSError):  # it has ended by itself
            process.stdin.close()
        threading.Thread(target=_reap, args=(process,), name="awake", daemon=True).start()


class Execution:
    """Windows: the thread that asks must stay, and ask for nothing else. `tell`: the system's
    SetThreadExecutionState."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell = tell
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self) -> None:
        if self._thread is None:
            self._stop = stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run, args=(stop,), name="awake", daemon=True
            )
            self._thread.start()

    def _run(self, stop: threading.Event) -> None:
        self._tell(_ES_CONTINUOUS | _ES_SYSTEM_REQUIRED)
        stop.wait()
        self._tell(_ES_CONTINUOUS)

    def release(self) -> None:
        self._stop.set()
        self._thread = None


class Nothing:
    """A machine without any of these sleeps as it likes."""

    def hold(self) -> None: ...
    def release(self) -> None: ...


def inhibitor(
    system: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    find: Callable[[str], str | None] = shutil.which,
) -> Inhibitor:
    """What this system offers."""
    if system == "win32":
        tell = getattr(ctypes, "windll").kernel32.SetThreadExecutionState  # noqa: B009 - not there for mypy elsewhere
        return Execution(tell)
    command = _command(system, environment, find)
    cat = find("cat")
    return Program([*command, cat]) if command and cat else Nothing()


def _command(
    system: str, environment: Mapping[str, str], find: Callable[[str], str | None]
) -> list[str]:
    """The program and its arguments, to which the one to be run is added; [] for none."""
    if system == "darwin":
        caffeinate = find("caffeinate")
        return [caffeinate, "-i"] if caffeinate else []
    # GNOME looks at its own list of reasons only; KDE and what has no desktop at systemd's.
    gnome = "GNOME" in environment.get("XDG_CURRENT_DESKTOP", "").upper().split(":")
    session = find("gnome-session-inhibit") if gnome else None
    if session:
        return [session, "--app-id", _APP, "--reason", _WHY, "--inhibit", "suspend"]
    systemd = find("systemd-inhibit")
    if systemd:
        return [systemd, "--what=idle", "--who=StemDesk", f"--why={_WHY}", "--mode=block"]
    return []


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """For programs of the system: ours without what a frozen app sets for its own libraries."""
    values = dict(ours)
    if getattr(sys, "frozen", False):
        before = values.pop("LD_LIBRARY_PATH_ORIG", None)
        values.pop("LD_LIBRARY_PATH", None)
        if before is not None:
            values["LD_LIBRARY_PATH"] = before
    return values


def _reap(process: subprocess.Popen[bytes]) -> None:
    """Wait for its end, which follows from that of its input."""
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


@contextmanager
def held_off(wanted: bool, by: Inhibitor | None = None) -> Iterator[None]:
    """Hold sleep off inside of this, if it is `wanted`."""
    holder = (by or inhibitor()) if wanted else Nothing()
    holder.hold()
    try:
        yield
    finally:
        holder.release()
