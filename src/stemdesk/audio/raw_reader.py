"""Reads decoded sound that lies as raw float32 in a file: interleaved, frame 0 left, frame 0 right,
frame 1 left, …"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHANNELS = 2
FRAME_BYTES = 4 * CHANNELS

Samples = NDArray[np.float32]


class RawReader:
    """Reads a raw file, from any thread. It stays open, so that it can be read though another
    process has removed it; but not on Windows, which removes no open file: there silence is read
    where it is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # it is gone already
                self._descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        """Not before: another thread may be reading."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def read(self, start: int, frames: int) -> Samples:
        """float32 [2, frames] from frame `start` (>= 0); zeros beyond what there is."""
        samples = np.zeros((CHANNELS, frames), dtype=np.float32)
        with contextlib.suppress(OSError):
            found = self.read_there(start, frames)
            samples[:, : found.shape[1]] = found
        return samples

    def read_there(self, start: int, frames: int) -> Samples:
        """float32 [2, up to `frames`]: what is there. Raises `OSError`."""
        offset = start * FRAME_BYTES
        if sys.platform != "win32" and self._descriptor is not None:
            found = _read_at(self._descriptor, frames * FRAME_BYTES, offset)
            data = np.frombuffer(found[: len(found) // FRAME_BYTES * FRAME_BYTES], np.float32)
        else:
            data = np.fromfile(self.path, np.float32, frames * CHANNELS, offset=offset)
        whole = len(data) // CHANNELS
        return data[: whole * CHANNELS].reshape(whole, CHANNELS).T


def _read_at(descriptor: int, size: int, offset: int) -> bytes:
    """Up to so many bytes: all that are there. Raises `OSError`. Not for Windows."""
    parts: list[bytes] = []
    while size > 0 and (part := os.pread(descriptor, size, offset)):
        parts.append(part)
        size, offset = size - len(part), offset + len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
