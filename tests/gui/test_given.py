from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QUrl

from stemdesk.gui.given import (
    Given,
    given_by_arguments,
    given_by_field,
    given_by_mime,
    given_by_text,
    given_by_url,
    may_be_link,
)
from support.stage import file_mime

SONG = "https://music.example/a%20song?id=1&b=2#t"
OTHER = "http://other.example/list"


def urls(*addresses: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(address) for address in addresses])
    return data


def test_a_browsers_links_keep_their_spelling() -> None:
    assert given_by_mime(urls(SONG, OTHER, SONG)) == Given(links=(SONG, OTHER))


def test_files_and_links_are_told_apart(tmp_path: Path) -> None:
    data = file_mime([tmp_path / "a.mp3"])
    data.setUrls([*data.urls(), QUrl(SONG), QUrl("ftp://example.org/a")])
    assert given_by_mime(data) == Given((tmp_path / "a.mp3",), (SONG,), ("ftp://example.org/a",))


def test_firefox_writes_titles_between_its_links() -> None:
    text = f"{SONG}\nA title\n{OTHER}\nhttps://a.title/that looks\n".encode("utf-16-le")
    data = QMimeData()
    data.setData("text/x-moz-url", QByteArray(text))
    assert given_by_mime(data) == Given(links=(SONG, OTHER))


def test_a_browsers_own_format_comes_before_its_text() -> None:
    data = QMimeData()
    data.setData("text/x-moz-url", QByteArray(f"{SONG}\nTitle".encode("utf-16-le")))
    data.setText("Title")
    assert given_by_mime(data) == Given(links=(SONG,))


def test_text_holds_links_paths_and_other_lines(tmp_path: Path) -> None:
    song = tmp_path / "a song.mp3"
    song.write_bytes(b"la")
    text = f"{SONG}\r\n\n  {OTHER} \nwords\n{song}\n{SONG}\njavascript:alert(1)\n"
    data = QMimeData()
    data.setText(text)
    others = ("words", "javascript:alert(1)")
    assert given_by_mime(data) == given_by_text(text) == Given((song,), (SONG, OTHER), others)


def test_a_path_that_is_nowhere_is_just_a_line() -> None:
    given = given_by_text(f"{SONG}\n/no such file")
    assert given == Given(links=(SONG,), others=("/no such file",))


def test_nothing_is_nothing() -> None:
    assert given_by_mime(QMimeData()) == Given()
    assert not given_by_text(" \n\t\n")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (SONG, Given(links=(SONG,))),
        (f" {SONG}\n{OTHER} ", Given(links=(SONG, OTHER))),
        ("www.example.org/a", Given(links=("https://www.example.org/a",))),
        ("ftp://example.org/a", Given(others=("ftp://example.org/a",))),
        (f"{SONG} and words", Given(links=(SONG,), others=("and", "words"))),
        ("https://", Given()),
        ("HTTPS://", Given()),
        ("/music/a song.mp3", Given((Path("/music/a song.mp3"),))),
        ("  ", Given()),
    ],
)
def test_what_stands_in_the_field(text: str, given: Given) -> None:
    assert given_by_field(text) == given


def test_an_address_without_its_beginning_is_recognised() -> None:
    assert may_be_link(" music.example/watch?v=1 ")
    assert not may_be_link("/music.example/a")
    assert not may_be_link("a song.mp3")
    assert not may_be_link("song.mp3")


def test_an_endless_text_is_looked_at_in_its_beginning_only() -> None:
    given = given_by_text(f"{SONG}\n" + "x\n" * 2_000_000)
    assert given.links == (SONG,)
    assert len(given.others) < 1_000_000


def test_arguments_are_files_and_links(tmp_path: Path) -> None:
    odd = tmp_path / "www.example.org"
    odd.touch()
    words = ["song.mp3", SONG, "www.example.org/a", str(odd), "ftp://example.org/a", SONG]
    files, links = (Path("song.mp3"), odd), (SONG, "https://www.example.org/a")
    assert given_by_arguments(words) == Given(files, links, ("ftp://example.org/a",))


def test_a_file_named_like_a_link_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("www.band.mp3").touch()
    assert given_by_arguments(["www.band.mp3"]) == Given((Path("www.band.mp3"),))


def test_arguments_may_be_addresses_of_files(tmp_path: Path) -> None:
    song = tmp_path / "ünï & co #1.mp3"
    words = [QUrl.fromLocalFile(str(song)).toString(QUrl.ComponentFormattingOption.FullyEncoded)]
    assert "%" in words[0]
    assert given_by_arguments([*words, "plain.mp3"]) == Given((song, Path("plain.mp3")))


def test_what_the_system_opens_is_a_file_or_a_link() -> None:
    assert given_by_url(QUrl.fromLocalFile("/a b.mp3")) == Given((Path("/a b.mp3"),))
    assert given_by_url(QUrl("https://example.org/a")) == Given((), ("https://example.org/a",))
    assert not given_by_url(QUrl("stemdesk:7"))
