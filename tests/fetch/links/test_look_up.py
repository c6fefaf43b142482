"""What is behind a link, asked of a real site through the real yt-dlp."""

from __future__ import annotations

import dataclasses
import json

import pytest

from stemdesk.core.errors import ErrorCode
from stemdesk.fetch.links import entry_words
from support.asking import Asking
from support.link_site import LinkSite, audio_page, feed

SONG = b"ID3\x04" + bytes(4000)


def test_a_direct_file_is_a_song_named_after_the_file(site: LinkSite, asking: Asking) -> None:
    url = site.song("/music/My%20song_live.mp3", SONG)
    song = asking.song(url)
    assert (song.title, song.artist, song.album) == ("My song live", "", "")
    assert song.url == url
    assert song.key == f"generic {url}"
    assert song.site == "127.0.0.1"
    assert song.duration_s is None


def test_artist_and_title_stand_apart_where_the_name_tells(site: LinkSite, asking: Asking) -> None:
    song = asking.song(site.song("/The%20Band%20-%20The%20Song.ogg", SONG))
    assert (song.artist, song.title) == ("The Band", "The Song")


def test_a_page_with_an_audio_element(site: LinkSite, asking: Asking) -> None:
    site.song("/song.mp3", SONG)
    head = (
        '<meta property="og:title" content="A &amp; B"><meta property="og:image" content="/p.png">'
    )
    url = site.page("/page", audio_page("/song.mp3", extra=head))
    song = asking.song(url)
    assert song.title == "A & B"
    assert song.url == url
    assert song.thumbnail == site.url("/p.png")


def test_an_open_graph_page(site: LinkSite, asking: Asking) -> None:
    sound = site.song("/song.mp3", SONG)
    head = f'<meta property="og:title" content="Graph"><meta property="og:video" content="{sound}">'
    page = f"<!DOCTYPE html><html><head><title>x</title>{head}</head><body>y</body></html>"
    song = asking.song(site.page("/og", page))
    assert song.title == "Graph"


def test_a_page_that_tells_the_length(site: LinkSite, asking: Asking) -> None:
    song = asking.song(json_page(site, "PT3M20S"))
    assert (song.title, song.duration_s) == ("Told", 200.0)


def test_what_a_page_calls_a_song_is_no_file_name(site: LinkSite, asking: Asking) -> None:
    song = asking.song(json_page(site, "PT3M20S", "AC/DC - Opus_No.12"))
    assert (song.artist, song.title) == ("AC/DC", "Opus_No.12")


def json_page(site: LinkSite, duration: str, name: str = "Told") -> str:
    """A page as schema.org has it."""
    facts = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": name,
        "contentUrl": site.song("/told.mp3", SONG),
        "duration": duration,
    }
    script = f'<script type="application/ld+json">{json.dumps(facts)}</script>'
    return site.page("/told", f"<!DOCTYPE html><html><head>{script}</head><body></body></html>")


def test_a_song_longer_than_the_limit_is_refused(site: LinkSite, asking: Asking) -> None:
    error = asking.fails(json_page(site, "PT2H"))
    assert error.code is ErrorCode.LINK_TOO_LONG
    assert error.facts["duration_s"] == 7200.0
    assert error.facts["limit_s"] == 3600.0


def test_a_feed_is_a_list_with_lengths(site: LinkSite, asking: Asking) -> None:
    one, two = site.url("/one.mp3"), site.url("/two.mp3")
    items = [("Ann - One", one, "3:20"), ("Two", two, "2:00:00")]
    found = asking.songs(site.put("/rss", feed("My feed", items).encode(), "application/rss+xml"))
    assert found.title == "My feed"
    first, second = found.entries
    assert (first.artist, first.title, first.duration_s) == ("Ann", "One", 200.0)
    assert first.url == one
    assert first.key == f"generic {one}"
    assert (first.trouble, second.trouble) == ("", entry_words.TOO_LONG)


def test_a_feed_with_one_song_is_a_song(site: LinkSite, asking: Asking) -> None:
    sound = site.song("/one.mp3", SONG)
    page = feed("My feed", [("Only", sound, "3:20")])
    song = asking.song(site.put("/rss", page.encode(), "application/rss+xml"))
    assert (song.title, song.duration_s, song.url) == ("Only", 200.0, sound)


def test_an_empty_feed(site: LinkSite, asking: Asking) -> None:
    url = site.put("/rss", feed("My feed", []).encode(), "application/rss+xml")
    assert asking.fails(url).code is ErrorCode.LINK_EMPTY


def test_a_page_with_two_songs_is_a_list_of_both(site: LinkSite, asking: Asking) -> None:
    sounds = [site.song(f"/{name}.mp3", name.encode() * 500) for name in "ab"]
    tags = "".join(f'<audio src="{url}"></audio>' for url in sounds)
    page = f"<!DOCTYPE html><html><head><title>Two</title></head><body>{tags}</body></html>"
    found = asking.songs(site.page("/two", page))
    assert [entry.title for entry in found.entries] == ["Two (1)", "Two (2)"]
    assert len({entry.key for entry in found.entries}) == 2
    again = asking.song(found.entries[1].url)
    assert again.key == found.entries[1].key
    got = asking.get(found.entries[1].url)
    assert got.file.read_bytes() == b"b" * 500


def test_a_list_is_cut_at_the_limit(site: LinkSite, asking: Asking) -> None:
    items = [(f"{n}", site.url(f"/{n}.mp3"), "1:00") for n in range(9)]
    limits = dataclasses.replace(asking.rules.limits, entries_max=4)
    asking.rules = dataclasses.replace(asking.rules, limits=limits)
    found = asking.songs(site.put("/rss", feed("Many", items).encode(), "application/rss+xml"))
    assert [entry.title for entry in found.entries] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("../../x", "../../x"),
        ("CON", "CON"),
        ("\U0001f3b8 rock", "\U0001f3b8 rock"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("two\nlines\tand\x00more", "two lines andmore"),
        ("ä" * 2000, "ä" * 1000),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("$(touch x) `touch x` ; touch x", "$(touch x) `touch x` ; touch x"),
        ("%(id)s %(title)s {0} %s", "%(id)s %(title)s {0} %s"),
    ],
)
def test_hostile_titles_are_texts_and_name_no_file(
    site: LinkSite, asking: Asking, title: str, shown: str
) -> None:
    site.song("/song.mp3", SONG)
    head = f'<meta property="og:title" content="{title}">'
    got = asking.get(site.page("/page", audio_page("/song.mp3", extra=head)))
    assert got.song.title == shown
    assert asking.names == ["media.mp3"]
    assert got.file.read_bytes() == SONG


def test_no_link_says_so(asking: Asking) -> None:
    for text in ("ftp://host/x.mp3", "file:///etc/passwd", "nonsense", "https://", "javascript:1"):
        assert asking.fails(text).code is ErrorCode.LINK_INVALID


def test_a_feed_that_holds_nothing_but_itself(site: LinkSite, asking: Asking) -> None:
    items = [("a", site.url("/rss"), "1:00")]
    site.put("/rss", feed("Feed", items).encode(), "application/rss+xml")
    assert asking.fails(site.url("/rss")).code is ErrorCode.LINK_UNSUPPORTED
    assert len(site.requests) < 40
