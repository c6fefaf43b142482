"""Progress and outcome of what `stemdesk models …`, `stemdesk update-downloader` and `stemdesk
gpu-pack …` do: a bar, plain lines, or JSON lines.

The JSON lines follow `models.schema.json`, `update.schema.json` and `gpu_pack.schema.json` beside
this file; `v` is their version.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from stemdesk.cli.terminal import Terminal, bar, written
from stemdesk.core.errors import StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import format_bytes, format_duration, printable, say
from stemdesk.core.transfer import Transfer

SCHEMA_VERSION = 1
_INTERVAL_S = 0.1
_LINE_STEP = 0.1  # plain lines: one for each tenth


class TransferDisplay(Protocol):
    """What a command that fetches something tells. `closed`: whoever read it has gone."""

    @property
    def closed(self) -> bool: ...
    def transfer(self, transfer: Transfer) -> None: ...
    def done(self, text: str, **facts: Any) -> None: ...
    def failed(self, error: StemDeskError, **facts: str) -> None: ...
    def end(self, exit_code: int, *, goes_on: bool = False) -> None: ...


def shown(display: TransferDisplay, cancel: CancelToken) -> Callable[[Transfer], None]:
    """What shows a transfer as it goes on, and stops it where nobody listens any more:
    `stemdesk … | head`."""

    def report(transfer: Transfer) -> None:
        display.transfer(transfer)
        if display.closed:
            cancel.cancel()

    return report


class TextTransfers:
    """A bar that is redrawn on a terminal, plain lines otherwise."""

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._terminal = Terminal(out, err)
        self._clock = clock
        self._last = ("", -1.0)
        self._moment = float("-inf")

    @property
    def closed(self) -> bool:
        return self._terminal.closed

    def transfer(self, transfer: Transfer) -> None:
        name, before = self._last
        label = printable(transfer.name)
        if not (transfer.done_bytes or transfer.total_bytes):  # it cannot be measured
            if name != transfer.name:
                self._last = (transfer.name, 0.0)
                self._terminal.say(f"{label}…")
            return
        percent = int(transfer.fraction * 100 + 1e-6)
        if self._terminal.has_bar:
            now = self._clock()
            if now - self._moment >= _INTERVAL_S or transfer.fraction >= 1:
                self._moment = now
                text = f"{bar(transfer.fraction)} {percent:3} %  {_outlook(transfer)}"
                self._terminal.draw(label, text)
        elif name != transfer.name or transfer.fraction - before >= _LINE_STEP:
            self._last = (transfer.name, transfer.fraction)
            self._terminal.say(f"{label}  {percent} %  {_outlook(transfer)}".rstrip())

    def done(self, text: str, **facts: Any) -> None:
        self._terminal.result(text)

    def failed(self, error: StemDeskError, **facts: str) -> None:
        happened, remedy = say(error.code, error.path, error.facts, error.detail)
        self._terminal.say(f"Failed: {happened} {remedy}")
        if error.detail:
            self._terminal.say(f"  ({printable(error.detail)})")

    def end(self, exit_code: int, *, goes_on: bool = False) -> None:
        """`goes_on`: the same command would not begin anew."""
        if exit_code == 130:
            more = " The same command goes on where it stopped." if goes_on else ""
            self._terminal.say(f"Stopped.{more}")


def _outlook(transfer: Transfer) -> str:
    """`12.3 MB of 84.0 MB, 5.1 MB/s, 0:14 left`, as far as it is known."""
    parts = [f"{format_bytes(transfer.done_bytes)} of {format_bytes(transfer.total_bytes)}"]
    if transfer.bytes_per_s is not None:
        parts.append(f"{format_bytes(transfer.bytes_per_s)}/s")
    if transfer.left_s is not None:
        parts.append(f"{format_duration(transfer.left_s)} left")
    return ", ".join(parts)


class JsonTransfers:
    """One JSON object a line on stdout, for programs."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self.closed = False
        self._last = ("", -1)

    def transfer(self, transfer: Transfer) -> None:
        permille = int(transfer.fraction * 1000 + 1e-6)  # rounded down: 1000 is everything
        if self._last == (transfer.name, permille):
            return
        self._last = (transfer.name, permille)
        self._put(
            "transfer",
            name=printable(transfer.name),
            done_bytes=transfer.done_bytes,
            total_bytes=transfer.total_bytes,
            percent=permille / 10,
            bytes_per_s=_rounded(transfer.bytes_per_s),
            left_s=_rounded(transfer.left_s),
        )

    def done(self, text: str, **facts: Any) -> None:
        self._put("done", text=text, **facts)

    def failed(self, error: StemDeskError, **facts: str) -> None:
        happened, remedy = say(error.code, error.path, error.facts, error.detail)
        self._put(
            "failed",
            **{name: printable(fact) for name, fact in facts.items()},
            code=error.code.value,
            happened=happened,
            remedy=remedy,
            detail=printable(error.detail),
        )

    def end(self, exit_code: int, *, goes_on: bool = False) -> None:
        self._put("end", exit_code=exit_code)

    def _put(self, event: str, **values: Any) -> None:
        line = json.dumps({"v": SCHEMA_VERSION, "event": event, **values})
        self.closed = not written(self._out, f"{line}\n") or self.closed


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
