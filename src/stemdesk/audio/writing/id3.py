"""ID3v2.3, the tags of MP3, and of WAV and AIFF in a chunk of their own.

Version 2.3, not 2.4: Windows' Explorer and many players in cars read only the former. Layout:
id3.org, ID3 tag version 2.3.0.
"""

from __future__ import annotations

import re
import struct

from stemdesk.audio.file_tags import FileTags

_TEXTS = {
    "title": b"TIT2",
    "artist": b"TPE1",
    "album": b"TALB",
    "album_artist": b"TPE2",
    "track": b"TRCK",
    "disc": b"TPOS",
    "genre": b"TCON",
    "composer": b"TCOM",
    "copyright": b"TCOP",
    "isrc": b"TSRC",
    "bpm": b"TBPM",
    "key": b"TKEY",
    "publisher": b"TPUB",
    "grouping": b"TIT1",
    "language": b"TLAN",
    "lyricist": b"TEXT",
    "conductor": b"TPE3",
    "remixer": b"TPE4",
    "compilation": b"TCMP",
}
_LANGUAGE = b"eng"  # nobody knows it, and many players look for no other
_FRONT_COVER = 3
_UTF_16 = b"\x01"
_LATIN_1 = b"\x00"


def id3_tag(tags: FileTags) -> bytes:
    """The whole tag; b"" where there is nothing to say."""
    frames = b"".join(_frames(tags))
    return b"ID3\x03\x00\x00" + _syncsafe(len(frames)) + frames if frames else b""


def _frames(tags: FileTags) -> list[bytes]:
    joined = tags.joined()
    frames = [_frame(name, _text(joined[key])) for key, name in _TEXTS.items() if joined.get(key)]
    if tags.get("date"):
        frames += _date(tags.get("date"))
    for key, name in (("comment", b"COMM"), ("lyrics", b"USLT")):
        if joined.get(key):
            encoding, text = _encoded(joined[key])
            nothing = b"\xff\xfe\0\0" if encoding == _UTF_16 else b"\0"
            frames.append(_frame(name, encoding + _LANGUAGE + nothing + text))
    if tags.cover:
        kind = tags.cover_type.encode("ascii", "ignore") or b"image/"
        head = _LATIN_1 + kind + b"\0" + bytes([_FRONT_COVER]) + b"\0"
        frames.append(_frame(b"APIC", head + tags.cover))
    return frames


def _date(date: str) -> list[bytes]:
    """2.3 has the year and the day (DDMM) in two frames, and no place for other dates."""
    match = re.match(r"(\d{4})(?:-(\d\d)-(\d\d))?", date, re.ASCII)
    if match is None:
        return []
    year, month, day = match.groups()
    frames = [_frame(b"TYER", _text(year))]
    return [*frames, _frame(b"TDAT", _text(day + month))] if month else frames


def _text(text: str) -> bytes:
    encoding, encoded = _encoded(text)
    return encoding + encoded


def _encoded(text: str) -> tuple[bytes, bytes]:
    if text.isascii():
        return _LATIN_1, text.encode("ascii")
    return _UTF_16, b"\xff\xfe" + text.encode("utf-16-le")


def _frame(name: bytes, body: bytes) -> bytes:
    return struct.pack(">4sIH", name, len(body), 0) + body


def _syncsafe(size: int) -> bytes:
    """28 bits in four bytes of seven."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
