"""How far a download is, as a frozen value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Transfer:
    """`name`: the file, as a person may see it. `total_bytes`: of all that was asked for, 0 if
    unknown. `bytes_per_s`: the speed of the last seconds, None before it was measured; `left_s`:
    seconds to the end, None if unknown.
    """

    name: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float | None = None
    left_s: float | None = None

    @property
    def fraction(self) -> float:
        """0 to 1; 0 if the size is unknown."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes > 0 else 0.0

    @property
    def silent(self) -> bool:
        """Whether the server sends nothing: not yet, or no more for seconds."""
        return self.fraction < 1.0 and (not self.done_bytes or self.bytes_per_s == 0)


TransferReport = Callable[[Transfer], None]


def ignore_transfer(_: Transfer) -> None:
    """A `TransferReport` for callers who do not care."""


def part_of(report: TransferReport, label: str, before: int, total: int) -> TransferReport:
    """Reports of one file as reports of all, named `label`: `before` bytes of `total` lie before
    it. The time left is what the speed says."""

    def tell(transfer: Transfer) -> None:
        done = before + transfer.done_bytes
        speed = transfer.bytes_per_s
        left_s = (total - done) / speed if speed else None
        report(replace(transfer, name=label, done_bytes=done, total_bytes=total, left_s=left_s))

    return tell
