"""What an export waits for: stems that are decoded first, and a song's own file at the rate of the
export. Both come through the playback cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stemdesk.audio.originals import Original, Originals
from stemdesk.audio.playable import Playable, Reader
from stemdesk.audio.raw_reader import CHANNELS, Samples
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.progress import CancelToken

_LOOK_S = 0.05


def wait_for_stems(
    song: Playable, cancel: CancelToken, report: Callable[[float], None] = lambda _: None
) -> None:
    """Until all of a finished song's stems can be read: those in a lossy format are decoded first.
    `report`: the fraction that can be.

    Raises `Cancelled`, `Paused`, and `ValueError` for a song that is not finished.
    """
    while not (complete := song.complete) or song.final() != ((0, song.frames),):
        if not song.frames:
            return
        if complete:
            raise ValueError("the song is not finished")
        report(max((end for _, end in song.final()), default=0) / song.frames)
        cancel.wait(_LOOK_S)


@dataclass(frozen=True, slots=True)
class WholeOriginal:
    """All of a song at `samplerate` hertz. `source_channels`: of its file, 0 where the cache does
    not know it."""

    reader: Reader
    samplerate: int
    frames: int
    source_channels: int

    def fits(self, frames: int, samplerate: int) -> bool:
        """Whether it is as long as a song that was split is: `frames` at `samplerate` hertz, the
        model's. Both were rounded once from the file's own frames, so they may be half a frame of
        each rate apart."""
        apart = abs(self.frames * samplerate - frames * self.samplerate)
        return 2 * apart <= samplerate + self.samplerate


@contextmanager
def whole_original(
    originals: Originals,
    source: Path,
    samplerate: int,
    fingerprint: str,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> Iterator[WholeOriginal]:
    """Wait until the song is decoded, and hold it. `fingerprint`: the one that the file had when
    it was split; what the cache has of it serves even if the file is gone. `report`: the fraction
    that is decoded.

    Raises `SourceError` (gone, SOURCE_CHANGED, and as `decode`), `DiskFullError` and other errors
    of the cache, `Cancelled`.
    """
    with originals.open(source, samplerate, fingerprint) as handle:
        original = handle.original
        original.want_all(1)
        try:
            _wait(original, report, cancel)
        finally:
            original.want_all(-1)
        raw = original.raw
        if raw is None:
            raise SourceError(ErrorCode.SOURCE_UNREADABLE, path=source)
        channels = int(raw.facts.get("source_channels") or 0)
        reader = _Whole(original, raw.frames)
        yield WholeOriginal(reader, samplerate, raw.frames, channels)


class _Whole:
    """Reads a song that is decoded to its end. The player hears silence where the cache has lost
    it; here that is an error: files that sum to silence would be wrong, and nobody would notice."""

    def __init__(self, original: Original, frames: int) -> None:
        self._original = original
        self._frames = frames

    def read(self, start: int, frames: int) -> Samples:
        """As `Reader.read`. Raises `SourceError` SOURCE_UNREADABLE."""
        samples = np.zeros((CHANNELS, frames), np.float32)
        there = min(frames, self._frames - start)
        if there <= 0:
            return samples
        try:
            found = self._original.read_there(start, there)
        except OSError as error:
            raise self._lost(str(error)) from error
        if found.shape[1] < there:
            raise self._lost(f"the cache ends at frame {start + found.shape[1]}")
        samples[:, :there] = found
        return samples

    def _lost(self, detail: str) -> SourceError:
        return SourceError(
            ErrorCode.SOURCE_UNREADABLE, detail, path=self._original.source, retryable=True
        )


def _wait(original: Original, report: Callable[[float], None], cancel: CancelToken) -> None:
    known = 0
    while True:
        cancel.check()
        extent = original.wait(known, _LOOK_S)
        if extent.error is not None:
            raise extent.error
        known = extent.known
        if extent.complete:
            report(1.0)
            cancel.check()
            return
        if extent.frames:
            report(min(1.0, known / extent.frames))
