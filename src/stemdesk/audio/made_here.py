"""Whether a file comes from an export of StemDesk: its comment says so (`MADE_HERE`).

A folder may hold ten thousand songs, so FFmpeg (5 ms a file) is not asked. Our writers put the
comment before the sound, but in WAV and MP4, whose parts are told by their names and sizes. What
other programs have rewritten since may not be recognised.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MADE_HERE = "Split by StemDesk"
_MARKS = (MADE_HERE.encode(), MADE_HERE.encode("utf-16-le"))  # ID3 needs the second at times
_HEAD_BYTES = 1 << 16
_TEXT_BYTES = 1 << 18  # of a part with texts; the cover stands behind them
_MOST_PARTS = 256


def is_made_here(path: Path) -> bool:
    """Whether an export wrote this ordinary file. Reads a few kilobytes; False where it cannot."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if _marked(head):
                return True
            if head[:4] == b"RIFF":
                texts = [(start, size) for name, start, size in _chunks(file) if name == b"LIST"]
            elif head[4:8] == b"ftyp":
                texts = list(_texts_of_mp4(file))
            else:
                return False
            return any(_marked(_read(file, start, size)) for start, size in texts)
    except OSError:
        return False


def _marked(data: bytes) -> bool:
    return any(mark in data for mark in _MARKS)


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(min(size, _TEXT_BYTES))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and size of each part of a WAV."""
    place = 12
    for _ in range(_MOST_PARTS):
        header = _read(file, place, 8)
        if len(header) < 8:
            return
        name, size = struct.unpack("<4sI", header)
        yield name, place + 8, size
        place += 8 + size + size % 2


def _texts_of_mp4(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Start and size of what holds its texts."""
    end = file.seek(0, 2)
    for name, start, size in _boxes(file, 0, end):
        if name == b"moov":
            for inner, inner_start, inner_size in _boxes(file, start, start + size):
                if inner == b"udta":
                    yield inner_start, inner_size


def _boxes(file: BinaryIO, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and size of each box of an MP4 between these places (ISO 14496-12, 4.2)."""
    for _ in range(_MOST_PARTS):
        header = _read(file, place, 16)
        if place >= end or len(header) < 8:
            return
        size, name = struct.unpack_from(">I4s", header)
        own = 8
        if size == 1 and len(header) == 16:
            own, size = 16, struct.unpack_from(">Q", header, 8)[0]
        if size < own or place + size > end:  # broken, or up to the file's end: sound
            return
        yield name, place + own, size - own
        place += size
