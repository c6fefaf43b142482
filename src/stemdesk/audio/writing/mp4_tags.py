"""The tags of M4A: iTunes' list in `moov/udta/meta/ilst`.

FFmpeg writes only a part of them, and not iTunSMPB, by which Apple's players know how much of an
AAC file's start and end is not the song. Layout: Apple, QuickTime File Format, metadata; iTunSMPB
as iTunes writes it.
"""

from __future__ import annotations

import struct

from stemdesk.audio.file_tags import FileTags
from stemdesk.audio.writing.mp4_boxes import box, full_box

_TEXTS = {
    "title": b"\xa9nam",
    "artist": b"\xa9ART",
    "album": b"\xa9alb",
    "album_artist": b"aART",
    "date": b"\xa9day",
    "genre": b"\xa9gen",
    "composer": b"\xa9wrt",
    "comment": b"\xa9cmt",
    "lyrics": b"\xa9lyr",
    "copyright": b"cprt",
    "grouping": b"\xa9grp",
}
_NAMED = {
    "isrc": "ISRC",
    "key": "initialkey",
    "publisher": "LABEL",
    "language": "LANGUAGE",
    "lyricist": "LYRICIST",
    "conductor": "CONDUCTOR",
    "remixer": "REMIXER",
}
_COVERS = {"image/jpeg": 13, "image/png": 14, "image/bmp": 27}
_BINARY, _UTF_8, _INTEGER = 0, 1, 21  # QuickTime's well-known types


def udta_box(tags: FileTags, gapless: tuple[int, int, int] | None = None) -> bytes:
    """The whole `udta` box; b"" where there is nothing to say. `gapless`: see `meta_box`."""
    meta = meta_box(tags, gapless)
    return box(b"udta", meta) if meta else b""


def meta_box(tags: FileTags, gapless: tuple[int, int, int] | None = None) -> bytes:
    """The `meta` box, which lies in `udta`; b"" where there is nothing to say. `gapless`: frames
    of priming, of padding, and of the song. A cover that is no JPEG, PNG or BMP is left out."""
    items = [*_texts(tags), *_numbers(tags)]
    if tags.cover and tags.cover_type in _COVERS:
        items.append(box(b"covr", _data(_COVERS[tags.cover_type], tags.cover)))
    if gapless is not None:
        priming, padding, frames = gapless
        numbers = f" 00000000 {priming:08X} {padding:08X} {frames:016X}" + " 00000000" * 8
        items.append(_named("iTunSMPB", numbers))
    if not items:
        return b""
    handler = full_box(b"hdlr", struct.pack(">4x4s4s9x", b"mdir", b"appl"))
    return full_box(b"meta", handler, box(b"ilst", *items))


def _texts(tags: FileTags) -> list[bytes]:
    joined = tags.joined()
    items = [
        box(name, _data(_UTF_8, joined[key].encode()))
        for key, name in _TEXTS.items()
        if key in joined
    ]
    return items + [_named(name, joined[key]) for key, name in _NAMED.items() if key in joined]


def _numbers(tags: FileTags) -> list[bytes]:
    items = []
    for key, name, end in (("track", b"trkn", b"\0\0"), ("disc", b"disk", b"")):
        number, _, total = tags.get(key).partition("/")
        if _is_short(number):
            both = struct.pack(">2xHH", int(number), int(total) if _is_short(total) else 0)
            items.append(box(name, _data(_BINARY, both + end)))
    bpm, _, _ = tags.get("bpm").partition(".")
    if _is_short(bpm):
        items.append(box(b"tmpo", _data(_INTEGER, struct.pack(">H", int(bpm)))))
    if tags.get("compilation") == "1":
        items.append(box(b"cpil", _data(_INTEGER, b"\1")))
    return items


def _is_short(text: str) -> bool:
    """Whether it is a number of 16 bits."""
    text = text.strip()
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 0xFFFF


def _named(name: str, text: str) -> bytes:
    """An item with a name of its own, as iTunes writes it."""
    return box(
        b"----",
        full_box(b"mean", b"com.apple.iTunes"),
        full_box(b"name", name.encode()),
        _data(_UTF_8, text.encode()),
    )


def _data(kind: int, value: bytes) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0), value)
