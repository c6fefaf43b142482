"""A controller without disk, threads or models: it notes what is asked of it and does it at once
to a list in memory, so that tests of the window can bring about any state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from stemdesk.audio.listening import Listening
from stemdesk.core.job import ENDED, Job, JobState
from stemdesk.core.progress import Progress, Stage
from stemdesk.core.settings import Settings
from stemdesk.fetch.links.values import LinkEntry
from stemdesk.gui.export_desk import ExportDesk
from stemdesk.gui.hearing import Hearing
from stemdesk.gui.tasks import Tasks
from stemdesk.jobs.scheduler import moved
from stemdesk.paths import Folders
from support.export_script import ExportScript
from support.fake_gpu import FakeGpu
from support.fake_links import FakeDownloader, FakeLinks, link_job
from support.fake_models import FakeModels
from support.jobs import a_job


class FakeMemory:
    """Remembers how songs are listened to, in memory."""

    def __init__(self) -> None:
        self.songs: dict[str, Listening] = {}
        self.flushed = 0

    def recall(self, job_id: str) -> Listening | None:
        return self.songs.get(job_id)

    def remember(self, job_id: str, listening: Listening) -> None:
        self.songs[job_id] = listening

    def flush(self) -> None:
        self.flushed += 1


class FakeController(QObject):
    """`calls`: what was asked, as (name, arguments…)."""

    jobs_reset = Signal()
    jobs_added = Signal(object)
    job_changed = Signal(str)
    job_moved = Signal(str)
    jobs_removed = Signal(object)
    progress_changed = Signal(str)
    batch_finished = Signal(object)
    device_known = Signal(object)
    links_found = Signal(object)
    models_known = Signal(object)
    model_wanted = Signal(str)
    message = Signal(object)
    stopped = Signal()

    def __init__(self, root: Path, settings: Settings | None = None) -> None:
        super().__init__()
        self.folders = Folders(
            root / "config", root / "data", root / "logs", root / "music", root / "models"
        )
        self.settings = settings or Settings()
        self.calls: list[tuple[Any, ...]] = []
        self.busy = False
        self.elsewhere: set[str] = set()
        self.missing: set[str] = set()
        self.pausing: set[str] = set()
        self.cancelling: set[str] = set()
        self.models = FakeModels(self)
        self.links = FakeLinks(self)
        self.downloader = FakeDownloader(self)
        self.gpu = FakeGpu(self)
        self.memory = FakeMemory()
        self.export_script = ExportScript()
        self.hearing = Hearing(lambda: self.folders, lambda: self.settings)
        self._jobs: list[Job] = []
        self._progress: dict[str, Progress] = {}

    @cached_property
    def tasks(self) -> Tasks:
        return Tasks(self)

    # What is known

    @cached_property
    def exports(self) -> ExportDesk:
        """The real one, with exports that do what a test says."""
        return ExportDesk(self.tasks, self.hearing, self.export_script.services(), self)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return tuple(self._jobs)

    def job(self, job_id: str) -> Job | None:
        return next((job for job in self._jobs if job.id == job_id), None)

    def progress(self, job_id: str) -> Progress | None:
        return self._progress.get(job_id)

    @property
    def split_progress(self) -> Progress | None:
        splits = (one for one in self._progress.values() if one.stage is not Stage.DOWNLOADING)
        return next(splits, None)

    def is_elsewhere(self, job_id: str) -> bool:
        return job_id in self.elsewhere

    def is_pausing(self, job_id: str) -> bool:
        return job_id in self.pausing

    def is_cancelling(self, job_id: str) -> bool:
        return job_id in self.cancelling

    def is_missing(self, job_id: str) -> bool:
        return job_id in self.missing

    was_missing = is_missing

    # What a test brings about

    def put(self, *jobs: Job) -> list[Job]:
        """Jobs appear at the end of the queue."""
        first = len(self._jobs)
        fresh = [replace(job, position=float(first + n)) for n, job in enumerate(jobs)]
        self._jobs += fresh
        self.jobs_added.emit(fresh)
        return fresh

    def add(self, name: str = "song.mp3", **changes: Any) -> Job:
        """One job for a file of that name."""
        return self.put(a_job(Path("/music") / name, **changes))[0]

    def change(self, job: Job, **changes: Any) -> Job:
        """A job becomes another one; `busy` follows its state."""
        old = self.job(job.id)
        assert old is not None
        new = replace(old, **changes)
        self._jobs[self._jobs.index(old)] = new
        self.job_changed.emit(job.id)
        return new

    def run(self, job: Job, progress: Progress) -> None:
        """The job runs in this process and is that far."""
        self.busy = True
        state = JobState(progress.stage.value)
        old = self.job(job.id)
        self._progress[job.id] = progress
        if old is not None and old.state is not state:
            self.change(job, state=state)
        self.progress_changed.emit(job.id)

    def end(self, job: Job, **changes: Any) -> Job:
        """The running job ends."""
        self.busy = False
        self._progress.pop(job.id, None)
        return self.change(job, **changes)

    # What the window asks for

    def start(self) -> None:
        self._note("start")

    def change_settings(self, settings: Settings) -> None:
        self._note("change_settings", settings)
        self.settings = settings

    def add_paths(self, paths: Sequence[Path]) -> None:
        self._note("add_paths", list(paths))
        self.put(*(a_job(path) for path in paths))

    def add_links(self, urls: Sequence[str]) -> None:
        self._note("add_links", list(urls))
        self.put(*(link_job(url) for url in urls))

    def choose_entries(self, job_id: str, chosen: Sequence[LinkEntry]) -> None:
        self._note("choose_entries", job_id, tuple(chosen))
        if self.links.lists.pop(job_id, None) is not None:
            fresh = [link_job(one.url, title=one.title, artist=one.artist) for one in chosen]
            place = [job.id for job in self._jobs].index(job_id)
            self._jobs[place:place] = fresh
            self._jobs = [replace(job, position=float(n)) for n, job in enumerate(self._jobs)]
            self.jobs_reset.emit()  # as the ledger tells it
            self.remove([job_id])

    def add_demo(self) -> None:
        self._note("add_demo")

    def for_each(self, ids: Iterable[str], command: Callable[[str], None]) -> None:
        for job_id in ids:
            command(job_id)

    def pause(self, job_id: str) -> None:
        self._do("pause", job_id, JobState.PAUSED)

    def resume(self, job_id: str) -> None:
        self._do("resume", job_id, JobState.QUEUED)

    def cancel(self, job_id: str) -> None:
        self._do("cancel", job_id, JobState.CANCELLED)

    def retry(self, job_id: str) -> None:
        self._do("retry", job_id, JobState.QUEUED)

    def split_again(self, job_id: str, settings: Settings | None = None) -> None:
        if settings is not None:
            self._note("split_again", job_id, settings)
        else:
            self._do("split_again", job_id, JobState.QUEUED)

    def retry_failed(self) -> None:
        self._note("retry_failed")

    def go_on(self, ids: Sequence[str]) -> None:
        self._note("go_on", list(ids))
        self._set(ids, JobState.QUEUED)

    def remove(self, ids: Sequence[str]) -> None:
        self._note("remove", list(ids))
        self._jobs = [job for job in self._jobs if job.id not in ids]
        self.jobs_removed.emit(list(ids))

    def forget_ended(self) -> None:
        self._note("forget_ended")
        self.remove([job.id for job in self._jobs if job.state in ENDED])

    def move(self, job_id: str, before_id: str | None) -> None:
        self._note("move", job_id, before_id)
        job = moved(self._jobs, job_id, before_id)
        if job is not None:
            others = [item for item in self._jobs if item.id != job_id]
            self._jobs = sorted([*others, job], key=lambda item: item.position)
            self.job_moved.emit(job_id)

    def locate(self, job_id: str, folder: Path) -> None:
        self._note("locate", job_id, folder)

    def trash(self, job_id: str) -> None:
        self._note("trash", job_id)

    def hold(self) -> None:
        self._note("hold")

    def release(self) -> None:
        self._note("release")

    def stop_now(self) -> None:
        self._note("stop_now")

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of each call of that name."""
        return [call[1:] for call in self.calls if call[0] == name]

    def _note(self, *call: Any) -> None:
        self.calls.append(call)

    def _do(self, name: str, job_id: str, state: JobState) -> None:
        self._note(name, job_id)
        self._set([job_id], state)

    def _set(self, ids: Iterable[str], state: JobState) -> None:
        for job_id in ids:
            job = self.job(job_id)
            if job is not None:
                self.change(job, state=state, failure=None)
