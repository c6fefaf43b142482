"""From dropped paths to rows: folders walked, jobs added at once, tags read behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import Cancelled, ModelError
from stemdesk.core.job import Job, JobState, new_job
from stemdesk.core.options import SeparationOptions
from stemdesk.core.progress import CancelToken
from stemdesk.core.quality import model_and_overlap
from stemdesk.core.settings import Settings
from stemdesk.core.track import NO_TAGS, Tags, Track
from stemdesk.gui import reports
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.models.library import ModelLibrary, default_model, default_quality
from stemdesk.paths import Folders

if TYPE_CHECKING:
    from stemdesk.jobs.intake import Found

_TAGS_AT_ONCE = 8  # files for each task: rows fill in while the rest is read
_UNFINISHED = {JobState.QUEUED, JobState.WAITING, JobState.PAUSED, JobState.INTERRUPTED}


def separation_options(library: ModelLibrary, settings: Settings) -> SeparationOptions:
    """A snapshot of the settings. Stems that the model does not have are not asked for, nor is
    Best without its model."""
    quality = default_quality(library, settings.quality, settings.stems)
    chosen = default_model(library, settings.model, settings.stems)
    model, overlap = model_and_overlap(quality, chosen)
    stems = settings.stems
    try:
        sources = library.get(model, stems).sources
        stems = tuple(stem for stem in stems if stem in sources)
    except ModelError:
        pass  # the job will say what is wrong with it
    return SeparationOptions(model, stems, overlap, full_precision=settings.full_precision)


class Adder(QObject):
    """Adds jobs to the ledger; nothing here waits in the GUI thread."""

    message = Signal(object)  # UserMessage
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

    def add(self, paths: Sequence[Path], where: Folders, settings: Settings) -> None:
        """Walk `paths` and add a job for each song under them."""
        given = tuple(paths)
        cancel = self._cancel
        self._walks += 1

        def walk() -> tuple[Found, SeparationOptions]:
            from stemdesk.jobs.intake import find_tracks

            options = separation_options(ModelLibrary(where.models), settings)
            return find_tracks(given, cancel), options

        def walked(outcome: Outcome[tuple[Found, SeparationOptions]]) -> None:
            self._walks -= 1
            if outcome.value is not None:
                found, options = outcome.value
                self._add(found.tracks, options, where, settings)
                for message in reports.intake_messages(found):
                    self.message.emit(message)
            self._complain(outcome.error)
            self.settled.emit()

        self._tasks.io(walk, walked)

    def add_demo(self, where: Folders, settings: Settings) -> None:
        """Write the demo song and add it."""
        self._walks += 1

        def write() -> tuple[Path, SeparationOptions]:
            from stemdesk.audio.demo import write_demo_song

            options = separation_options(ModelLibrary(where.models), settings)
            return write_demo_song(where.demo), options

        def written(outcome: Outcome[tuple[Path, SeparationOptions]]) -> None:
            self._walks -= 1
            if outcome.value is not None:
                song, options = outcome.value
                self._add([Track(song)], options, where, settings)
            self._complain(outcome.error)
            self.settled.emit()

        self._tasks.io(write, written)

    def with_options_of_now(
        self, job_id: str, where: Folders, settings: Settings, put: Callable[[list[Job]], None]
    ) -> None:
        """Queue a job anew as if it was added now; `put` writes it."""

        def known(outcome: Outcome[SeparationOptions]) -> None:
            job = self._ledger.get(job_id)
            if job is not None and outcome.value is not None:
                queued = job.moved_to(JobState.QUEUED)
                root, export = where.output.absolute(), settings.export
                put([replace(queued, separation=outcome.value, export=export, root=root)])
            self._complain(outcome.error)

        library = ModelLibrary(where.models)
        self._tasks.io(lambda: separation_options(library, settings), known)

    def read_tags(self, jobs: Sequence[Job]) -> None:
        """Read the tags of unfinished jobs that have none yet, behind everything else."""
        fresh = [job for job in jobs if job.tags == NO_TAGS and job.state in _UNFINISHED]
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

    def _add(
        self,
        tracks: Sequence[Track],
        options: SeparationOptions,
        where: Folders,
        settings: Settings,
    ) -> None:
        root = where.output.absolute()
        self._ledger.add([new_job(track, options, settings.export, root) for track in tracks])

    def _complain(self, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, Cancelled):
            self.message.emit(reports.error_message(error))
