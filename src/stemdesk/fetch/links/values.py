"""What is asked about a link and what is found behind it, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """`look_up_s`: for finding out what is behind a link; `silent_s`: without a byte, then the
    download has stalled; `connect_s`: for one answer. `tries`: connections for one file, each
    after a break. `entries_max`: of a list. `page_bytes`: of a page, all of which is held in
    memory. `spare_bytes`: so many stay free on the disk.
    """

    look_up_s: float = 180.0
    silent_s: float = 45.0
    connect_s: float = 20.0
    tries: int = 5
    entries_max: int = 2000
    page_bytes: int = 64 << 20
    spare_bytes: int = 64 << 20


LINK_LIMITS = LinkLimits()


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What a link may do.

    `max_duration_s`, `max_bytes`: of one song. `allow_local`: whether it may lead into this
    network or computer. `proxy`: an address, "" for none, None for the environment's or the
    system's. `cookies_browser`: one of `core.settings.COOKIE_BROWSERS`, "" for none;
    `cookies_file`: in Netscape's format. `runtime`: the deno program. `tool`: the folder of a
    yt-dlp that is newer than the installed one.
    """

    max_duration_s: float
    max_bytes: int
    allow_local: bool = False
    proxy: str | None = None
    cookies_browser: str = ""
    cookies_file: Path | None = None
    runtime: Path | None = None
    tool: Path | None = None
    limits: LinkLimits = LINK_LIMITS


@dataclass(frozen=True, slots=True)
class LinkSong:
    """One song behind a link.

    `url`: what to download later. `key`: names the recording whatever the address looks like
    (`youtube dQw4w9WgXcQ`). `site`: as people call it, or its host. The texts are one line each,
    without control characters, "" if unknown. `thumbnail`: a picture's address.
    """

    url: str
    key: str
    site: str
    title: str
    artist: str = ""
    album: str = ""
    duration_s: float | None = None
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """One entry of a list; `trouble`: why it cannot be had, in words, else "". `key` is "" where
    the list does not tell it."""

    url: str
    title: str
    artist: str = ""
    duration_s: float | None = None
    key: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class LinkList:
    """A playlist, an album, or a page with several songs. `total`: how many the site says there
    are, where that is known; `entries` hold `LinkLimits.entries_max` at most."""

    url: str
    key: str
    site: str
    title: str
    entries: tuple[LinkEntry, ...]
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded song: its file, its picture if there is one, and what the site says of it."""

    file: Path
    cover: Path | None
    song: LinkSong
