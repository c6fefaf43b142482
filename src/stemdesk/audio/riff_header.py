"""What a WAV or RF64 header declares, read without believing it.

FFmpeg hides two things that a person should hear about: it shortens the declared length of a
truncated WAV to what is there, and it refuses absurd rates and channel counts with the same
"invalid data" as any other rubbish. Layout: Microsoft RIFF, EBU Tech 3306 (RF64).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

_LINEAR = {0x0001, 0x0003, 0xFFFE}  # PCM, float, extensible: every frame has the same size
_UNKNOWN_FROM = 0x7FFFF000  # writers into a pipe put this size or a larger one in the header
_MAX_CHUNKS = 256


@dataclass(frozen=True, slots=True)
class RiffHeader:
    """`frames` is None where the header does not know (streamed) or the coding is not linear."""

    channels: int
    samplerate: int
    frames: int | None


def read_riff_header(file: BinaryIO) -> RiffHeader | None:
    """The header of the WAV at the start of `file`; None if it is no WAV. Raises `OSError`."""
    file.seek(0)
    start = file.read(12)
    if start[:4] not in (b"RIFF", b"RF64", b"BW64") or start[8:] != b"WAVE":
        return None
    form: tuple[int, int, int, int] | None = None  # tag, channels, rate, bytes a frame
    long_size: int | None = None
    for _ in range(_MAX_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            return _header(form, size, long_size)
        body = file.read(min(size, 28))
        if name == b"fmt " and len(body) >= 16:
            tag, channels, rate, _, block, _ = struct.unpack_from("<HHIIHH", body)
            form = tag, channels, rate, block
        elif name == b"ds64" and len(body) >= 16:
            long_size = struct.unpack_from("<Q", body, 8)[0]
        file.seek(size + size % 2 - len(body), 1)
    return _header(form, 0, None)


def _header(
    form: tuple[int, int, int, int] | None, size: int, long_size: int | None
) -> RiffHeader | None:
    if form is None:
        return None
    tag, channels, rate, block = form
    frames = None
    if tag in _LINEAR and block:
        if long_size is not None:
            frames = long_size // block
        elif 0 < size < _UNKNOWN_FROM:
            frames = size // block
    return RiffHeader(channels, rate, frames)
