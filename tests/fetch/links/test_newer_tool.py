"""A newer yt-dlp that has stopped working, or never did: the bundled one is used instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stemdesk.core.errors import ErrorCode, LinkError
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.links.client import self_test
from stemdesk.fetch.tool import approve, bundled_version, tool_in_use
from support.asking import Asking
from support.link_site import LinkSite
from support.package_index import NEW

SONG = b"ID3\x04" + bytes(4000)
BREAKS = {
    "at once": "raise RuntimeError('made to fail')\n",
    "later": "def YoutubeDL(options):\n    raise TypeError('made to fail')\n",
    "empty": "",
}


def keep(data: Path, code: str) -> Path:
    """A version that says it has passed."""
    folder = data / "downloader" / NEW
    (folder / "yt_dlp").mkdir(parents=True)
    (folder / "yt_dlp" / "__init__.py").write_text(code)
    approve(folder, NEW, "", {"yt_dlp/__init__.py": len(code.encode())})
    return folder


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_one_falls_back_to_the_bundled_one(
    site: LinkSite, asking: Asking, tmp_path: Path, how: str
) -> None:
    folder = keep(tmp_path, BREAKS[how])
    assert tool_in_use(tmp_path).folder == folder
    asking.rules = replace(asking.rules, tool=folder)
    url = site.song("/song.mp3", SONG)
    assert asking.song(url).title == "song"
    assert asking.get(url).file.read_bytes() == SONG
    assert tool_in_use(tmp_path).version == bundled_version(), "and it is not tried again"


def test_a_self_test_does_not_fall_back(tmp_path: Path) -> None:
    folder = keep(tmp_path, BREAKS["at once"])
    with pytest.raises(LinkError) as caught:
        self_test(folder, CancelToken())
    assert caught.value.code is ErrorCode.LINK_TOOL_FAILED
    assert "made to fail" in caught.value.detail
    assert self_test(None, CancelToken()) == bundled_version()
