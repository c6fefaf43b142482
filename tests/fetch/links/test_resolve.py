"""Lists as big sites tell them, through the real yt-dlp with an extractor of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from yt_dlp import YoutubeDL
from yt_dlp.extractor import import_extractors
from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.globals import extractors
from yt_dlp.utils import InAdvancePagedList, OnDemandPagedList

from stemdesk.core.errors import ErrorCode
from stemdesk.fetch.links import entry_words as words
from stemdesk.fetch.links.failures import StopError
from stemdesk.fetch.links.resolve import is_list, list_of, resolve, song_of
from stemdesk.fetch.links.values import LinkList, LinkRules, LinkSong

RULES = LinkRules(3600.0, 1 << 30)
BASE = "https://songs.example"
MOST = 100


class OfVideos(InfoExtractor):  # type: ignore[misc] # yt-dlp is untyped
    """What yt-dlp knows of the extractor by its name."""

    _RETURN_TYPE = "video"


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    import_extractors()
    monkeypatch.setitem(extractors.value, "SongsIE", OfVideos)


def ydl(answer: Callable[[str], Any]) -> Any:
    """yt-dlp with one extractor, which answers for `songs.example`."""

    class SongsIE(InfoExtractor):  # type: ignore[misc] # yt-dlp is untyped
        _VALID_URL = r"https://songs\.example/(?P<id>\w+)"

        def _real_extract(self, url: str) -> Any:
            return answer(self._match_id(url))

    made = YoutubeDL({"quiet": True, "cachedir": False, "proxy": ""}, auto_init=False)
    made.add_info_extractor(SongsIE())
    return made


def video(identity: str, **more: Any) -> dict[str, Any]:
    return {"id": identity, "title": f"Song {identity}", "url": f"{BASE}/{identity}.mp3", **more}


def entry(identity: str, **more: Any) -> dict[str, Any]:
    return {"_type": "url", "ie_key": "Songs", "id": identity, "url": f"{BASE}/{identity}", **more}


def songs(entries: Any, **more: Any) -> dict[str, Any]:
    return {"_type": "playlist", "id": "list", "title": "The list", "entries": entries, **more}


def found(answer: Callable[[str], Any], url: str = f"{BASE}/list") -> LinkSong | LinkList:
    info = resolve(ydl(answer), url, MOST)
    return list_of(info, url, RULES) if is_list(info) else song_of(info, url, RULES)


def a_list(answer: Callable[[str], Any]) -> LinkList:
    got = found(answer)
    assert isinstance(got, LinkList)
    return got


def test_entries_that_cannot_be_had_say_why() -> None:
    entries = [
        entry("1", title="Fine", uploader="Ann", duration=61),
        entry("2", title="[Private video]"),
        entry("3", title="[Deleted video]"),
        entry("4", title="x", availability="subscriber_only"),
        entry("5", title="x", live_status="is_live"),
        entry("6", title="x", duration=99_999),
        entry("7"),
    ]
    got = a_list(lambda _: songs(entries, playlist_count=9))
    assert [one.trouble for one in got.entries] == [
        "", words.PRIVATE, words.DELETED, words.LOGIN, words.LIVE, words.TOO_LONG, "",
    ]  # fmt: skip
    first = got.entries[0]
    assert (first.title, first.artist, first.duration_s) == ("Fine", "Ann", 61.0)
    assert (first.url, first.key) == (f"{BASE}/1", "songs 1")
    assert got.entries[6].title == "7"
    assert (got.title, got.key, got.total) == ("The list", "songs list", 9)


def test_a_keys_song_is_the_entrys() -> None:
    got = found(lambda identity: video(identity, duration=5), f"{BASE}/1")
    assert isinstance(got, LinkSong)
    assert got.key == "songs 1"


@pytest.mark.parametrize(
    "paged",
    [
        lambda page: OnDemandPagedList(page, 2),
        lambda page: InAdvancePagedList(page, 3, 2),
        lambda page: (one for number in range(3) for one in page(number)),
    ],
)
def test_lists_that_come_page_by_page(paged: Callable[[Any], Any]) -> None:
    def page(number: int) -> list[dict[str, Any]]:
        return [entry(f"{number}{letter}") for letter in "ab"] if number < 3 else []

    got = a_list(lambda _: songs(paged(page)))
    assert [one.key for one in got.entries] == [
        "songs 0a", "songs 0b", "songs 1a", "songs 1b", "songs 2a", "songs 2b",
    ]  # fmt: skip


def test_lists_in_a_list_are_one() -> None:
    inner = songs([entry("2"), entry("3")])
    got = a_list(lambda _: songs([entry("1"), inner, None]))
    assert [one.key for one in got.entries] == ["songs 1", "songs 2", "songs 3"]


def test_an_entry_of_a_site_that_is_not_known_may_be_a_list() -> None:
    got = a_list(lambda _: songs([entry("1", ie_key="Later"), entry("2")]))
    assert [one.key for one in got.entries] == ["", "songs 2"]


def test_a_list_with_one_entry_is_that_song() -> None:
    def answer(identity: str) -> dict[str, Any]:
        return songs([entry("1")]) if identity == "list" else video(identity)

    got = found(answer)
    assert isinstance(got, LinkSong)
    assert (got.key, got.url, got.title) == ("songs 1", f"{BASE}/1", "Song 1")


def test_an_entry_without_an_address_of_its_own_is_found_by_its_place() -> None:
    def answer(_: str) -> dict[str, Any]:
        return songs([video("1"), video("2")])

    got = a_list(answer)
    assert got.entries[1].url == f"{BASE}/list#stemdesk-entry=2"
    again = found(answer, got.entries[1].url)
    assert isinstance(again, LinkSong)
    assert (again.title, again.key) == ("Song 2", got.entries[1].key)
    with pytest.raises(StopError) as caught:
        found(answer, f"{BASE}/list#stemdesk-entry=3")
    assert caught.value.code is ErrorCode.LINK_NOT_FOUND


def test_what_the_outer_page_says_counts() -> None:
    def answer(identity: str) -> dict[str, Any]:
        if identity == "inner":
            return video("inner", duration=7)
        return entry("inner") | {"_type": "url_transparent", "title": "Outer", "album": "Disc"}

    got = found(answer, f"{BASE}/outer")
    assert isinstance(got, LinkSong)
    assert (got.title, got.album, got.duration_s) == ("Outer", "Disc", 7.0)


def test_references_in_a_circle_end() -> None:
    with pytest.raises(StopError) as caught:
        found(lambda _: entry("round"))
    assert caught.value.code is ErrorCode.LINK_UNSUPPORTED


@pytest.mark.parametrize("status", ["is_live", "is_upcoming", "post_live"])
def test_live_streams_are_not_taken(status: str) -> None:
    with pytest.raises(StopError) as caught:
        found(lambda identity: video(identity, live_status=status), f"{BASE}/1")
    assert caught.value.code is ErrorCode.LINK_LIVE


def test_a_size_that_is_told_counts() -> None:
    with pytest.raises(StopError) as caught:
        found(lambda identity: video(identity, filesize=1 << 40), f"{BASE}/1")
    assert caught.value.code is ErrorCode.LINK_TOO_LARGE
