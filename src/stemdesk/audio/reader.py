"""One saved stem on disk, read from any frame: WAV or FLAC through soundfile, sample-exact."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from stemdesk.core.errors import ErrorCode, SourceError, StemDeskError

CHANNELS = 2
KEEP_FRAMES = 49152
"""How much of what was read last is kept: longer than the player's ring and what its vocoder looks
back and ahead, at 96 kHz."""

AHEAD_FRAMES = 16384
"""How much is read at least. Each call of soundfile gives Python's lock away a few times, and
while torch is being imported it may take 5 ms each time to get it back."""

Samples = NDArray[np.float32]


class StemReader:
    """Reads float32 [2, frames] from a sound file; mono is given to both channels.

    What was read last is kept, so that the player can mix the part again that nobody has heard
    yet (another remix) without seeking in a FLAC. Not to be shared between threads.
    Raises `SourceError`: STEMS_MISSING (gone, or its drive is), SOURCE_UNREADABLE (damaged),
    SOURCE_UNSUPPORTED (more than two channels); the path is in the error.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.SoundFileError, OSError) as error:
            raise self._translate(error) from error
        self.frames: int = self._file.frames
        self.samplerate: int = self._file.samplerate
        if self._file.channels > CHANNELS:
            detail = f"{self._file.channels} channels"
            self.close()
            raise SourceError(ErrorCode.SOURCE_UNSUPPORTED, detail, path=path)
        self._window = np.zeros((CHANNELS, 0), dtype=np.float32)
        self._first = 0  # the frame that the window begins with
        self._place = 0  # the frame that the file would read next, -1 if unknown

    def read(self, start: int, frames: int) -> Samples:
        """float32 [2, frames] from frame `start` (>= 0); zeros beyond the end of the file."""
        end = start + frames
        known = self._first + self._window.shape[1]
        if not self._first <= start <= known:
            self._window, self._first, known = self._window[:, :0], start, start
        if end > known:
            fresh = self._read_file(known, max(end - known, AHEAD_FRAMES))
            old = max(0, end - KEEP_FRAMES - self._first)  # nobody goes back that far
            old = min(old, start - self._first)
            self._window = np.concatenate((self._window[:, old:], fresh), axis=1)
            self._first += old
        samples = np.zeros((CHANNELS, frames), dtype=np.float32)
        part = self._window[:, start - self._first : end - self._first]
        samples[:, : part.shape[1]] = part
        return samples

    def _read_file(self, start: int, frames: int) -> Samples:
        wanted = min(frames, self.frames - start)
        if wanted <= 0:
            return np.zeros((CHANNELS, 0), dtype=np.float32)
        place, self._place = self._place, -1
        try:
            if start != place:
                self._file.seek(start)
            data = self._file.read(wanted, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, OSError) as error:
            raise self._translate(error) from error
        if len(data) < wanted:  # libsndfile says nothing when a file ends before its header does
            raise self._translate(EOFError(f"{len(data)} of {wanted} frames at {start}"))
        self._place = start + wanted
        return np.ascontiguousarray(np.broadcast_to(data.T, (CHANNELS, wanted)))

    def _translate(self, error: Exception) -> StemDeskError:
        try:
            there = self.path.is_file()
        except OSError:  # the drive answers with an input/output error
            there = False
        code = ErrorCode.SOURCE_UNREADABLE if there else ErrorCode.STEMS_MISSING
        return SourceError(code, str(error), path=self.path, retryable=not there)

    def close(self) -> None:
        """Let the file go, so that it can be moved or deleted on every system."""
        try:
            self._file.close()
        except (soundfile.SoundFileError, OSError) as error:
            raise self._translate(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
