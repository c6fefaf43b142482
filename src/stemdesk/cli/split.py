"""`stemdesk split`: one song after the other, in this process, recorded in the shared store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from stemdesk.audio.tags import read_tags
from stemdesk.cli.asked import read_asked
from stemdesk.cli.display import Display
from stemdesk.cli.link_songs import LinkPlace, LinkSongs
from stemdesk.cli.order import Order, was_left
from stemdesk.cli.telling import Afterwards, Telling
from stemdesk.cli.watched import Watched
from stemdesk.core.errors import Cancelled, ErrorCode, StemDeskError
from stemdesk.core.job import Job, JobState, new_job
from stemdesk.core.progress import CancelToken, Progress
from stemdesk.core.track import Track
from stemdesk.jobs.downloads import keeps_download
from stemdesk.jobs.pipeline import Pipeline, Result
from stemdesk.jobs.runs import Stopwatch
from stemdesk.jobs.scheduler import after_error, after_result, during, keeps_scratch
from stemdesk.jobs.scratch import discard
from stemdesk.jobs.store import JobStore, link_key
from stemdesk.log import log


class Splitter:
    """Runs jobs in the calling thread and keeps the store up to date."""

    def __init__(
        self,
        store: JobStore,
        pipeline: Pipeline,
        display: Display,
        cancel: CancelToken,
        links: LinkPlace,
        afterwards: Afterwards | None = None,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._scratch = pipeline.workplace.scratch
        self._display = display
        self._cancel = cancel
        self._telling = Telling(display, afterwards)
        self._links = LinkSongs(links, store, self._telling, cancel)
        self._stopwatch = Stopwatch()  # the running job's

    def split(self, asked: Sequence[str | Path], order: Order) -> int:
        """Split everything that was asked for; returns the exit code (0, 1 or 130)."""
        try:
            found = read_asked(asked, self._cancel)
            self._telling.begin(len(found.songs), found.passed_over, found.exports)
            for error in found.errors:
                self._telling.failed(error)
            for song in found.songs:
                for job, known in self._runs(song, order):
                    self._cancel.check()
                    self._run(job, known)
        except (Cancelled, KeyboardInterrupt):
            return self._telling.end(stopped=True)
        return self._telling.end()

    def _runs(self, song: Track | str, order: Order) -> Iterator[tuple[Job, bool]]:
        """The jobs to run, each when its turn has come, and whether the store knows it."""
        self._cancel.check()
        if isinstance(song, str):
            yield from self._links.runs(song, order)
            return
        tagged = replace(song, tags=read_tags(song.path))
        job, known = self._resumed(new_job(tagged, order.separation, order.export, order.root))
        self._telling.song(job)
        yield job, known

    def _resumed(self, job: Job) -> tuple[Job, bool]:
        """The same song with the same options, if a job for it was left unfinished, and True;
        else `job` and False."""
        for earlier in self._store.by_source(job.source):
            if was_left(earlier, job, self._scratch):
                return earlier.moved_to(JobState.QUEUED), True
        return job, False

    def _run(self, job: Job, known: bool) -> None:
        """Run a job. Its row is written only once its lock is held, with the first report: until
        then it may be another process's."""
        current, ours = job, False
        watched = Watched(self._display, job.id)
        self._stopwatch = Stopwatch()

        def report(progress: Progress) -> None:
            nonlocal current, known, ours
            if self._display.closed:  # nobody listens any more: `stemdesk … | head`
                self._cancel.cancel()
            before, current, ours = current, during(current, progress), True
            if not known:
                (current,) = self._store.add([current])
                known = True
            elif current is not before:
                self._tell_store(current)
            self._stopwatch.hear(progress)
            watched.progress(progress)

        try:
            with watched:
                if job.needs_fetch:
                    job = self._links.fetch(job, report)
                    # Still downloading, for others: a queued job may be taken by the window.
                    current = replace(job, state=current.state, position=current.position)
                    self._store.update([current])
                result = self._pipeline.run(job, report, self._cancel)
        except (Cancelled, KeyboardInterrupt):
            if ours:
                self._store.update([current.moved_to(JobState.INTERRUPTED)])
            raise
        except StemDeskError as error:
            if ours:
                self._ended(after_error(current, error, waits_for_disk=False))
            self._telling.failed(error)
        except Exception as error:  # the task's edge: a bug must not stop the other songs
            log.exception("job %s", job.id)
            if ours:
                self._ended(after_error(current, error, waits_for_disk=False))
            detail = f"{type(error).__name__}: {error}"
            self._telling.failed(StemDeskError(ErrorCode.INTERNAL, detail, path=job.source))
        else:
            self._finish(current, result)

    def _tell_store(self, job: Job) -> None:
        """Progress for others to see is worth a try, not a failed song."""
        try:
            self._store.update([job])
        except StemDeskError as error:
            log.warning("the state of job %s was not written: %s", job.id, error)

    def _finish(self, job: Job, result: Result) -> None:
        finished = after_result(job, result)
        twice = result.already and any(
            other.output == result.folder and other.id != job.id for other in self._same(job)
        )
        if twice:  # a song that was split before needs no second row in the history
            self._store.remove([job.id])
            discard(self._scratch, job.id)
            self._links.forget(job)
        else:
            self._ended(finished)
        self._telling.done(finished, result)

    def _same(self, job: Job) -> list[Job]:
        """The jobs of the same song."""
        if job.link is None:
            return self._store.by_source(job.source)
        return self._store.by_link(link_key(job))

    def _ended(self, job: Job) -> None:
        self._store.update([job])
        with suppress(StemDeskError):  # only a count
            self._store.note_run(self._stopwatch.stop(job))
        if not keeps_scratch(job):
            discard(self._scratch, job.id)
        if not keeps_download(job):
            self._links.forget(job)
