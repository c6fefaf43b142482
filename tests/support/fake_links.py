"""The links' side of the fake controller, and jobs that come from links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from stemdesk.core.job import Job
from stemdesk.core.link import Link
from stemdesk.core.track import Tags
from stemdesk.fetch.links.values import LinkList
from stemdesk.gui.link_values import Equipment
from stemdesk.gui.model_values import Download
from support.jobs import a_job

if TYPE_CHECKING:
    from support.fake_controller import FakeController

URL = "https://music.example/songs/night-train"


def link_job(url: str = URL, title: str = "", artist: str = "", **changes: Any) -> Job:
    """A queued job for a link; with a title, it has been looked up. `duration_s`, `cover`, `site`
    and `fetched` go where they belong, other changes to the job."""
    duration_s, cover = changes.pop("duration_s", None), changes.pop("cover", None)
    site, fetched = changes.pop("site", "Music Example"), changes.pop("fetched", False)
    link = Link(url, key=f"example {url}" if title else "", site=site, cover=cover)
    job = a_job(Path("/downloads"), tags=Tags(title, artist, "", duration_s), **changes)
    folder = job.source / job.id
    source = folder / "media.m4a" if fetched else folder
    return replace(job, source=source, link=replace(link, fetched=fetched))


class FakeLinks(QObject):
    """`lists`: what was found behind links, by job."""

    list_found = Signal(str, object)

    def __init__(self, controller: FakeController) -> None:
        super().__init__(controller)
        self._controller = controller
        self.calls: list[tuple[Any, ...]] = []
        self.lists: dict[str, LinkList] = {}
        self.running: frozenset[str] = frozenset()

    def find_list(self, job: Job, found: LinkList) -> None:
        """A list is behind the job's link."""
        self.lists[job.id] = found
        self.list_found.emit(job.id, found)

    def list_of(self, job_id: str) -> LinkList | None:
        return self.lists.get(job_id)

    def ask_again(self, job_id: str) -> None:
        self.calls.append(("ask_again", job_id))
        self.list_found.emit(job_id, self.lists[job_id])


class FakeDownloader(QObject):
    """`calls`: what was asked, as (name, arguments…). `equipment`: what is in use."""

    changed = Signal()

    def __init__(self, controller: FakeController) -> None:
        super().__init__(controller)
        self.calls: list[tuple[Any, ...]] = []
        self.equipment: Equipment | None = Equipment("2026.10.26", "2026.10.26", "2.9.8", True)
        self.update: Download | None = None

    def put(self, update: Download | None) -> None:
        """Something happens to its update."""
        self.update = update
        self.changed.emit()

    def ask(self, then: Callable[[Equipment | None], None]) -> None:
        then(self.equipment)

    def start(self, retry: str = "") -> None:
        self.calls.append(("start", retry))

    def cancel(self) -> None:
        self.calls.append(("cancel",))
