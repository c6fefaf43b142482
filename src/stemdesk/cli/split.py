"""`stemdesk split`: one song after the other, in this process, recorded in the shared store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from stemdesk.audio.tags import read_tags
from stemdesk.cli.display import Display
from stemdesk.cli.watched import Watched
from stemdesk.core.errors import Cancelled, ErrorCode, StemDeskError
from stemdesk.core.job import ACTIVE, Job, JobState, new_job
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.progress import CancelToken, Progress
from stemdesk.core.track import Track
from stemdesk.jobs.intake import find_tracks
from stemdesk.jobs.locks import is_running
from stemdesk.jobs.pipeline import Pipeline, Result
from stemdesk.jobs.runs import Stopwatch
from stemdesk.jobs.scheduler import after_error, after_result, during, keeps_scratch
from stemdesk.jobs.scratch import discard
from stemdesk.jobs.store import JobStore
from stemdesk.log import log

_RESUMED = ACTIVE | {
    JobState.INTERRUPTED,
    JobState.FAILED,
    JobState.CANCELLED,
    JobState.WAITING,
}


class Splitter:
    """Runs jobs in the calling thread and keeps the store up to date."""

    def __init__(
        self, store: JobStore, pipeline: Pipeline, display: Display, cancel: CancelToken
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._scratch = pipeline.workplace.scratch
        self._display = display
        self._cancel = cancel
        self._done = 0
        self._failed = 0
        self._stopwatch = Stopwatch()  # the running job's

    def split(
        self,
        paths: Sequence[Path],
        separation: SeparationOptions,
        export: ExportOptions,
        root: Path,
    ) -> int:
        """Split everything under `paths`; returns the exit code (0, 1 or 130)."""
        try:
            found = find_tracks(paths, self._cancel)
            self._display.begin(len(found.tracks), found.passed_over)
            for error in found.errors:
                self._fail(error)
            for number, track in enumerate(found.tracks, start=1):
                self._cancel.check()
                self._one(number, track, separation, export, root)
        except (Cancelled, KeyboardInterrupt):
            return self._end(130)
        return self._end(1 if self._failed else 0)

    def _one(
        self,
        number: int,
        track: Track,
        separation: SeparationOptions,
        export: ExportOptions,
        root: Path,
    ) -> None:
        tagged = replace(track, tags=read_tags(track.path))
        job, known = self._resumed(new_job(tagged, separation, export, root))
        self._display.song(number, job)
        self._run(job, known)

    def _resumed(self, job: Job) -> tuple[Job, bool]:
        """The same song with the same options, if a job for it was left unfinished, and True;
        else `job` and False."""
        for earlier in self._store.by_source(job.source):
            same = (earlier.separation, earlier.export, earlier.root, earlier.relative) == (
                job.separation,
                job.export,
                job.root,
                job.relative,
            )
            left = earlier.state in _RESUMED and not is_running(self._scratch, earlier.id)
            if same and left:
                return earlier.moved_to(JobState.QUEUED), True
        return job, False

    def _run(self, job: Job, known: bool) -> None:
        """Run a job. Its row is written only once its lock is held, with the first report: until
        then it may be another process's."""
        current = job
        watched = Watched(self._display, job.id)
        self._stopwatch = Stopwatch()

        def report(progress: Progress) -> None:
            nonlocal current, known
            if self._display.closed:  # nobody listens any more: `stemdesk … | head`
                self._cancel.cancel()
            before, current = current, during(current, progress)
            if not known:
                (current,) = self._store.add([current])
                known = True
            elif current is not before:
                self._tell_store(current)
            self._stopwatch.hear(progress)
            watched.progress(progress)

        try:
            with watched:
                result = self._pipeline.run(job, report, self._cancel)
        except (Cancelled, KeyboardInterrupt):
            if current is not job:
                self._store.update([current.moved_to(JobState.INTERRUPTED)])
            raise
        except StemDeskError as error:
            if current is not job:
                self._ended(after_error(current, error, waits_for_disk=False))
            self._fail(error)
        except Exception as error:  # the task's edge: a bug must not stop the other songs
            log.exception("job %s", job.id)
            if current is not job:
                self._ended(after_error(current, error, waits_for_disk=False))
            detail = f"{type(error).__name__}: {error}"
            self._fail(StemDeskError(ErrorCode.INTERNAL, detail, path=job.source))
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
            other.output == result.folder and other.id != job.id
            for other in self._store.by_source(job.source)
        )
        if twice:  # a song that was split before needs no second row in the history
            self._store.remove([job.id])
            discard(self._scratch, job.id)
        else:
            self._ended(finished)
        self._done += 1
        self._display.done(result)

    def _ended(self, job: Job) -> None:
        self._store.update([job])
        with suppress(StemDeskError):  # only a count
            self._store.note_run(self._stopwatch.stop(job))
        if not keeps_scratch(job):
            discard(self._scratch, job.id)

    def _fail(self, error: StemDeskError) -> None:
        self._failed += 1
        self._display.failed(error)

    def _end(self, exit_code: int) -> int:
        self._display.end(self._done, self._failed, exit_code)
        return exit_code
