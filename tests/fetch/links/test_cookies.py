"""Cookies: only when asked for, only to the link's own site, and their files are not touched."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import sys
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode
from support.asking import Asking
from support.link_site import LinkSite, audio_page

SONG = b"ID3\x04" + bytes(4000)
_HEAD = "# Netscape HTTP Cookie File\n"


def line(domain: str, name: str, value: str) -> str:
    return f"{domain}\tFALSE\t/\tFALSE\t2145916800\t{name}\t{value}\n"


def test_none_are_sent_unless_asked_for(site: LinkSite, asking: Asking) -> None:
    asking.song(site.song("/song.mp3", SONG))
    assert not any("cookie" in one.headers for one in site.requests)


def test_a_file_of_cookies(site: LinkSite, asking: Asking, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    text = _HEAD + line("songs.example", "session", "mine") + line("other.test", "other", "secret")
    file.write_text(text)
    proxy = site.url("")  # so that every name leads to the site
    asking.rules = dataclasses.replace(asking.rules, cookies_file=file, proxy=proxy)
    site.song("/song.mp3", SONG)
    site.page("/page", audio_page("http://other.test/song.mp3"))
    assert asking.get("http://songs.example/page").file.read_bytes() == SONG
    assert site.asked("/song.mp3")[0].target == "http://other.test/song.mp3"
    assert site.asked("/page")[0].headers["cookie"] == "session=mine"
    assert not any("cookie" in one.headers for one in site.asked("/song.mp3"))
    assert file.read_text() == text


@pytest.mark.parametrize("content", ["no cookies", None])
def test_a_file_that_is_none(
    site: LinkSite, asking: Asking, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "cookies.txt"
    if content is not None:
        file.write_text(content)
    asking.rules = dataclasses.replace(asking.rules, cookies_file=file)
    error = asking.fails(site.song("/song.mp3", SONG))
    assert error.code is ErrorCode.LINK_COOKIES
    assert error.facts["browser"] == "cookies.txt"
    assert not site.requests


def test_a_browsers_cookies(
    site: LinkSite, asking: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Firefox's, from a profile as it makes them, which is only read."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the profile's place is Linux's")
    profile = tmp_path / "home/.mozilla/firefox/abc.default-release"
    profile.mkdir(parents=True)
    base = profile / "cookies.sqlite"
    with contextlib.closing(sqlite3.connect(base)) as connection, connection:
        connection.execute(
            "CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, originAttributes TEXT NOT NULL "
            "DEFAULT '', name TEXT, value TEXT, host TEXT, path TEXT, expiry INTEGER, "
            "isSecure INTEGER)"
        )
        insert = "INSERT INTO moz_cookies (name, value, host, path, expiry, isSecure) VALUES "
        connection.execute(insert + "('session', 'mine', '127.0.0.1', '/', 2145916800000, 0)")
        connection.execute(insert + "('other', 'secret', '.example.org', '/', 2145916800000, 0)")
    before = base.read_bytes()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    asking.rules = dataclasses.replace(asking.rules, cookies_browser="firefox")
    asking.song(site.song("/song.mp3", SONG))
    assert site.requests[0].headers["cookie"] == "session=mine"
    assert base.read_bytes() == before
    assert [path.name for path in profile.iterdir()] == ["cookies.sqlite"]


@pytest.mark.parametrize("browser", ["firefox", "chrome"])
def test_a_browser_that_is_not_there(
    site: LinkSite,
    asking: Asking,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    browser: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    asking.rules = dataclasses.replace(asking.rules, cookies_browser=browser)
    error = asking.fails(site.song("/song.mp3", SONG))
    assert error.code is ErrorCode.LINK_COOKIES
    assert error.facts["browser"] == browser
    assert not site.requests
