"""What kind of picture some bytes are, by their own beginning."""

from __future__ import annotations

import struct

_TYPES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF markers: not DHT, JPG, DAC


def picture_type(data: bytes) -> str:
    """The MIME type; "" for what is no picture that players show."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _TYPES if data.startswith(start)), "")


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a PNG or JPEG; (0, 0) where they are not known."""
    kind = picture_type(data)
    if kind == "image/png" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    return _jpeg_size(data) if kind == "image/jpeg" else (0, 0)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the first frame header (ITU T.81, B.2.2)."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        if marker == 0xFF:  # a fill byte
            place += 1
        else:
            place += 2 + struct.unpack_from(">H", data, place + 2)[0]
    return 0, 0
