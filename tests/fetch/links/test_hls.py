"""Songs that come in pieces (HLS), without ffmpeg."""

from __future__ import annotations

import pytest

from stemdesk.core.errors import ErrorCode
from support.asking import Asking
from support.link_site import LinkSite, noise_bytes

PIECES = [noise_bytes(30_000 + n) for n in range(4)]
TYPE = "application/vnd.apple.mpegurl"


def playlist(site: LinkSite, *, end: bool = True, key: str = "", length_s: float = 10.0) -> str:
    """Serve a playlist of `PIECES`; its address."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:10", *([key] if key else [])]
    for number, piece in enumerate(PIECES):
        site.put(f"/piece{number}.aac", piece, "audio/aac")
        lines += [f"#EXTINF:{length_s},", f"piece{number}.aac"]
    lines += ["#EXT-X-ENDLIST"] if end else []
    return site.put("/song.m3u8", "\n".join(lines).encode(), TYPE)


def test_pieces_are_put_together(site: LinkSite, asking: Asking) -> None:
    url = playlist(site)
    assert asking.song(url).duration_s == pytest.approx(40.0)
    got = asking.get(url)
    assert got.file.read_bytes() == b"".join(PIECES)
    assert asking.names == [got.file.name]


def test_a_missing_piece_fails_and_the_rest_is_resumed(site: LinkSite, asking: Asking) -> None:
    url = playlist(site)
    page = site.pages.pop("/piece2.aac")
    assert asking.fails_to_get(url).code is ErrorCode.LINK_NOT_FOUND
    site.pages["/piece2.aac"] = page
    assert asking.get(url).file.read_bytes() == b"".join(PIECES)
    assert len(site.asked("/piece0.aac")) == 1


def test_a_list_without_an_end_is_live(site: LinkSite, asking: Asking) -> None:
    assert asking.fails(playlist(site, end=False)).code is ErrorCode.LINK_LIVE


def test_its_length_counts(site: LinkSite, asking: Asking) -> None:
    assert asking.fails(playlist(site, length_s=1000.0)).code is ErrorCode.LINK_TOO_LONG


def test_encrypted_pieces_cannot_be_had(site: LinkSite, asking: Asking) -> None:
    key = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://key",KEYFORMAT="com.apple.streamingkeydelivery"'
    url = playlist(site, key=key)
    assert asking.fails(url).code is ErrorCode.LINK_DRM
