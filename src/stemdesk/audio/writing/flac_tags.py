"""Puts tags and a cover into the head of a FLAC file while libsndfile writes it.

libsndfile knows only some texts and no cover. A FLAC file is `fLaC`, STREAMINFO, other blocks,
frames; at the end its encoder goes back and fills in STREAMINFO. So the first write up to the
frames is held back, and comes out with our blocks behind STREAMINFO. Layout: RFC 9639, section 8.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.target import Target
from stemdesk.audio.writing.vorbis_comment import comments, picture_block

_INFO_END = 42  # bytes of `fLaC` and STREAMINFO with its header
_LAST = 0x80
_PADDING, _COMMENT, _PICTURE = 1, 4, 6
_PADDING_BYTES = 4096  # so that other programs can change tags in place
_LARGEST = (1 << 24) - 1  # a block's size has 24 bits


class FlacTarget(Target):
    """What libsndfile writes here as a FLAC file becomes one with `tags`."""

    def __init__(self, file: BinaryIO, tags: FileTags) -> None:
        super().__init__(file)
        self._tags = tags
        self._held: bytearray | None = bytearray()
        self._theirs = 0  # where the frames begin, as the encoder sees it
        self._moved = 0  # by how much they are moved

    def write(self, data: bytes) -> int:
        if self._held is None:
            return super().write(data)
        self._held += data
        end = _end_of_blocks(self._held)
        if end:
            head, frames = bytes(self._held[:end]), bytes(self._held[end:])
            self._held = None
            ours = head[:4] + _blocks(head[4:_INFO_END], self._tags)
            self._theirs, self._moved = end, len(ours) - end
            super().write(ours + frames)
        return len(data) if self.error is None else 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if self._held is not None:
            return len(self._held)
        if whence == os.SEEK_SET and offset >= self._theirs:
            offset += self._moved
        return self._seen(super().seek(offset, whence))

    def tell(self) -> int:
        return len(self._held) if self._held is not None else self._seen(super().tell())

    def _seen(self, place: int) -> int:
        """A place in the file as the encoder counts it."""
        return place - self._moved if place >= self._theirs + self._moved else place


def _end_of_blocks(data: bytes | bytearray) -> int:
    """Where the blocks end; 0 while the last one is not there in full."""
    place = 4
    while place + 4 <= len(data):
        last = data[place] & _LAST
        place += 4 + int.from_bytes(data[place + 1 : place + 4], "big")
        if last:
            return place if place <= len(data) else 0
    return 0


def _blocks(info: bytes, tags: FileTags) -> bytes:
    """STREAMINFO as it was, then ours. A cover too large for a block is left out."""
    blocks = [info[:1].replace(b"\x80", b"\0") + info[1:]]
    blocks.append(_block(_COMMENT, comments(tags, with_cover=False)))
    if tags.cover and len(picture := picture_block(tags)) <= _LARGEST:
        blocks.append(_block(_PICTURE, picture))
    return b"".join(blocks) + _block(_PADDING | _LAST, bytes(_PADDING_BYTES))


def _block(kind: int, body: bytes) -> bytes:
    return struct.pack(">I", kind << 24 | len(body)) + body
