from __future__ import annotations

from stemdesk.audio.file_tags import LARGEST_COVER, NO_FILE_TAGS, FileTags

PICTURE = b"\xff\xd8\xff\xe0 and so on"


def test_a_part_is_marked_in_the_title_and_told_in_the_comment() -> None:
    tags = FileTags((("title", "Song"), ("artist", "Band"), ("comment", "Live")), PICTURE)
    part = tags.with_part("vocals", "vocals of song.mp3, split by StemDesk with htdemucs")
    assert part.get("title") == "Song (vocals)"
    assert part.get("artist") == "Band"
    assert part.get("comment") == "Live\nvocals of song.mp3, split by StemDesk with htdemucs"
    assert (part.cover, part.cover_type) == (PICTURE, "image/jpeg")
    assert tags.get("title") == "Song"


def test_a_part_of_a_song_without_tags() -> None:
    part = NO_FILE_TAGS.with_part("drums", "drums of a.wav")
    assert part.texts == (("title", "drums"), ("comment", "drums of a.wav"))
    assert NO_FILE_TAGS.with_part("drums", "").texts == (("title", "drums"),)


def test_several_texts_of_a_key() -> None:
    tags = FileTags((("artist", "One"), ("title", "Song"), ("artist", "Two")))
    assert list(tags.all("artist")) == ["One", "Two"]
    assert tags.joined() == {"artist": "One; Two", "title": "Song"}
    assert tags.with_text("artist", "Three").texts == (("title", "Song"), ("artist", "Three"))
    assert tags.get("album") == ""


def test_texts_are_safe_once_they_are_here() -> None:
    tags = FileTags(
        (
            ("title", " a\0\n b\ud83c \u200d"),
            ("lyrics", "one\r\ntwo\rthree\x07\n"),
            ("album", "\x00\x01"),
            ("artist", "Bjo\u0308rk"),
            ("made-up", "x"),
        )
    )
    assert tags.texts == (
        ("title", "a b \u200d"),
        ("lyrics", "one\ntwo\nthree"),
        ("artist", "Björk"),
    )
    assert len(FileTags((("lyrics", "x" * 5_000_000),)).get("lyrics")) == 1 << 20


def test_a_cover_is_a_picture_of_a_bearable_size() -> None:
    assert FileTags((), PICTURE, "text/html").cover_type == "image/jpeg"
    assert FileTags((), b"<html>", "image/png") == NO_FILE_TAGS
    assert FileTags((), PICTURE.ljust(LARGEST_COVER, b"x")).cover != b""
    assert FileTags((), PICTURE.ljust(LARGEST_COVER + 1, b"x")) == NO_FILE_TAGS
