"""A job's mix taken from where the player's song is being decoded, instead of decoding it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from stemdesk.audio.originals import Original
from stemdesk.audio.resample import BLOCK
from stemdesk.audio.store import Samples
from stemdesk.core.errors import ErrorCode, SourceError
from stemdesk.core.progress import CancelToken

_LOOK_S = 0.05
_BEGIN_S = 1.0  # a decoder that has just been started has its file by then


def path_of(original: Original, mark: str) -> Path | None:
    """The file that holds the song's blocks, if it is the song with this fingerprint."""
    original.wait(0, _BEGIN_S)
    return original.path if original.mark == mark else None


def follow(
    original: Original,
    mark: str,
    write: Callable[[Samples], None],
    limit_s: float,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> dict[str, Any] | None:
    """Give `write` the song's blocks, float32 [2, frames], in order, as they are decoded; the
    decoder goes at the pace at which they are taken.

    Returns what was found while decoding (`source_facts`), or None where the song could not be
    kept on the way: what was written is right, the rest is missing. `mark`: the fingerprint that
    it must have. Raises `SourceError` as `decode`, `Cancelled`, what `write` raises.
    """
    place = 0
    original.follow(place)
    try:
        while True:
            extent = original.wait(place, _LOOK_S)
            cancel.check()
            if isinstance(extent.error, SourceError):
                raise extent.error
            if extent.error is not None or (extent.known and original.mark != mark):
                return None
            while place < extent.known:
                part = original.read_there(place, min(BLOCK, extent.known - place))
                if not part.shape[1]:
                    return None
                write(np.ascontiguousarray(part))
                place += part.shape[1]
                original.follow(place)
                cancel.check()
                _check_length(original, place / original.samplerate, limit_s)
                report(min(1.0, place / extent.frames))
            if extent.complete and original.raw is not None:
                report(1.0)
                return original.raw.facts
    except OSError:  # of reading: the cache was emptied by hand
        return None
    finally:
        original.follow(None)


def _check_length(original: Original, seconds: float, limit_s: float) -> None:
    if seconds > limit_s:
        raise SourceError(
            ErrorCode.SOURCE_TOO_LONG, path=original.source, length_s=seconds, limit_s=limit_s
        )
