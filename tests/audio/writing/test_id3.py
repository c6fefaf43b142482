"""ID3v2.3's corners, which FFmpeg reads back more kindly than old players."""

from __future__ import annotations

import pytest

from stemdesk.audio.file_tags import NO_FILE_TAGS, FileTags
from stemdesk.audio.writing.id3 import id3_tag


def test_nothing_to_say_is_no_tag() -> None:
    assert id3_tag(NO_FILE_TAGS) == b""


@pytest.mark.parametrize(
    ("date", "year", "day"),
    [
        ("2020", b"2020", b""),
        ("2020-05", b"2020", b""),
        ("2020-05-06", b"2020", b"0605"),
        ("2020-05-06T07:08:09Z", b"2020", b"0605"),
        ("spring", b"", b""),
    ],
)
def test_dates_are_a_year_and_a_day(date: str, year: bytes, day: bytes) -> None:
    frames = frames_of(id3_tag(FileTags((("title", "x"), ("date", date)))))
    assert frames.get(b"TYER", b"\0")[1:] == year
    assert frames.get(b"TDAT", b"\0")[1:] == day


def test_texts_are_latin_or_utf_16() -> None:
    """2.3 knows no UTF-8."""
    frames = frames_of(id3_tag(FileTags((("title", "Plain"), ("artist", "Ö\U0001f3b8")))))
    assert frames[b"TIT2"] == b"\0Plain"
    assert frames[b"TPE1"] == b"\1\xff\xfe" + "Ö\U0001f3b8".encode("utf-16-le")


def frames_of(tag: bytes) -> dict[bytes, bytes]:
    """The frames of a tag, which fill it exactly."""
    assert tag[:6] == b"ID3\3\0\0"
    size = sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
    assert size == len(tag) - 10
    frames, place = {}, 10
    while place < len(tag):
        length = int.from_bytes(tag[place + 4 : place + 8], "big")
        frames[tag[place : place + 4]] = tag[place + 10 : place + 10 + length]
        place += 10 + length
    assert place == len(tag)
    return frames
