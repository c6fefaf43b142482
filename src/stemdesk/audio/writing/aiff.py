"""AIFF: big-endian PCM, with texts and a cover in an ID3 chunk. It ends at 4 GiB.

Layout: Apple, Audio Interchange File Format 1.3.
"""

from __future__ import annotations

import struct

from stemdesk.audio.encode import Rounded
from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.id3 import id3_tag
from stemdesk.audio.writing.pcm import interleaved

_TEXTS = {"title": b"NAME", "artist": b"AUTH", "copyright": b"(c) ", "comment": b"ANNO"}


class AiffEncoder:
    """Writes AIFF of 16 or 24 bits."""

    def __init__(
        self, target: Target, bits: int, samplerate: int, channels: int, tags: FileTags
    ) -> None:
        self._target = target
        self._bits = bits
        self._samplerate = samplerate
        self._channels = channels
        joined = tags.joined()
        texts = [(name, joined[key]) for key, name in _TEXTS.items() if key in joined]
        self._texts = b"".join(_chunk(name, text.encode()) for name, text in texts)
        self._end = _chunk(b"ID3 ", id3_tag(tags)) if tags.texts or tags.cover else b""
        self._written = 0
        target.write(self._header())

    def write(self, part: Rounded) -> None:
        self._target.write(interleaved(part, self._bits, big_endian=True))
        self._written += part.shape[1]

    def finish(self) -> None:
        self._target.write(b"\0" * (self._data_bytes % 2) + self._end)
        self._target.seek(0)
        self._target.write(self._header())

    @property
    def _data_bytes(self) -> int:
        return self._written * self._channels * (self._bits // 8)

    def _header(self) -> bytes:
        """All up to the first sample; equally long for any number of frames."""
        data = self._data_bytes
        common = struct.pack(">hIh", self._channels, self._written, self._bits)
        body = _chunk(b"COMM", common + _extended(self._samplerate)) + self._texts
        size = 4 + len(body) + 16 + data + data % 2 + len(self._end)
        sound = struct.pack(">4sIII", b"SSND", data + 8, 0, 0)
        return struct.pack(">4sI4s", b"FORM", size, b"AIFF") + body + sound


def _extended(number: int) -> bytes:
    """A positive whole number as an 80-bit float (IEEE 754 extended), big-endian."""
    exponent = number.bit_length() - 1
    return struct.pack(">HQ", 16383 + exponent, number << (63 - exponent))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
