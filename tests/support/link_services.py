"""What is behind links, as a test says: the rooms below the window's desk, without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.track import Tags
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.fetch.links.values import LinkEntry, LinkList, LinkRules
from stemdesk.gui.link_values import Equipment, LinkServices
from stemdesk.jobs.acquire import entry_jobs, new_link_job, rules_of
from stemdesk.jobs.downloads import forget_download, with_file
from stemdesk.jobs.locks import job_lock
from stemdesk.paths import Folders

PART = b"half of a song"
Behaviour = Callable[[CancelToken], None]


def _at_once(_: CancelToken) -> None:
    """Is done before it is seen."""


def slow(cancel: CancelToken) -> None:
    """Goes on until it is cancelled or paused."""
    while True:
        cancel.wait(0.01)


def failing(error: Exception) -> Behaviour:
    def fail(_: CancelToken) -> None:
        raise error

    return fail


def until(go: threading.Event) -> Behaviour:
    """Goes on until it is let go on."""

    def wait(cancel: CancelToken) -> None:
        while not go.wait(0.01):
            cancel.check_pause()

    return wait


def deaf(go: threading.Event) -> Behaviour:
    """The same, whether or not it is cancelled."""

    def wait(_: CancelToken) -> None:
        assert go.wait(30)

    return wait


@dataclass
class ScriptedLinks:
    """`lists`: what is no song, by address. `looks`, `fetches`: what happens meanwhile, by the
    end of the address; what is not named is done at once. `asked`: what was begun, in order."""

    lists: dict[str, LinkList] = field(default_factory=dict)
    looks: dict[str, Behaviour] = field(default_factory=dict)
    fetches: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    rules: list[LinkRules] = field(default_factory=list)
    covers: dict[str, Path] = field(default_factory=dict)
    at_once: int = 0  # the most that ever ran
    update: Callable[[TransferReport, CancelToken], str] = lambda _, __: "2026.11.1"
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def services(self) -> LinkServices:
        return LinkServices(
            rules=rules_of,
            new_job=new_link_job,
            entry_jobs=entry_jobs,
            look_up=self._look_up,
            fetch=self._fetch,
            with_file=lambda job, where: with_file(job, where.downloads),
            forget=forget_download,
            equipment=lambda _: Equipment("2026.10.26", "2026.10.26"),
            update=lambda _, report, cancel: self.update(report, cancel),
        )

    def begun(self, what: str) -> list[str]:
        """The ends of the addresses for which that was begun."""
        return [name for each, name in self.asked if each == what]

    def _look_up(
        self, job: Job, where: Folders, rules: LinkRules, report: Report, cancel: CancelToken
    ) -> Job | LinkList:
        assert job.link is not None
        url, name = job.link.url, job.link.url.rpartition("/")[2]
        with job_lock(where.scratch, job.id, job.source):
            report(Progress(Stage.DOWNLOADING, 0.0))
            self._work("look", name, rules, self.looks, cancel)
        if url in self.lists:
            return self.lists[url]
        link = replace(job.link, key=f"example {name}", site="Example", page=url)
        link = replace(link, cover=self.covers.get(name))
        title = name.replace("-", " ").title()
        return replace(job, link=link, tags=Tags(title, "Example Artist", "", 221.0))

    def _fetch(
        self, job: Job, where: Folders, rules: LinkRules, report: Report, cancel: CancelToken
    ) -> Job:
        assert job.link is not None
        name = job.link.url.rpartition("/")[2]
        with job_lock(where.scratch, job.id, job.source):
            report(Progress(Stage.DOWNLOADING, 0.0))
            folder = where.downloads / job.id
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "media.m4a.part").write_bytes(PART)
            transfer = Transfer(name, 430_000, 1_000_000, 1_200_000.0, 12.0)
            report(Progress(Stage.DOWNLOADING, 0.43, 12.0, transfer=transfer))
            self._work("fetch", name, rules, self.fetches, cancel)
            file = (folder / "media.m4a.part").replace(folder / f"{name}.m4a")
        return replace(job, source=file, link=replace(job.link, fetched=True))

    def _work(
        self,
        what: str,
        name: str,
        rules: LinkRules,
        behaviours: dict[str, Behaviour],
        cancel: CancelToken,
    ) -> None:
        with self._lock:
            self.asked.append((what, name))
            self.rules.append(rules)
            self._running += 1
            self.at_once = max(self.at_once, self._running)
        try:
            behaviours.get(name, _at_once)(cancel)
        finally:
            with self._lock:
                self._running -= 1


def a_list(url: str, *names: str, title: str = "The album") -> LinkList:
    """A list of songs; a name with a `!` cannot be had."""
    entries = tuple(
        LinkEntry(
            f"https://music.example/{name.rstrip('!')}",
            name.rstrip("!").title(),
            "Example Artist",
            200.0,
            key=f"example {name.rstrip('!')}",
            trouble="private" if name.endswith("!") else "",
        )
        for name in names
    )
    return LinkList(url, "example list", "Example", title, entries)
