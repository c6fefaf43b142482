"""From dropped paths to rows: folders walked, jobs added at once, tags read behind them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import Cancelled, ErrorCode, StemDeskError
from stemdesk.core.job import Failure, Job, JobState, new_job
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.core.track import NO_TAGS, Tags, Track
from stemdesk.gui import reports
from stemdesk.gui.choosing import Plan, plan, plan_at_once
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.tasks import Outcome, Tasks, ignore
from stemdesk.models.library import ModelLibrary
from stemdesk.paths import Folders

if TYPE_CHECKING:
    from stemdesk.jobs.intake import Found

_TAGS_AT_ONCE = 8  # files for each task: rows fill in while the rest is read
_UNFINISHED = {JobState.QUEUED, JobState.WAITING, JobState.PAUSED, JobState.INTERRUPTED}


Lister = Callable[[], tuple[ModelChoice, ...]]
"""Lists the models; reads the disk."""
NewLinkJob = Callable[[str, SeparationOptions, ExportOptions, Path, Path], Job]
"""Makes a job of an address, options, the folder for stems and that for downloads."""


class Adder(QObject):
    """Adds jobs to the ledger; nothing here waits in the GUI thread."""

    message = Signal(object)  # UserMessage
    links_found = Signal(object)  # tuple[str, ...]: addresses that lay in files
    model_wanted = Signal(str)  # songs were added that wait for it
    settled = Signal()  # a walk or some tags are done: the queue may go on

    def __init__(self, tasks: Tasks, ledger: Ledger, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._ledger = ledger
        self._cancel = CancelToken()
        self._untagged: set[str] = set()
        self._walks = 0

    @property
    def adding(self) -> bool:
        """Whether more jobs are about to come."""
        return self._walks > 0

    def is_untagged(self, job_id: str) -> bool:
        """Whether the job's tags are still to be read: they name its folder."""
        return job_id in self._untagged

    def stop(self) -> None:
        """End walks that are under way."""
        self._cancel.cancel()

    def add(
        self, paths: Sequence[Path], where: Folders, settings: Settings, models: Lister
    ) -> None:
        """Walk `paths` and add a job for each song under them."""
        given = tuple(paths)
        cancel = self._cancel
        self._walks += 1

        def walk() -> tuple[Found, Plan]:
            from stemdesk.jobs.intake import find_tracks

            how = plan(models(), settings)
            return find_tracks(given, cancel), how

        def walked(outcome: Outcome[tuple[Found, Plan]]) -> None:
            self._walks -= 1
            if outcome.value is not None:
                found, how = outcome.value
                self._add(found.tracks, how, where, settings)
                if found.links:
                    self.links_found.emit(found.links)
                message = reports.intake_message(found)
                if message is not None:
                    self.message.emit(message)
            self._complain(outcome.error)
            self.settled.emit()

        self._tasks.io(walk, walked)

    def add_links(
        self,
        urls: Sequence[str],
        where: Folders,
        settings: Settings,
        models: Lister,
        new_job: NewLinkJob,
    ) -> None:
        """Add a job for each link. They wait for no model: they are downloaded meanwhile."""
        given = tuple(urls)
        self._walks += 1

        def make() -> tuple[list[Job], Plan]:
            how, root = plan(models(), settings), where.output.absolute()
            export, downloads = settings.export, where.downloads
            return [new_job(url, how.options, export, root, downloads) for url in given], how

        def made(outcome: Outcome[tuple[list[Job], Plan]]) -> None:
            self._walks -= 1
            if outcome.value is not None:
                jobs, how = outcome.value
                self._ledger.add(jobs)
                self._want(how)
            self._complain(outcome.error)
            self.settled.emit()

        self._tasks.io(make, made)

    def add_demo(self, where: Folders, settings: Settings, models: Lister) -> None:
        """Write the demo song and add it; it waits for no model where there is any."""
        self._walks += 1

        def write() -> tuple[Path, Plan]:
            from stemdesk.audio.demo import write_demo_song

            return write_demo_song(where.demo), plan_at_once(models(), settings)

        def written(outcome: Outcome[tuple[Path, Plan]]) -> None:
            self._walks -= 1
            if outcome.value is not None:
                song, how = outcome.value
                self._add([Track(song)], how, where, settings)
            self._complain(outcome.error)
            self.settled.emit()

        self._tasks.io(write, written)

    def with_options_of_now(
        self,
        job_id: str,
        where: Folders,
        settings: Settings,
        models: Lister,
        put: Callable[[list[Job]], None],
    ) -> None:
        """Queue a job anew as if it was added now; `put` writes it."""

        def known(outcome: Outcome[Plan]) -> None:
            job, how = self._ledger.get(job_id), outcome.value
            if job is not None and how is not None:
                root, export = where.output.absolute(), settings.export
                queued = replace(job.moved_to(JobState.QUEUED), export=export, root=root)
                # A link's song is downloaded again meanwhile, if it has to be.
                put([_planned(queued, how, where)] if job.link is None else [_with(queued, how)])
                self._want(how)
            self._complain(outcome.error)

        self._tasks.io(lambda: plan(models(), settings), known)

    def read_tags(self, jobs: Sequence[Job]) -> None:
        """Read the tags of unfinished jobs that have none yet, behind everything else."""
        files = [job for job in jobs if job.link is None]  # of a link's song its site tells
        fresh = [job for job in files if job.tags == NO_TAGS and job.state in _UNFINISHED]
        self._untagged.update(job.id for job in fresh)
        for start in range(0, len(fresh), _TAGS_AT_ONCE):
            self._read_tags(fresh[start : start + _TAGS_AT_ONCE])

    def _read_tags(self, jobs: Sequence[Job]) -> None:
        def read() -> dict[str, Tags]:
            from stemdesk.audio.tags import read_tags

            return {job.id: read_tags(job.source) for job in jobs}

        def done(outcome: Outcome[dict[str, Tags]]) -> None:
            self._untagged.difference_update(job.id for job in jobs)
            known = [(self._ledger.get(key), tags) for key, tags in (outcome.value or {}).items()]
            self._ledger.put(
                replace(job, tags=tags) for job, tags in known if job and tags != job.tags
            )
            self.settled.emit()

        self._tasks.io(read, done, behind=True)

    def _add(self, tracks: Sequence[Track], how: Plan, where: Folders, settings: Settings) -> None:
        root = where.output.absolute()
        jobs = [new_job(track, how.options, settings.export, root) for track in tracks]
        self._ledger.add([_planned(job, how, where) for job in jobs])
        if jobs:
            self._want(how)
            # The first job asks for them before anything else. Meanwhile it is only half made.
            self._tasks.net(lambda _: _learn_hashes(where.models, how.options), ignore)

    def _want(self, how: Plan) -> None:
        if how.waits:
            self.model_wanted.emit(how.options.model)

    def _complain(self, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, Cancelled):
            self.message.emit(reports.error_message(error))


def _learn_hashes(models: Path, options: SeparationOptions) -> None:
    library = ModelLibrary(models)
    with contextlib.suppress(StemDeskError):  # the job says it
        library.hashes(library.get(options.model, options.stems), options.stems)


def _with(job: Job, how: Plan) -> Job:
    return replace(job, separation=how.options)


def _planned(job: Job, how: Plan, where: Folders) -> Job:
    """A queued job as planned: it may wait for its model."""
    job = _with(job, how)
    if not how.waits:
        return job
    name = how.options.model
    failure = Failure(ErrorCode.MODEL_MISSING, "", where.models, {"model": name})
    return job.moved_to(JobState.WAITING, failure)
