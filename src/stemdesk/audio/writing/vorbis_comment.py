"""Vorbis comments and their pictures: the tags of FLAC, Ogg Vorbis and Opus.

Layout: xiph.org, Vorbis I comment field; RFC 9639 section 8.8 (pictures).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator

from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.writing.picture import picture_size

VENDOR = b"StemDesk"
_NAMES = {
    "album_artist": "ALBUMARTIST",
    "track": "TRACKNUMBER",
    "disc": "DISCNUMBER",
    "key": "INITIALKEY",
    "publisher": "ORGANIZATION",
}
_TOTALS = {"track": "TRACKTOTAL", "disc": "DISCTOTAL"}
_FRONT_COVER = 3


def comments(tags: FileTags, *, with_cover: bool) -> bytes:
    """The comment block: vendor and fields. `with_cover`: the cover as a field, as Ogg has it;
    FLAC has a block of its own for it."""
    fields = [f"{name}={text}".encode() for name, text in _fields(tags)]
    if with_cover and tags.cover:
        fields.append(b"METADATA_BLOCK_PICTURE=" + base64.b64encode(picture_block(tags)))
    parts = [VENDOR, *fields]
    sized = [struct.pack("<I", len(part)) + part for part in parts]
    return sized[0] + struct.pack("<I", len(fields)) + b"".join(sized[1:])


def picture_block(tags: FileTags) -> bytes:
    """The body of FLAC's PICTURE block for the cover."""
    kind = tags.cover_type.encode("ascii", "ignore")
    width, height = picture_size(tags.cover)
    return (
        struct.pack(">II", _FRONT_COVER, len(kind))
        + kind
        + struct.pack(">IIIIII", 0, width, height, 24, 0, len(tags.cover))
        + tags.cover
    )


def _fields(tags: FileTags) -> Iterator[tuple[str, str]]:
    for key, text in tags.texts:
        number, slash, total = text.partition("/")
        if slash and key in _TOTALS:
            yield _NAMES[key], number
            if total:
                yield _TOTALS[key], total
        else:
            yield _NAMES.get(key, key.upper()), text
