"""A real site on this machine with songs, pages, feeds, redirects, and much that goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from stemdesk.core.transfer import Transfer
from support.media import make_in, sine
from support.web import Certificate, Reply, Request, Web

TYPES = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "webm": "audio/webm",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
}
_GONE = Reply(
    b"<html><body>nothing</body></html>", status=404, headers={"Content-Type": "text/html"}
)
PICTURE = bytes.fromhex(  # a PNG of one pixel
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "606060f80f0001040100c5d3a5b20000000049454e44ae426082"
)


class LinkSite(Web):
    """Answers by path; what it does not know is 404. `pages` may be changed at any time; a list's
    replies are given one after the other, the last one for good."""

    def __init__(self, *, certificate: Certificate | None = None) -> None:
        super().__init__(_GONE, certificate=certificate)
        self.pages: dict[str, Reply | list[Reply]] = {}

    def note(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            path = urlsplit(request.target).path
            found = self.pages.get(path, _GONE)
            if isinstance(found, list):
                return found.pop(0) if len(found) > 1 else found[0]
            return found

    def put(self, path: str, body: bytes, kind: str, **more: object) -> str:
        """Serve `body` as this content type; the address."""
        reply = Reply(body, headers={"Content-Type": kind})
        self.pages[path] = replace(reply, **more)  # type: ignore[arg-type] # a test's keywords
        return self.url(path)

    def song(self, path: str, body: bytes, **more: object) -> str:
        """Serve a song; its content type by the ending."""
        return self.put(path, body, TYPES[path.rsplit(".", 1)[-1]], **more)

    def page(self, path: str, html: str, **more: object) -> str:
        return self.put(path, html.encode(), "text/html; charset=utf-8", **more)

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        self.pages[path] = Reply(status=status, headers={"Location": target})
        return self.url(path)

    def asked(self, path: str) -> list[Request]:
        """The requests for a path."""
        return [one for one in self.requests if urlsplit(one.target).path == path]


def song_bytes(folder: Path, kind: str, seconds: float = 2.0) -> bytes:
    """A sounding file of one of `support.media.KINDS`."""
    samplerate = 48000
    folder.mkdir(parents=True, exist_ok=True)
    samples = sine(int(seconds * samplerate), samplerate)
    return make_in(folder, kind, samples, samplerate).read_bytes()


def noise_bytes(size: int) -> bytes:
    """So many bytes that are no song, for downloads of which only the bytes count."""
    return np.random.default_rng(6).bytes(size)


def audio_page(source: str, title: str = "A page", extra: str = "") -> str:
    """An HTML page with an audio element; `source` as it stands in the page."""
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{extra}</head>"
        f'<body><audio controls src="{source}"></audio></body></html>'
    )


def feed(title: str, items: Sequence[tuple[str, str, str]]) -> str:
    """An RSS feed of (title, address, duration)."""
    entries = "".join(
        f'<item><title>{name}</title><enclosure url="{url}" type="audio/mpeg" length="1"/>'
        f"<guid>{name}-id</guid><itunes:duration>{length}</itunes:duration></item>"
        for name, url, length in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
        f"<channel><title>{title}</title>{entries}</channel></rss>"
    )


class Told:
    """What a download told of itself."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []

    def __call__(self, transfer: Transfer) -> None:
        self.transfers.append(transfer)
