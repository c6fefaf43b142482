"""What is written where: results to stdout, all else to stderr, with a line that is redrawn."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

_BAR_CELLS = 24
_LINE_STEP = 0.25  # plain lines: one for each quarter of a stage
_INTERVAL_S = 0.1


class Terminal:
    """`has_bar`: stderr is a terminal. `closed`: whoever read has gone."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self.has_bar = self._err.isatty()
        self.closed = False
        self._drawn = 0

    def say(self, text: str) -> None:
        """A line on stderr."""
        self._clear()
        self._write(self._err, f"{text}\n")

    def result(self, text: str) -> None:
        """A line on stdout."""
        self._clear()
        self._write(self._out, f"{text}\n")

    def draw(self, label: str, text: str) -> None:
        """The line that the next call replaces; the label is cut if it does not fit."""
        width = shutil.get_terminal_size().columns - 1
        room = max(0, width - len(text) - 1)
        shown = label if len(label) <= room else label[: room - 1] + "…"
        line = f"{shown} {text}"[:width]
        self._write(self._err, "\r" + line.ljust(self._drawn))
        self._drawn = len(line)

    def _clear(self) -> None:
        if self._drawn:
            self._write(self._err, "\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _write(self, stream: TextIO, text: str) -> None:
        self.closed = not written(stream, text) or self.closed


class Gauge:
    """How far something is: a bar on a terminal, else a line for each quarter of a stage."""

    def __init__(self, terminal: Terminal, clock: Callable[[], float] = time.monotonic) -> None:
        self._terminal = terminal
        self._clock = clock
        self._last = ("", "", -1.0)
        self._moment = float("-inf")

    def show(
        self,
        label: str,
        stage: str,
        fraction: float,
        outlook: str,
        *,
        endless: bool = False,
        changed: bool = False,
    ) -> None:
        """Tell it where that is worth it. `endless`: nobody knows how much there is to come;
        `changed`: what the outlook says is new."""
        *named, before = self._last
        changed = changed or named != [label, stage]
        percent = int(fraction * 100 + 1e-6)  # 0.29 · 100 is 28.999…
        if self._terminal.has_bar:
            now = self._clock()
            if changed or now - self._moment >= _INTERVAL_S or fraction >= 1:
                self._moment = now
                self._last = (label, stage, fraction)
                parts = [f"{stage:<10}", f"{bar(fraction)} {percent:3} %", f" {outlook}"]
                if endless:
                    del parts[1]
                self._terminal.draw(label, " ".join(parts))
        elif changed or fraction - before >= _LINE_STEP:
            self._last = (label, stage, fraction)
            parts = [label, stage, "" if endless else f"{percent} %", outlook]
            self._terminal.say("  ".join(part for part in parts if part))


def bar(fraction: float) -> str:
    cells = int(_BAR_CELLS * fraction)
    return "█" * cells + "░" * (_BAR_CELLS - cells)


def written(stream: TextIO, text: str) -> bool:
    """Write at once. False if nobody reads any more; then all else goes nowhere, so that the
    end of the process does not stumble over it either."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        return False
    return True
