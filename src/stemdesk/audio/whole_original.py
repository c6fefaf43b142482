"""A song's own file at the rate of an export: decoded once through the playback cache, as long as
it is needed, and checked against what was split."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stemdesk.audio.originals import Original, Originals
from stemdesk.audio.playable import Reader
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.progress import CancelToken

_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class WholeOriginal:
    """All of a song at `samplerate` hertz. `source_samplerate`, `source_channels`: of its file, 0
    where the cache does not know it."""

    reader: Reader
    samplerate: int
    frames: int
    source_samplerate: int
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
        _wait(original, report, cancel)
        raw = original.raw
        if raw is None:
            raise SourceError(ErrorCode.SOURCE_UNREADABLE, path=source)
        rate, channels = (
            int(raw.facts.get(fact) or 0) for fact in ("source_samplerate", "source_channels")
        )
        yield WholeOriginal(original, samplerate, raw.frames, rate, channels)


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
            return
        if extent.frames:
            report(min(1.0, known / extent.frames))
