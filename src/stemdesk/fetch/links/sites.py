"""What people call a site, and which addresses belong to the same one."""

from __future__ import annotations

from urllib.parse import urlsplit

_NAMES = {
    "youtube.com": "YouTube",
    "youtube-nocookie.com": "YouTube",
    "youtu.be": "YouTube",
    "soundcloud.com": "SoundCloud",
    "bandcamp.com": "Bandcamp",
    "vimeo.com": "Vimeo",
    "dailymotion.com": "Dailymotion",
    "mixcloud.com": "Mixcloud",
    "archive.org": "Internet Archive",
    "audiomack.com": "Audiomack",
    "twitch.tv": "Twitch",
    "tiktok.com": "TikTok",
    "facebook.com": "Facebook",
    "fb.watch": "Facebook",
    "instagram.com": "Instagram",
    "twitter.com": "X",
    "x.com": "X",
    "spotify.com": "Spotify",
    "deezer.com": "Deezer",
    "tidal.com": "Tidal",
    "bilibili.com": "Bilibili",
    "nicovideo.jp": "Niconico",
}
_SECOND_LEVEL = {"ac", "co", "com", "edu", "gov", "go", "ne", "net", "or", "org"}
_SAME = {
    "youtu.be": ("youtube.com",),
    "youtube-nocookie.com": ("youtube.com",),
    "fb.watch": ("facebook.com",),
    "x.com": ("twitter.com",),
    "twitter.com": ("x.com",),
}


def host(url: str) -> str:
    """The host in an address, lower case, "" if it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def domain(name: str) -> str:
    """The part of a host's name that is one owner's (`example.co.uk`), as far as that can be told
    without the list of all public suffixes; an IP address as it is."""
    labels = name.split(".")
    if len(labels) < 3 or ":" in name or labels[-1].isdecimal():
        return name
    country = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if country else labels[-2:])


def site_name(url: str) -> str:
    """The site's name, or its host where it has none; "?" for what is no address."""
    name = host(url)
    return _NAMES.get(domain(name), name.removeprefix("www.")) or "?"


def cookie_domains(url: str) -> frozenset[str]:
    """The domains that belong to the site of this address: whose cookies may be sent."""
    own = domain(host(url))
    return frozenset((own, *_SAME.get(own, ())))
