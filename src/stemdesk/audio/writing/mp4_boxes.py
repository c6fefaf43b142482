"""The boxes that an MP4 file is made of (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

from stemdesk.audio.target import Target


def box(name: bytes, *parts: bytes) -> bytes:
    """One box. `name`: four bytes."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body


def full_box(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with a version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each of the boxes side by side in `data`, none of them over 4 GiB."""
    place = 0
    while place + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        if size < 8:
            return
        yield name, data[place + 8 : place + size]
        place += size


def last_moov(target: Target) -> tuple[int, bytes] | None:
    """Where the `moov` box of a finished file begins, and its body; None unless it is the last
    box, so that it may grow."""
    end = target.seek(0, os.SEEK_END)
    place = 0
    while place + 8 <= end:
        target.seek(place)
        head = target.read(16)
        size, name = struct.unpack_from(">I4s", head)
        if size == 1:
            size = struct.unpack_from(">Q", head, 8)[0]
        if name == b"moov" and place + size == end:
            target.seek(place + 8)
            return place, _read(target, size - 8)
        if size < 8:
            return None
        place += size
    return None


def _read(target: Target, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := target.read(size - len(data))):
        data += more
    return data
