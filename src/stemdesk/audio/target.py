"""The file that an encoder written in C writes to, and what all who write one have in common."""

from __future__ import annotations

import contextlib
import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from stemdesk.core.errors import ErrorCode, ExportError, StemDeskError, write_error

_LOST = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


class Target:
    """A file for libsndfile or FFmpeg. They call from C, where an exception would only be printed
    or end up elsewhere: `error` keeps the first one, and after it, or after `close`, nothing is
    taken any more."""

    name = ""  # PyAV asks; the format is always named, not guessed from it

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.start = 0  # where the encoder's own part of the file begins
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """All of `data`, or less and `error` is set: a nearly full disk takes a part first."""
        view = memoryview(data)
        while view and self.error is None and not self._file.closed:
            try:
                view = view[self._file.write(view) :]
            except OSError as error:
                self.error = error
        return len(data) - len(view)

    def read(self, size: int = -1) -> bytes:
        """What was written before, where the file was opened for reading, too."""
        try:
            return self._file.read(size) if self.error is None else b""
        except OSError as error:
            self.error = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = self.start if whence == os.SEEK_SET else 0
        return self._place(lambda: self._file.seek(offset + start, whence) - self.start)

    def tell(self) -> int:
        return self._place(lambda: self._file.tell() - self.start)

    def _place(self, ask: Callable[[], int]) -> int:
        if self._file.closed:
            return -1
        try:
            return ask()
        except OSError as error:
            self.error = self.error or error
            return -1

    def sync(self) -> None:
        """Bring what was written to the disk itself, so that a rename cannot be there before it."""
        if self.error is None and not self._file.closed:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                if error.errno in _LOST:  # others: a volume that cannot sync, but took all
                    self.error = error

    def close(self) -> None:
        try:
            self._file.close()  # unbuffered: network drives tell of a full disk only here
        except OSError as error:
            self.error = self.error or error


class TargetWriter(ABC):
    """What writes samples into a target, as a context manager: closed at its end.

    `bits`: the samples are float32 for 32 bits, else int32. `frames`: how many will be written at
    most. `bytes_a_frame`: roughly, to say how much room is missing. `refusals`: what the encoder
    raises for another reason than the file that it writes to.
    """

    _target: Target

    def __init__(
        self,
        path: Path,
        channels: int,
        bits: int,
        frames: int,
        bytes_a_frame: float,
        refusals: tuple[type[Exception], ...],
    ) -> None:
        self.path = path
        self._channels = channels
        self._bits = bits
        self._frames_left = frames
        self._bytes_a_frame = bytes_a_frame
        self._refusals = refusals

    def _examine(self, block: NDArray[Any]) -> None:
        """Raise `ValueError` for what the file cannot take: it takes [channels, frames]."""
        if block.dtype != (np.float32 if self._bits == 32 else np.int32):
            raise ValueError(f"{block.dtype} is not rounded to {self._bits} bits")
        if block.ndim != 2 or block.shape[0] != self._channels:
            raise ValueError(f"{block.shape} is not [{self._channels}, frames]")
        if block.shape[1] > self._frames_left:
            raise ValueError(f"more frames than announced for {self.path.name}")

    def _end_with(self, *steps: Callable[[], object]) -> None:
        """Take the last steps and close the target, which is closed after an error, too."""
        try:
            for step in steps:
                step()
            self._target.close()
            self._check()
        except Exception as error:
            self._target.close()
            self._translate(error)
            raise

    def _check(self) -> None:
        """Raise what the operating system said, if it said anything."""
        if self._target.error is not None:
            raise self._target.error

    def _translate(self, error: Exception) -> None:
        """Raise a `StemDeskError` for what the encoder or the operating system did."""
        cause = self._target.error  # encoders only say that not everything was written
        if cause is not None:
            needed = int(self._frames_left * self._bytes_a_frame)
            raise write_error(cause, self.path, needed) from cause
        if isinstance(error, self._refusals):
            raise ExportError(ErrorCode.ENCODER_FAILED, str(error), path=self.path) from error

    @abstractmethod
    def close(self) -> None:
        """Finish the file; each writer's own."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        with contextlib.suppress(StemDeskError):  # the first error is the one to tell
            self.close()
