from __future__ import annotations

from stemdesk.audio.file_tags import LARGEST_COVER, NO_FILE_TAGS, TEXT_KEYS, FileTags
from stemdesk.audio.writing.vorbis_comment import comments

PICTURE = b"\xff\xd8\xff\xe0 and so on"


def test_a_part_is_marked_in_the_title_and_told_in_the_comment() -> None:
    tags = FileTags((("title", "Song"), ("artist", "Band"), ("comment", "Live")), PICTURE)
    part = tags.with_part("vocals").with_comment("Split by StemDesk from song.mp3")
    assert part.get("title") == "Song (vocals)"
    assert part.get("artist") == "Band"
    assert part.get("comment") == "Live\nSplit by StemDesk from song.mp3"
    assert (part.cover, part.cover_type) == (PICTURE, "image/jpeg")
    assert tags.get("title") == "Song"


def test_a_part_of_a_song_without_tags() -> None:
    assert NO_FILE_TAGS.with_part("drums").texts == (("title", "drums"),)
    assert NO_FILE_TAGS.with_comment("of a.wav").texts == (("comment", "of a.wav"),)


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


def test_all_texts_together_fit_into_a_block_of_a_flac_file() -> None:
    longest = FileTags(tuple((key, "🎵" * 5_000_000) for key in TEXT_KEYS))
    assert len(longest.get("lyrics")) == 1 << 17
    assert len(comments(longest, with_cover=False)) < 1 << 24


def test_a_cover_is_a_picture_of_a_bearable_size() -> None:
    assert FileTags((), PICTURE, "text/html").cover_type == "image/jpeg"
    assert FileTags((), b"<html>", "image/png") == NO_FILE_TAGS
    assert FileTags((), PICTURE.ljust(LARGEST_COVER, b"x")).cover != b""
    assert FileTags((), PICTURE.ljust(LARGEST_COVER + 1, b"x")) == NO_FILE_TAGS
