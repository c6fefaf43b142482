"""Whether a sound server (PulseAudio, PipeWire) still plays us on the device where we began.

Where a device is unplugged, the server moves what it plays to another one, from headphones to
speakers. PortAudio sees the server only and hears nothing of it; the server's own `pactl` tells.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from stemdesk.awake import environment

_EVENT = re.compile(r"Event '(\w+)' on (sink|sink-input) #(\d+)")
_SINK = re.compile(r"^\s*Sink: (\d+)$", re.MULTILINE)
_ANSWER_S = 2.0


class SinkWatch:
    """Watches from `start` to `stop`, on a thread of its own; without `pactl` it sees nothing.
    Nothing here raises or waits."""

    def __init__(self, find: Callable[[str], str | None] = shutil.which) -> None:
        """`find`: where a program is."""
        self._find = find
        self._round: _Round | None = None

    @property
    def lost(self) -> bool:
        """Whether a device that played us has gone since `start`."""
        return self._round is not None and self._round.lost.is_set()

    def start(self) -> None:
        self.stop()
        pactl = self._find("pactl") if sys.platform == "linux" else None
        if pactl is not None:
            self._round = _Round(pactl)

    def stop(self) -> None:
        ended, self._round = self._round, None
        if ended is not None:
            ended.end()


class _Round:
    """One time of watching."""

    def __init__(self, pactl: str) -> None:
        self.lost = threading.Event()
        self._pactl = pactl
        self._sinks: set[int] = set()  # the devices that have played us
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._over = False
        self.thread = threading.Thread(target=self._run, name="sound-server", daemon=True)
        self.thread.start()

    def end(self) -> None:
        with self._lock:
            self._over = True
            if self._process is not None:
                self._process.terminate()

    def _run(self) -> None:
        with suppress(OSError, ValueError):  # no server, no program: nothing is seen
            with self._lock:
                if self._over:
                    return
                self._process = subprocess.Popen(
                    [self._pactl, "subscribe"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl+C is for us
                    env=_plain(),
                    encoding="utf-8",
                    errors="replace",
                )
            with self._process as process:
                self._look()
                for line in process.stdout or ():
                    self._hear(line)

    def _hear(self, line: str) -> None:
        event = _EVENT.match(line)
        if event is None:
            return
        kind, what, number = event.groups()
        if what == "sink-input" and kind in ("new", "change"):
            self._look()  # it may be ours, on another device
        elif what == "sink" and kind == "remove" and int(number) in self._sinks:
            self.lost.set()

    def _look(self) -> None:
        """Where we are played now."""
        with suppress(OSError, subprocess.SubprocessError):
            answer = subprocess.run(
                [self._pactl, "list", "sink-inputs"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
                timeout=_ANSWER_S,
                env=_plain(),
            )
            self._sinks |= our_sinks(answer.stdout.decode("utf-8", "replace"), os.getpid())


def our_sinks(listed: str, process: int) -> set[int]:
    """The numbers of the devices that play this process, from `pactl list sink-inputs`."""
    ours = f'application.process.id = "{process}"'
    streams = [text for text in listed.split("Sink Input #") if ours in text]
    return {int(number) for text in streams for number in _SINK.findall(text)}


def _plain() -> dict[str, str]:
    """The environment of a program of the system that is to speak English."""
    return {**environment(os.environ), "LC_ALL": "C"}
