"""A song whose stems are files, whole and finished: what the player plays once a job is done."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from stemdesk.audio.playable import Range
from stemdesk.audio.reader import StemReader
from stemdesk.core.errors import ErrorCode, SourceError


class FinishedSong:
    """A `Playable` of WAV or FLAC files. Stems shorter than the longest end in silence.

    Raises `SourceError` as `StemReader` does; SOURCE_UNSUPPORTED for files of different rates.
    """

    complete = True

    def __init__(self, files: Mapping[str, Path], original: Path | None = None) -> None:
        """`files`: the stems by name, at least one. `original`: the undivided song, WAV or FLAC
        of the same rate."""
        if not files:
            raise SourceError(ErrorCode.STEMS_MISSING, "no stems")
        with contextlib.ExitStack() as stack:
            readers = {name: stack.enter_context(StemReader(p)) for name, p in files.items()}
            self._readers = readers
            self.original = None if original is None else stack.enter_context(StemReader(original))
            self.samplerate = next(iter(readers.values())).samplerate
            for reader in (*readers.values(), *filter(None, [self.original])):
                if reader.samplerate != self.samplerate:
                    detail = f"{reader.samplerate} Hz beside {self.samplerate} Hz"
                    raise SourceError(ErrorCode.SOURCE_UNSUPPORTED, detail, path=reader.path)
            self.stems = tuple(readers)
            self.frames = max(reader.frames for reader in readers.values())
            self._files = stack.pop_all()

    @property
    def known(self) -> int:
        return 0 if self.original is None else self.frames

    def stem(self, name: str) -> StemReader:
        return self._readers[name]

    def final(self) -> tuple[Range, ...]:
        return ((0, self.frames),)

    def want(self, frame: int, speed: float = 0.0) -> None:
        """Nothing: all of it is there."""

    def close(self) -> None:
        self._files.close()


def open_files(files: Mapping[str, Path], original: Path | None = None) -> FinishedSong:
    """Open finished stems. Raises `SourceError`."""
    return FinishedSong(files, original)
