"""What the displays of all commands have in common: for people, and for programs."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from stemdesk.cli.terminal import Gauge, Terminal, written


class TextLines:
    """A bar that is redrawn on a terminal, plain lines otherwise. Results go to stdout, all else
    to stderr. `stopped`: what is said at the end if it was stopped."""

    def __init__(self, stopped: str, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._terminal = Terminal(out, err)
        self._gauge = Gauge(self._terminal)
        self._stopped = stopped

    @property
    def closed(self) -> bool:
        return self._terminal.closed

    def note(self, text: str) -> None:
        self._terminal.say(text)

    def end(self, done: int, failed: int, exit_code: int) -> None:
        if exit_code == 130:
            self._terminal.say(self._stopped)
        elif done + failed > 1:
            self._terminal.say(f"{done} done, {failed} failed.")


class JsonLines:
    """One JSON object a line on stdout. `version`: of the schema that the lines follow."""

    def __init__(self, version: int, out: TextIO | None = None) -> None:
        self._version = version
        self._out = out or sys.stdout
        self.closed = False

    def note(self, text: str) -> None:
        self._put("note", text=text)

    def end(self, done: int, failed: int, exit_code: int) -> None:
        self._put("end", done=done, failed=failed, exit_code=exit_code)

    def _put(self, event: str, **values: Any) -> None:
        line = json.dumps({"v": self._version, "event": event, **values})
        self.closed = not written(self._out, f"{line}\n") or self.closed
