"""In the child process: what is behind an address, a song or a list of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from stemdesk.core.errors import ErrorCode
from stemdesk.core.text import clean
from stemdesk.fetch.links import entry_words as words
from stemdesk.fetch.links.failures import StopError
from stemdesk.fetch.links.sites import site_name
from stemdesk.fetch.links.titles import described, duration_s, key_of, plain_url
from stemdesk.fetch.links.values import LinkEntry, LinkList, LinkRules, LinkSong

_HOPS_MAX = 8
_TABS_MAX = 6
_LISTS = ("playlist", "multi_video", "compat_list")
_PLACE = re.compile(r"#stemdesk-entry=(\d{1,6})$")
_LIVE = ("is_live", "is_upcoming", "post_live")
_CLOSED = ("private", "premium_only", "subscriber_only", "needs_auth")
_GONE = {"[private video]": words.PRIVATE, "[deleted video]": words.DELETED}
_OUTER_KEEPS = frozenset(("_type", "url", "ie_key", "id", "extractor", "extractor_key"))

Info = dict[str, Any]


def resolve(ydl: Any, url: str, limits_max: int) -> Info:
    """yt-dlp's description of what is at `url`: of one video, or of a list that has its entries
    under `entries`. A list with one entry is that entry. Nothing is downloaded."""
    place = _PLACE.search(url)
    found = _follow(ydl, {"_type": "url", "url": _PLACE.sub("", url)})
    if found.get("_type") not in _LISTS:
        return found
    entries = list(_entries(ydl, found, limits_max))
    if place is not None:
        index = int(place[1]) - 1
        if index >= len(entries):
            raise StopError(ErrorCode.LINK_NOT_FOUND, f"entry {index + 1} of {len(entries)}")
        return _one(ydl, entries[index], url)
    if not entries:
        raise StopError(ErrorCode.LINK_EMPTY)
    if len(entries) == 1:
        return {"thumbnail": found.get("thumbnail"), **_one(ydl, entries[0], url)}
    return {**found, "entries": entries}


def is_list(info: Info) -> bool:
    return info.get("_type") in _LISTS


def _one(ydl: Any, entry: Info, url: str) -> Info:
    """An entry of a list as a video. One that the page itself holds is found there again."""
    for _ in range(_HOPS_MAX):  # a feed's one entry may be the feed
        found = _follow(ydl, entry)
        if found.get("_type") not in _LISTS:
            if entry.get("_type", "video") == "video":
                found["stemdesk_url"] = url
            return found
        entry = next(_entries(ydl, found, 1), {})
        if not entry:
            raise StopError(ErrorCode.LINK_EMPTY)
    raise _too_many()


def _follow(ydl: Any, info: Info) -> Info:
    """Follow references until a video or a list is there; what the outer page says of it counts
    where yt-dlp means it to (`url_transparent`)."""
    for _ in range(_HOPS_MAX):
        kind = info.get("_type", "video")
        if kind not in ("url", "url_transparent"):
            return info
        inner = ydl.extract_info(
            info["url"], download=False, process=False, ie_key=info.get("ie_key")
        )
        if not inner:
            raise StopError(ErrorCode.LINK_UNSUPPORTED, "nothing was found")
        if kind == "url_transparent":
            outer = {k: v for k, v in info.items() if v is not None and k not in _OUTER_KEEPS}
            inner = {**inner, **outer}
            if inner.get("_type") == "url":
                inner["_type"] = "url_transparent"
        info = inner
    raise _too_many()


def _too_many() -> StopError:
    return StopError(ErrorCode.LINK_UNSUPPORTED, "too many references")


def _entries(ydl: Any, info: Info, most: int) -> Iterator[Info]:
    """The entries of a list, and of lists in it that the site shows as its tabs."""
    tabs = 0
    for entry in itertools.islice(_raw(info.get("entries"), most), most):
        if not isinstance(entry, dict):
            continue
        if entry.get("ie_key") == "YoutubeTab" and entry.get("_type") == "url":
            tabs += 1
            if tabs <= _TABS_MAX:
                tab = _follow(ydl, entry)
                yield from _entries(ydl, tab, most) if is_list(tab) else (tab,)
        elif is_list(entry):
            yield from _entries(ydl, entry, most)
        else:
            yield entry


def _raw(entries: Any, most: int) -> Iterator[Any]:
    """Lists, generators, and yt-dlp's lists that are fetched page by page."""
    if entries is None:
        return iter(())
    if hasattr(entries, "getslice"):
        return iter(entries.getslice(0, most))
    return iter(entries)


