"""When the window asks about links: the notice before the first one, songs that are in the
library already, which songs of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from stemdesk.core.job import ENDED, Job, JobState
from stemdesk.gui import messages
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.link_dialogs import KnownDialog, NoticeDialog
from stemdesk.gui.playlist_dialog import PlaylistDialog

if TYPE_CHECKING:
    from stemdesk.fetch.links.values import LinkList
    from stemdesk.gui.controller import Controller

_GIVEN_UP = (JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class _Known:
    """A link whose song is in the list already, as the job `there`. `fresh`: the new job, where
    that came out only when it was looked up."""

    link: str
    there: str
    fresh: str = ""


class LinkAsks(QObject):
    """Asks one thing at a time. `show`: brings a song's row in sight, by the job's id.

    Songs are recognised by their address as soon as it is pasted, and by what it leads to as soon
    as that is known: then the new row is there already.
    """

    def __init__(
        self, controller: Controller, window: QWidget, show: Callable[[str], object]
    ) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._show = show
        self._unread: list[str] = []  # links that came before the notice was read
        self._known: list[_Known] = []  # to be asked about
        self._lists: dict[str, LinkList] = {}  # to be asked about, by their jobs
        self._unlooked: set[str] = set()  # new jobs of which nothing is known yet
        self._again: set[str] = set()  # links that are split again on purpose
        self._open: Dialog | None = None
        self._open_list = ""  # the job that it is about
        controller.links_found.connect(self.take)
        controller.links.list_found.connect(self._list_found)
        controller.jobs_added.connect(self._added)
        controller.job_changed.connect(self._changed)
        controller.jobs_removed.connect(self._removed)

    def take(self, links: Sequence[str]) -> None:
        """Add links, after what has to be asked before."""
        if links and not self._controller.settings.links_noticed:
            self._unread += [link for link in links if link not in self._unread]
        elif links:
            there = self._by_address()
            fresh = [link for link in links if link not in there]
            if fresh:
                self._controller.add_links(fresh)
            self._known += [_Known(link, there[link]) for link in links if link in there]
        self._ask_next()

    # One question after the other

    def _ask_next(self) -> None:
        if self._open is not None:
            return
        if self._unread:
            self._ask_notice()
        elif self._known:
            self._ask_known()
        elif self._lists:
            self._ask_list()

    def _ask(self, dialog: Dialog) -> None:
        self._open = dialog
        dialog.finished.connect(self._over)
        dialog.show_over()

    def _over(self) -> None:
        self._open, self._open_list = None, ""
        self._ask_next()

    # The notice

    def _ask_notice(self) -> None:
        dialog = NoticeDialog(self._window)
        dialog.accepted.connect(self._read)
        dialog.rejected.connect(self._unread.clear)
        self._ask(dialog)

    def _read(self) -> None:
        links, self._unread = self._unread, []
        settings = replace(self._controller.settings, links_noticed=True)
        self._controller.change_settings(settings)
        self.take(links)

    # Songs that are there already

    def _had(self) -> Iterable[Job]:
        """The jobs with links, those that are done last; what came to nothing does not count."""
        jobs = [job for job in self._controller.jobs if job.link is not None]
        kept = [job for job in jobs if job.state not in _GIVEN_UP]
        return sorted(kept, key=lambda job: job.state is JobState.DONE)

    def _by_address(self) -> dict[str, str]:
        """The jobs' ids by what their links may be called."""
        found: dict[str, str] = {}
        for job in self._had():
            if job.link is not None:
                found |= dict.fromkeys(job.link.addresses, job.id)
        return found

    def _ask_known(self) -> None:
        known, self._known = self._known, []
        there = [(one, self._controller.job(one.there)) for one in known]
        jobs = [job for _, job in there if job is not None]
        if not jobs:
            self._split_again(known)
            self._ask_next()
            return
        done = all(job.state is JobState.DONE for job in jobs)
        dialog = KnownDialog(self._window, [messages.song_title(job) for job in jobs], done)
        dialog.again.connect(lambda: self._split_again(known))
        dialog.show_wanted.connect(lambda: self._show(jobs[0].id))
        dialog.rejected.connect(lambda: self._drop(known))
        self._ask(dialog)

    def _split_again(self, known: Sequence[_Known]) -> None:
        links = [one.link for one in known if not one.fresh]
        if links:
            self._again.update(links)
            self._controller.add_links(links)

    def _drop(self, known: Sequence[_Known]) -> None:
        """They are not wanted again: the new rows go, unless one came to its end meanwhile."""
        fresh = [self._controller.job(one.fresh) for one in known if one.fresh]
        ids = [job.id for job in fresh if job is not None and job.state not in ENDED]
        if ids:
            self._controller.remove(ids)

    def _added(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if job.link is None:
                continue
            on_purpose = job.link.url in self._again
            self._again.discard(job.link.url)
            if not job.link.key and not on_purpose:
                self._unlooked.add(job.id)

    def _changed(self, job_id: str) -> None:
        job = self._controller.job(job_id) if job_id in self._unlooked else None
        if job is None or job.link is None or not job.link.key:
            return
        self._unlooked.discard(job_id)
        same = [one for one in self._had() if one.id != job_id and _key(one) == job.link.key]
        if same:
            self._known.append(_Known(job.link.url, same[-1].id, job_id))
            self._ask_next()

    # Lists

    def _list_found(self, job_id: str, found: LinkList) -> None:
        self._unlooked.discard(job_id)
        if job_id != self._open_list:
            self._lists[job_id] = found
            self._ask_next()

    def _ask_list(self) -> None:
        job_id = next(iter(self._lists))
        found = self._lists.pop(job_id)
        had = [job.link for job in self._had() if job.link is not None and job.id != job_id]
        known = frozenset(name for link in had for name in (*link.addresses, link.key) if name)
        dialog = PlaylistDialog(self._window, found, known)
        dialog.chosen.connect(lambda chosen: self._controller.choose_entries(job_id, chosen))
        dialog.rejected.connect(partial(self._controller.pause, job_id))  # asks when it is resumed
        self._open_list = job_id
        self._ask(dialog)

    def _removed(self, ids: Sequence[str]) -> None:
        self._unlooked.difference_update(ids)
        for job_id in ids:
            self._lists.pop(job_id, None)
        if self._open is not None and self._open_list in ids:
            self._open.reject()  # there is nothing to choose for any more


def _key(job: Job) -> str:
    return "" if job.link is None else job.link.key
