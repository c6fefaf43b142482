"""Title, artist and album of what a site describes, and the key that names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from stemdesk.core.text import clean

_TOPIC = re.compile(r"\s+-\s+Topic$|VEVO$")
_SPLIT = re.compile(r"^(?P<artist>[^|]{1,100}?)\s+[-\u2013\u2014]\s+(?P<title>\S.{0,200})$")
_ALONE = re.compile(r" \(1\)$")  # yt-dlp counts what a page holds, also where it is one
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{2,4}$")
_GENERIC_TITLES = ("video", "audio", "media", "index", "file", "unknown_video", "")
_BY_FILE = ("generic", "html5mediaembed")  # extractors that know addresses, no recordings


def described(info: Mapping[str, Any]) -> tuple[str, str, str]:
    """Title, artist, album of a site's description of a song; "" where it tells none."""
    title = _text(info, "track") or _text(info, "title")
    artist = _text(info, "artist") or _names(info.get("artists")) or _text(info, "creator")
    album = _text(info, "album")
    if _is_generic(info) and "#" not in str(info.get("stemdesk_url") or ""):
        title = readable(title) if _is_by_file(info) else _ALONE.sub("", title)
        if title.lower() in _GENERIC_TITLES:
            title = readable(_last_part(str(info.get("webpage_url") or info.get("url") or "")))
    if not artist:
        artist, title = apart(title)
    if not artist and not _is_generic(info):
        named = _text(info, "uploader") or _text(info, "channel") or _text(info, "creators")
        artist = _TOPIC.sub("", named)
    return title, artist, album


def apart(title: str) -> tuple[str, str]:
    """Artist and title of "Artist - Title"; "" and the title where it is not made so."""
    found = _SPLIT.match(title)
    if found is None or " - " in found["title"]:
        return "", title
    return found["artist"].strip(), found["title"].strip()


def readable(name: str) -> str:
    """A file's name as a title: `My%20song_live.mp3` is "My song live"."""
    text = _EXTENSION.sub("", unquote(name).rsplit("/", 1)[-1])
    return clean(text.replace("_", " ").replace("+", " "))


def key_of(info: Mapping[str, Any]) -> str:
    """The name of the recording; for a page that is known by its address only, that address."""
    extractor = str(info.get("extractor_key") or info.get("ie_key") or "").lower()
    identity = clean(str(info.get("id") or ""))
    if not extractor or extractor in _BY_FILE:
        url = str(info.get("webpage_url") or info.get("url") or "")
        return f"generic {plain_url(url)}" if url else ""
    return f"{extractor} {identity}" if identity else ""


def plain_url(url: str) -> str:
    """An address without its fragment."""
    return urlunsplit(urlsplit(url)._replace(fragment=""))


def duration_s(info: Mapping[str, Any]) -> float | None:
    value = info.get("duration")
    good = isinstance(value, int | float) and 0 < value < 1e9
    return float(value) if good and value is not None else None


def _is_generic(info: Mapping[str, Any]) -> bool:
    return str(info.get("extractor_key") or "generic").lower() in _BY_FILE


def _is_by_file(info: Mapping[str, Any]) -> bool:
    """Whether a file's title is its name. (A page that describes a file names it otherwise.)"""
    title = str(info.get("title") or "")
    urls = [str(info[name]) for name in ("url", "webpage_url", "original_url") if info.get(name)]
    parts = [unquote(_last_part(url)) for url in urls]
    by_name = not urls or title in (*parts, *(_EXTENSION.sub("", part) for part in parts))
    return bool(info.get("direct")) and by_name


def _last_part(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]


def _text(info: Mapping[str, Any], name: str) -> str:
    value = info.get(name)
    return clean(value) if isinstance(value, str) else ""


def _names(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return ""
    return clean(", ".join(name for name in value if isinstance(name, str)))
