"""Puts tags and a cover into the head of an Ogg file while libsndfile or FFmpeg writes it.

Both know only a part of the tags. An Ogg stream begins with two (Opus) or three (Vorbis) packets
of headers, of which the second one holds the tags. It is replaced, and the pages behind it get
new numbers. Layout: RFC 3533 (Ogg), RFC 7845 (Opus), xiph.org's Vorbis I specification.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.vorbis_comment import comments

_HEAD = 27  # bytes of a page before its table of segments
_SEGMENTS = 255  # at most on a page
_CONTINUED, _FIRST = 0x01, 0x02
_NO_PACKET_ENDS = -1  # a granule position
_OPUS, _VORBIS = b"OpusTags", b"\x03vorbis"
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggTarget(Target):
    """What an encoder writes here as an Ogg stream becomes one with `tags`. The stream's serial
    number, which encoders draw by chance, is made of the tags: equal exports are equal files."""

    def __init__(self, file: BinaryIO, tags: FileTags) -> None:
        super().__init__(file)
        self._comments = comments(tags, with_cover=True)
        self._serial = zlib.crc32(self._comments)
        self._taken = 0  # bytes, as the encoder counts them
        self._rest = b""  # of a page that is not there in full
        self._page = 0  # the next page's number
        self._packets: list[bytes] = [b""]  # of headers; the last one is not complete
        self._headers = 2

    def write(self, data: bytes) -> int:
        self._taken += len(data)
        self._rest += bytes(data)
        while len(self._rest) >= _HEAD and self.error is None:
            size = _page_size(self._rest)
            if size is None or size > len(self._rest):
                break
            page, self._rest = self._rest[:size], self._rest[size:]
            self._take(page)
        return len(data) if self.error is None else 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Encoders of Ogg only ask where the end is; they never go back."""
        return self._taken

    def tell(self) -> int:
        return self._taken

    def _take(self, page: bytes) -> None:
        flags = page[5]
        segments = page[_HEAD : _HEAD + page[26]]
        body = page[_HEAD + page[26] :]
        granule = struct.unpack_from("<q", page, 6)[0]
        if flags & _FIRST:
            self._headers = 3 if body.startswith(b"\x01vorbis") else 2
        if len(self._packets) > self._headers:  # all headers are through
            self._put(flags, granule, segments, body)
            return
        for length in segments:
            self._packets[-1] += body[:length]
            body = body[length:]
            if length < _SEGMENTS:
                self._packets.append(b"")
        if flags & _FIRST:
            self._put(flags, granule, segments, self._packets[0])
        elif len(self._packets) > self._headers:
            self._put_headers()

    def _put_headers(self) -> None:
        kind = _OPUS if self._headers == 2 else _VORBIS
        framing = b"" if self._headers == 2 else b"\x01"
        packets = [kind + self._comments + framing, *self._packets[2 : self._headers]]
        for flags, granule, segments, body in _paged(packets):
            self._put(flags, granule, segments, body)

    def _put(self, flags: int, granule: int, segments: bytes, body: bytes) -> None:
        start = struct.pack("<4sBBqII", b"OggS", 0, flags, granule, self._serial, self._page)
        end = bytes([len(segments)]) + segments + body
        check = struct.pack("<I", _crc(start + bytes(4) + end))
        super().write(start + check + end)
        self._page += 1


def _page_size(data: bytes) -> int | None:
    """Bytes of the page that `data` begins with; None where that is not known yet."""
    table = data[_HEAD : _HEAD + data[26]]
    return _HEAD + len(table) + sum(table) if len(table) == data[26] else None


def _paged(packets: list[bytes]) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Packets as pages of their own: flags, granule position, segments, body."""
    segments = b"".join(
        bytes([_SEGMENTS]) * (len(packet) // _SEGMENTS) + bytes([len(packet) % _SEGMENTS])
        for packet in packets
    )
    body = memoryview(b"".join(packets))
    continued = done = 0
    for place in range(0, len(segments), _SEGMENTS):
        table = segments[place : place + _SEGMENTS]
        size = sum(table)
        granule = 0 if min(table) < _SEGMENTS else _NO_PACKET_ENDS
        yield continued, granule, table, bytes(body[done : done + size])
        done += size
        continued = _CONTINUED if table[-1] == _SEGMENTS else 0


def _crc(data: bytes) -> int:
    """Ogg's checksum. It is zlib's with each byte's bits in the other order, and nothing turned
    over at the start and the end; in Python alone it would cost more than the encoder."""
    mirrored = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
