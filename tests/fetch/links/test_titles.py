"""Title, artist and album of what sites describe."""

from __future__ import annotations

from typing import Any

import pytest

from stemdesk.fetch.links.titles import apart, described, key_of, readable


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (
            {"track": "Song", "artist": "Ann", "album": "Disc", "title": "x"},
            ("Song", "Ann", "Disc"),
        ),
        ({"title": "Song", "artists": ["Ann", "Bob"]}, ("Song", "Ann, Bob", "")),
        ({"title": "Ann - Song (Live)", "uploader": "SomeLabel"}, ("Song (Live)", "Ann", "")),
        ({"title": "Ann \u2013 Song", "uploader": "x"}, ("Song", "Ann", "")),
        ({"title": "Song", "uploader": "Ann - Topic"}, ("Song", "Ann", "")),
        ({"title": "Song", "channel": "AnnVEVO"}, ("Song", "Ann", "")),
        ({"title": "A - B - C", "uploader": "Ann"}, ("A - B - C", "Ann", "")),
        ({"title": "Rock-Song", "uploader": "Ann"}, ("Rock-Song", "Ann", "")),
        ({"title": None, "uploader": 5, "album": ["x"]}, ("", "", "")),
        ({"title": "a\u202eb\n\x00c", "uploader": "\u200b"}, ("ab c", "", "")),
    ],
)
def test_what_sites_tell(info: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert described({"extractor_key": "Youtube", **info}) == expected


def test_files_are_named_after_themselves() -> None:
    info = {"extractor_key": "Generic", "direct": True, "title": "My%20song_%281%29"}
    assert described(info)[0] == "My song (1)"
    nameless = {"extractor_key": "Generic", "title": "video", "url": "https://x.org/a/b_c.mp3?d"}
    assert described(nameless)[0] == "b c"


@pytest.mark.parametrize("title", ["AC/DC", "Opus No.12", "A_B + C"])
def test_a_page_that_describes_a_file_names_it(title: str) -> None:
    """yt-dlp says of it, too, that it is a direct link."""
    info = {
        "extractor_key": "Generic",
        "direct": True,
        "url": "https://x.org/media/a_b.mp3?d",
        "webpage_url": "https://x.org/page",
    }
    assert described({**info, "title": f"{title} (1)"})[0] == title
    assert described({**info, "title": "a_b"})[0] == "a b"


def test_keys_name_recordings() -> None:
    assert key_of({"extractor_key": "Youtube", "id": "abc"}) == "youtube abc"
    assert key_of({"ie_key": "Soundcloud", "id": 5}) == "soundcloud 5"
    generic = {"extractor_key": "Generic", "id": "song", "webpage_url": "https://x.org/song.mp3#t"}
    assert key_of(generic) == "generic https://x.org/song.mp3"
    assert key_of({"ie_key": "Bandcamp"}) == ""


def test_names_become_readable() -> None:
    assert readable("a/My+song_live.MP3") == "My song live"
    assert readable("Opus No. 5") == "Opus No. 5"
    assert readable("") == ""
    assert apart("no hyphen") == ("", "no hyphen")
