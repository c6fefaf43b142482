"""Renditions into files: each block is finished once for each depth and given to all writers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from stemdesk.audio.finish import Finisher
from stemdesk.audio.rendition import Rendition
from stemdesk.core.errors import Cancelled, ErrorCode, StemDeskError
from stemdesk.core.export_order import Extra
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.names import Place

_THREADS = 2  # that encode
_ITS_OWN = (ErrorCode.ENCODER_FAILED, ErrorCode.FILE_TOO_LARGE)
"""What goes wrong with one file only: the others are written all the same."""


class AnyWriter(Protocol):
    """`audio.writing.writer.Writer`, or one that takes several parts at once."""

    def write(self, block: Any) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@dataclass(slots=True)
class Output:
    """A file that is being made. `parts`: names of the parts that its writer takes, one as
    [2, frames], several as [parts, 2, frames]. `bits`: 32 for lossy formats, too. `label`: its
    format in words. `cost`: as `pace.cost_of`. `role`: the extra that it is, or serves. `place`:
    its name in the end; None where it only serves another file, and goes. `error`: why it alone
    could not be made. `frames`: once it is written."""

    parts: tuple[str, ...]
    bits: int
    label: str
    lossless: bool
    samplerate: int
    temporary: Path
    place: Place | None
    open: Callable[[int], AnyWriter]  # given the frames
    cost: float
    role: Extra | None = None
    for_projects: bool = False  # a stem that a project can play
    error: StemDeskError | None = None
    frames: int = 0

    @property
    def may_clip(self) -> bool:
        """Whether what is above full scale is lost in it."""
        return self.bits != 32 or not self.lossless

    @property
    def told_path(self) -> Path:
        """What people know it as."""
        return self.temporary if self.place is None else self.place.path


def write_rendition(
    rendition: Rendition,
    finishers: dict[int, Finisher],
    outputs: Sequence[Output],
    report: Callable[[float], None],
    cancel: CancelToken,
) -> None:
    """Write what of the outputs is made of this rendition. `finishers`: by bits.

    A file that its encoder refuses gets its `error`. Raises `DiskFullError`, `ExportError`,
    `Cancelled`, and what the song's readers raise; what was written is then of no use.
    """
    rows = {part.name: row for row, part in enumerate(rendition.parts)}
    with ExitStack() as stack:
        jobs = [
            _Job(output, [rows[name] for name in output.parts], stack, rendition.frames)
            for output in outputs
            if output.parts[0] in rows
        ]
        # Ends first, and waits: no file is closed that a thread still writes to.
        pool = stack.enter_context(ThreadPoolExecutor(_THREADS, "export"))
        done = 0
        for block in rendition.blocks(cancel):
            cancel.check()
            finished = {bits: finisher.finish(block) for bits, finisher in finishers.items()}
            for _ in pool.map(lambda job: job.write(finished), jobs):  # noqa: B023 - waits for all
                pass
            done += block.frames
            report(done / rendition.frames)
        for _ in pool.map(_Job.close, jobs):
            pass


class _Job:
    """One file's writer."""

    def __init__(self, output: Output, rows: Sequence[int], stack: ExitStack, frames: int) -> None:
        self._output = output
        self._rows = rows
        self._writer: AnyWriter | None = None
        self._guarded(lambda: self._open(stack, frames))

    def write(self, finished: dict[int, Any]) -> None:
        self._guarded(lambda: self._write(finished[self._output.bits]))

    def close(self) -> None:
        self._guarded(self._close)

    def _open(self, stack: ExitStack, frames: int) -> None:
        self._output.frames = frames
        self._writer = self._output.open(frames)
        stack.callback(self._let_go)

    def _write(self, parts: Any) -> None:
        if self._writer is not None:
            rows = self._rows
            self._writer.write(parts[rows[0]] if len(rows) == 1 else parts[list(rows)])

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _let_go(self) -> None:
        """It is not whole, and of no use."""
        if self._writer is not None:
            self._writer.__exit__(Cancelled, Cancelled(), None)

    def _guarded(self, do: Callable[[], None]) -> None:
        if self._output.error is not None:
            return
        try:
            do()
        except StemDeskError as error:
            if error.code not in _ITS_OWN:
                raise
            error.path = self._output.told_path
            self._output.error = error
            self._let_go()
            self._writer = None
