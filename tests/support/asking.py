"""Links in a test: asked for under the test's rules, into a folder of the test."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from stemdesk.core.errors import StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.links.client import download, look_up
from stemdesk.fetch.links.values import Fetched, LinkLimits, LinkList, LinkRules, LinkSong
from support.link_site import Told

_NOTES = ("media.json", "media.mp4.ytdl")  # of which file, of which pieces
LIMITS = LinkLimits(tries=2, spare_bytes=0)


def children() -> set[str]:
    """The processes that this one has started and that live, on Linux."""
    found: set[str] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError):  # the thread has ended meanwhile
            found.update(path.read_text().split())
    return found


class Asking:
    """Asks for links under the test's rules, into a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = Told()
        self.rules = LinkRules(
            max_duration_s=3600.0, max_bytes=1 << 30, allow_local=True, proxy="", limits=LIMITS
        )

    def song(self, url: str) -> LinkSong:
        found = look_up(url, self.rules, CancelToken())
        assert isinstance(found, LinkSong)
        return found

    def songs(self, url: str) -> LinkList:
        found = look_up(url, self.rules, CancelToken())
        assert isinstance(found, LinkList)
        return found

    def get(self, url: str, cancel: CancelToken | None = None) -> Fetched:
        return download(url, self.folder, self.rules, self.told, cancel or CancelToken())

    def fails(self, url: str) -> StemDeskError:
        """The error of a look-up."""
        with pytest.raises(StemDeskError) as caught:
            look_up(url, self.rules, CancelToken())
        return caught.value

    def fails_to_get(self, url: str) -> StemDeskError:
        """The error of a download; nothing has its final name then."""
        with pytest.raises(StemDeskError) as caught:
            self.get(url)
        assert all(".part" in name or name in _NOTES for name in self.names)
        return caught.value

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []
