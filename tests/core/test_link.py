from __future__ import annotations

from pathlib import Path

import pytest

from stemdesk.core.link import (
    MAX_LENGTH,
    Link,
    Pasted,
    looks_like_link,
    read_lines,
    read_link,
    shown,
)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("  <http://example.org> ", "http://example.org"),
        ('"HTTPS://Example.org/A"', "https://Example.org/A"),
        ("www.example.org/song", "https://www.example.org/song"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://пример.рф/песня", "https://пример.рф/песня"),
        ("https://user:secret@example.org/x", "https://user:secret@example.org/x"),
    ],
)
def test_addresses_are_read(text: str, link: str) -> None:
    assert read_link(text) == link
    assert looks_like_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "song.mp3",
        "/home/me/song.mp3",
        "C:\\Music\\song.mp3",
        "ftp://example.org/song.mp3",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://example.org/a b",
        "https://example.org/\u202egpj",
        "https://example.org:port/",
        "https://example.org:0/",
        "http://[::1/",
        "https://" + "a" * MAX_LENGTH,
        "www.",
        "example.org/song",
    ],
)
def test_what_is_no_address_is_not_read(text: str) -> None:
    assert read_link(text) is None


def test_a_bad_address_is_still_meant_as_one() -> None:
    assert looks_like_link("ftp://example.org/song.mp3")
    assert looks_like_link("https://")
    assert not looks_like_link("/home/me/song.mp3")
    assert not looks_like_link("C:\\Music\\song.mp3")


def test_many_lines_are_links_each_once_and_the_rest() -> None:
    text = "https://a.example/1\n\nhello there\r\n www.b.example/2 \nhttps://a.example/1\n"
    assert read_lines(text.splitlines()) == Pasted(
        ("https://a.example/1", "https://www.b.example/2"), ("hello there",)
    )


def test_what_a_row_shows_holds_no_secrets() -> None:
    assert shown("https://user:secret@www.example.org/a/b/?token=1#x") == "example.org/a/b"


def test_a_link_survives_as_json() -> None:
    link = Link("https://a.example", "site 1", "Site", Path("/x/\udcff.jpg"), fetched=True)
    assert Link.from_json(link.to_json()) == link
    assert not link.anew().fetched
