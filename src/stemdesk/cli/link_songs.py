"""From links to the songs that are to be split: what was found, left unfinished, or is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from stemdesk.cli.link_words import NOTICE, broken_entry
from stemdesk.cli.order import Order, was_left
from stemdesk.cli.telling import Telling
from stemdesk.core.errors import ErrorCode, LinkError, StemDeskError
from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Report, ignore_progress
from stemdesk.core.settings import load_settings, save_settings
from stemdesk.fetch.links.values import LinkList, LinkRules
from stemdesk.jobs import acquire
from stemdesk.jobs.downloads import forget_download, with_file
from stemdesk.jobs.folder import read_manifest
from stemdesk.jobs.pipeline import Result
from stemdesk.jobs.store import JobStore
from stemdesk.log import log
from stemdesk.paths import Folders

_DEEPEST = 2  # a channel has playlists, a playlist has songs


@dataclass(frozen=True, slots=True)
class LinkPlace:
    """`rules`: made when the first link comes. `first`: so many entries of each list, None for
    all. `force`: also what was split before."""

    where: Folders
    rules: Callable[[], LinkRules]
    first: int | None = None
    force: bool = False


class LinkSongs:
    """Belongs to the one thread of a run."""

    def __init__(
        self, place: LinkPlace, store: JobStore, telling: Telling, cancel: CancelToken
    ) -> None:
        self._place = place
        self._where = place.where
        self._store = store
        self._telling = telling
        self._cancel = cancel
        self._noticed = False

    def runs(self, url: str, order: Order) -> Iterator[tuple[Job, bool]]:
        """The jobs that are to be run for a link, each when its turn has come, and whether the
        store knows it; what is done already and what fails before is told. Raises `Cancelled`."""
        self._say_notice()
        downloads = self._where.downloads
        job = acquire.new_link_job(url, order.separation, order.export, order.root, downloads)
        yield from self._of(job, 0)

    def fetch(self, job: Job, report: Report) -> Job:
        """The job with its song there. Raises `StemDeskError`, `Cancelled`."""
        fetched = acquire.fetch_job(job, self._where, self._rules, report, self._cancel)
        if fetched.tags != job.tags or not _was_found(job):
            self._telling.display.found(fetched)
        return fetched

    def forget(self, job: Job) -> None:
        """What was fetched of a job is of no use any more."""
        if job.link is not None:
            forget_download(self._where, job.id)

    @cached_property
    def _rules(self) -> LinkRules:
        return self._place.rules()

    def _of(self, asked: Job, depth: int) -> Iterator[tuple[Job, bool]]:
        """The same for a job that may turn out to be a list."""
        self._cancel.check()
        job, known = self._resumed(asked)
        self._telling.song(job)
        if self._was_split(job):
            return
        if acquire.needs_look_up(job):
            found = self._looked_up(job, depth, known)
            if isinstance(found, LinkList):
                yield from self._entries(job, found, depth)
            if not isinstance(found, Job):
                return
            job, known = (found, True) if known else self._resumed(found)
            split = self._was_split(job)
            if split or job is not found:
                self.forget(found)
            if split:
                return
        if _was_found(job):
            self._telling.display.found(job)
        yield job, known

    def _looked_up(self, job: Job, depth: int, known: bool) -> Job | LinkList | None:
        """What is behind the job's link; None if that failed, which is told then. Only songs get
        rows in the store: a list's or a failed one's is another process's."""
        self._telling.display.looking()
        found: Job | LinkList | None = None
        try:
            found = acquire.look_up_job(
                job, self._where, self._rules, ignore_progress, self._cancel
            )
            if isinstance(found, LinkList) and depth == _DEEPEST:
                raise LinkError(ErrorCode.LINK_UNSUPPORTED, "a list in a list", site=found.site)
        except StemDeskError as error:
            self._telling.failed(error)
            return None
        finally:
            if not (known or isinstance(found, Job)):
                self.forget(job)
        return found

    def _entries(self, job: Job, found: LinkList, depth: int) -> Iterator[tuple[Job, bool]]:
        chosen = found.entries[: self._place.first]
        total = max(found.total or 0, len(found.entries))
        self._telling.listed(found.title, found.site, len(chosen), total)
        jobs = acquire.entry_jobs(job, found, chosen, self._where.downloads)
        for entry, one in zip(chosen, jobs, strict=True):
            broken = broken_entry(entry, found.site, self._rules)
            if broken is not None:
                self._telling.song(one)
                self._telling.failed(broken)
            else:
                yield from self._of(one, depth + 1)

    def _resumed(self, job: Job) -> tuple[Job, bool]:
        """The same song with the same options, if a job for it was left unfinished, and True;
        else `job` and False."""
        for earlier in self._earlier(job):
            if was_left(earlier, job, self._where.scratch):
                if earlier.failure and earlier.failure.code.value.startswith("source_"):
                    self.forget(earlier)  # the file was no good
                again = earlier.moved_to(JobState.QUEUED)
                return with_file(again, self._where.downloads), True
        return job, False

    def _was_split(self, job: Job) -> bool:
        """Whether the same was done before and is still there; then it is told."""
        if self._place.force or job.link is None:
            return False
        for earlier in acquire.earlier_splits(self._earlier(job), job.link):
            same = (earlier.separation, earlier.export, earlier.root) == (
                job.separation,
                job.export,
                job.root,
            )
            output = earlier.output
            if same and output is not None and read_manifest(output) is not None:
                self._telling.display.found(earlier)
                self._telling.done(earlier, _result(earlier, output))
                return True
        return False

    def _earlier(self, job: Job) -> list[Job]:
        """The jobs of the same recording, the newest first; where none has its key those of the
        same address, so that nothing need be asked of the site."""
        link = job.link
        if link is None:
            return []
        if link.key and (known := self._store.by_link(link.key)):
            return known
        ours = link.addresses
        every = [one for one in self._store.all() if one.link and ours & one.link.addresses]
        return sorted(every, key=lambda one: one.created, reverse=True)

    def _say_notice(self) -> None:
        """Once on this computer, what links are for."""
        if self._noticed:
            return
        self._noticed = True
        file = self._where.settings_file
        settings = load_settings(file)
        if settings.links_noticed:
            return
        self._telling.display.note(NOTICE)
        try:
            save_settings(replace(settings, links_noticed=True), file)
        except StemDeskError as error:  # it is said again
            log.warning("that the notice was said is not remembered: %s", error)


def _was_found(job: Job) -> bool:
    """Whether the song's site has told of it, and not only a list."""
    return job.link is not None and bool(job.link.page)


def _result(job: Job, output: Path) -> Result:
    return Result(
        output,
        job.frames,
        job.samplerate,
        job.notices,
        already=True,
        null_depth=job.null_depth,
    )