def song_of(info: Info, url: str, rules: LinkRules) -> LinkSong:
    """The song that yt-dlp describes. Raises `StopError` for what is not for us: live streams,
    songs that are too long."""
    check(info, rules)
    title, artist, album = described(info)
    address = str(info.get("stemdesk_url") or _web(info.get("webpage_url")) or url)
    if _is_smuggled_id(address):
        address = plain_url(address)
    thumbnail = urljoin(address, str(info.get("thumbnail") or ""))
    return LinkSong(
        url=address,
        key=_key({**info, "webpage_url": address}, address),
        site=site_name(address),
        title=title,
        artist=artist,
        album=album,
        duration_s=duration_s(info),
        thumbnail=_web(thumbnail) if info.get("thumbnail") else "",
    )


def check(info: Info, rules: LinkRules) -> None:
    """Raise `StopError` if this is live, too long, or too large as far as the site tells."""
    if info.get("is_live") or info.get("live_status") in _LIVE:
        raise StopError(ErrorCode.LINK_LIVE, str(info.get("live_status") or "is_live"))
    length_s = duration_s(info)
    if length_s is not None and length_s > rules.max_duration_s:
        raise too_long(length_s, rules)
    size = info.get("filesize")
    if isinstance(size, int | float) and size > rules.max_bytes:
        raise too_large(rules)


def too_long(length_s: float, rules: LinkRules) -> StopError:
    return StopError(
        ErrorCode.LINK_TOO_LONG, duration_s=length_s, limit_s=float(rules.max_duration_s)
    )


def too_large(rules: LinkRules) -> StopError:
    return StopError(ErrorCode.LINK_TOO_LARGE, limit_bytes=rules.max_bytes)


def list_of(info: Info, url: str, rules: LinkRules) -> LinkList:
    """The list that yt-dlp describes."""
    address = _web(info.get("webpage_url")) or url
    entries = tuple(
        _entry(entry, place, address, rules) for place, entry in enumerate(info["entries"], 1)
    )
    total = info.get("playlist_count")
    return LinkList(
        url=address,
        key=key_of(info),
        site=site_name(address),
        title=clean(str(info.get("title") or "")),
        entries=entries,
        total=total if isinstance(total, int) else None,
    )


def _entry(entry: Info, place: int, page: str, rules: LinkRules) -> LinkEntry:
    address = _web(entry.get("url")) if entry.get("_type") in ("url", "url_transparent") else ""
    if not address or _is_smuggled_id(address):
        address = plain_url(address) or f"{plain_url(page)}#stemdesk-entry={place}"
    title, artist, _ = described(
        {"extractor_key": entry.get("ie_key") or "page", **entry, "stemdesk_url": address}
    )
    key = "" if _may_be_list(entry) else _key({**entry, "webpage_url": address}, address)
    length_s = duration_s(entry)
    return LinkEntry(
        url=address,
        title=title or str(place),
        artist=artist,
        duration_s=length_s,
        key=key,
        trouble=_trouble(entry, title, length_s, rules),
    )


def _trouble(entry: Info, title: str, length_s: float | None, rules: LinkRules) -> str:
    if title.lower() in _GONE:
        return _GONE[title.lower()]
    if entry.get("availability") in _CLOSED:
        return words.PRIVATE if entry["availability"] == "private" else words.LOGIN
    if entry.get("is_live") or entry.get("live_status") in _LIVE:
        return words.LIVE
    if length_s is not None and length_s > rules.max_duration_s:
        return words.TOO_LONG
    return ""


def _key(info: Mapping[str, Any], address: str) -> str:
    """Songs that one page holds differ by their place in it."""
    if _PLACE.search(address):
        return f"generic {address}"
    return key_of(info)


def _may_be_list(entry: Mapping[str, Any]) -> bool:
    """Whether the entry refers to what may be a list again: an artist's albums, a page with
    several songs. It has no key then, so that it is looked up before it is downloaded."""
    from yt_dlp.extractor import get_info_extractor
    from yt_dlp.utils import KNOWN_EXTENSIONS, determine_ext

    if entry.get("_type") not in ("url", "url_transparent"):
        return False
    if determine_ext(plain_url(str(entry.get("url"))), "") in KNOWN_EXTENSIONS:
        return False
    try:
        extractor = get_info_extractor(str(entry.get("ie_key") or "Generic"))
    except (AttributeError, ImportError, KeyError):  # a name that this yt-dlp does not have
        return True
    return getattr(extractor, "_RETURN_TYPE", None) != "video"


def _is_smuggled_id(address: str) -> bool:
    """yt-dlp hands a feed's own name for a song on behind the address."""
    return "force_videoid" in urlsplit(address).fragment


def _web(value: Any) -> str:
    text = str(value or "")
    try:
        parts = urlsplit(text)
        good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    return text if good and text.isprintable() and len(text) <= 8000 else ""
