"""Decodes a file the way a job does, and checks what every decoding must hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from stemdesk.audio.decode import Decoded, decode
from stemdesk.core.errors import SourceError
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.progress import CancelToken
from support.media import Samples


@dataclass(frozen=True)
class Song:
    """What came out: float32 [2, frames], what `decode` returned, and what it reported."""

    samples: Samples
    result: Decoded
    reports: list[float]

    def notice(self, code: NoticeCode) -> Notice | None:
        return next((notice for notice in self.result.notices if notice.code is code), None)


def decode_all(path: Path, samplerate: int, **limits: float) -> Song:
    """Decode `path` into memory. Checks the blocks' shape and size and the reports on the way."""
    blocks: list[Samples] = []
    reports: list[float] = []

    def write(block: Samples) -> None:
        assert block.dtype == np.float32 and block.shape[0] == 2 and block.flags.c_contiguous
        assert 0 < block.shape[1] <= 65536
        assert np.isfinite(block).all()
        blocks.append(block)

    result = decode(path, samplerate, write, report=reports.append, cancel=CancelToken(), **limits)
    samples = np.concatenate(blocks, axis=1)
    assert result.frames == samples.shape[1] and result.samplerate == samplerate
    assert reports == sorted(reports) and reports[-1] == 1.0
    return Song(samples, result, reports)


def failure(path: Path, limit_s: float = 86400.0) -> SourceError:
    """The error that decoding gives; it names the path."""
    with pytest.raises(SourceError) as caught:
        decode(path, 44100, lambda _: None, limit_s=limit_s, cancel=CancelToken())
    assert caught.value.path == path
    return caught.value


def put(path: Path, data: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(data)
    return path
