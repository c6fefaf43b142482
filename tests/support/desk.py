"""A controller at work in temporary folders, with a pipeline that does what the test says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pytestqt.qtbot import QtBot

from stemdesk.core.job import Job, JobState
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.settings import Settings
from stemdesk.gui.controller import Controller
from stemdesk.gui.model_values import ModelServices
from stemdesk.gui.values import BatchSummary, DeviceLike, NoDevice, Surroundings, UserMessage
from stemdesk.jobs.locks import job_lock
from stemdesk.jobs.pipeline import Result, Workplace
from stemdesk.paths import Folders
from support.export_script import ExportScript
from support.link_services import ScriptedLinks

WAIT_MS = 20_000  # machines are busy at times
Behaviour = Callable[[Job, Report, CancelToken], None]


def at_once(_: Job, __: Report, ___: CancelToken) -> None:
    """Is done before it is seen."""


def endless(_: Job, report: Report, cancel: CancelToken) -> None:
    """Separates until it is cancelled or paused."""
    report(Progress(Stage.SEPARATING, 0.5, 72.0))
    while True:
        cancel.wait(60)


def pausable(_: Job, report: Report, cancel: CancelToken) -> None:
    """As `endless`, in short passes: it can be paused, too."""
    report(Progress(Stage.SEPARATING, 0.5, 72.0))
    while True:
        cancel.wait(0.01)


def failing(error: BaseException) -> Behaviour:
    def run(_job: Job, _report: Report, _cancel: CancelToken) -> None:
        raise error

    return run


@dataclass
class Script:
    """What happens to jobs, by the name of their file; what is not named is done at once."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)  # names, in order
    jobs: list[Job] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    places: list[Workplace] = field(default_factory=list)
    rested_on: list[int] = field(default_factory=list)  # threads
    split_before: set[str] = field(default_factory=set)  # names of songs whose stems are there

    def factory(self, workplace: Workplace) -> ScriptedPipeline:
        self.places.append(workplace)
        return ScriptedPipeline(workplace, self)


class ScriptedPipeline:
    """Holds the job's real lock and leaves real scratch, but computes nothing."""

    def __init__(self, workplace: Workplace, script: Script) -> None:
        self.workplace = workplace
        self._script = script

    def run(self, job: Job, report: Report, cancel: CancelToken) -> Result:
        script = self._script
        with job_lock(self.workplace.scratch, job.id, job.source):
            script.ran.append(job.source.name)
            script.jobs.append(job)
            script.threads.add(threading.get_ident())
            passes = self.workplace.scratch / job.id / "passes"
            passes.mkdir(parents=True, exist_ok=True)
            (passes / "m0-000000.f32").write_bytes(b"done")
            report(Progress(Stage.DECODING, 0.0))
            script.behaviours.get(job.source.name, at_once)(job, report, cancel)
            report(Progress(Stage.SAVING, 1.0))
            already = job.source.name in script.split_before
            return Result(job.root / job.source.stem, 44100, 44100, already=already)

    def rest(self) -> None:
        self._script.rested_on.append(threading.get_ident())


class Desk:
    """A controller, what it said, and what was asked of it."""

    def __init__(self, qtbot: QtBot, root: Path) -> None:
        self.qtbot = qtbot
        self.root = root
        self.script = Script()
        self.folders = Folders(
            root / "config", root / "data", root / "logs", root / "music", root / "models"
        )
        self.free = 10**12
        self.rest_ms = 60_000
        self.services = ModelServices(catalogue=tuple)  # no released models: nothing is asked
        self.links = ScriptedLinks()
        self.exports = ExportScript()
        self.probed_on: set[int] = set()
        self.batches: list[BatchSummary] = []
        self.messages: list[UserMessage] = []
        self.added: list[list[str]] = []
        self.removed: list[str] = []
        self.states: list[tuple[str, JobState]] = []
        self._controllers: list[Controller] = []

    def open(self, settings: Settings | None = None, start: bool = True) -> Controller:
        """A controller in this desk's folders; an earlier one must be closed."""
        around = Surroundings(
            load_libraries=lambda: None,
            probe=self._probe,
            free_bytes=lambda _: self.free,
            poll_ms=20,
            retry_ms=20,
            rest_ms=self.rest_ms,
            models=self.services,
            links=self.links.services(),
            exports=self.exports.services(),
        )
        controller = Controller(
            self.folders, settings or Settings(), self.script.factory, surroundings=around
        )
        self._controllers.append(controller)
        controller.batch_finished.connect(self.batches.append)
        controller.message.connect(self.messages.append)
        controller.jobs_added.connect(
            lambda jobs: self.added.append([job.source.name for job in jobs])
        )
        controller.jobs_removed.connect(self.removed.extend)
        controller.job_changed.connect(self._note)
        if start:
            with self.qtbot.waitSignal(controller.jobs_reset):
                controller.start()
        return controller

    def _probe(self, _: str) -> DeviceLike:
        self.probed_on.add(threading.get_ident())
        return NoDevice("cpu", "CPU", "no GPU found")

    @property
    def controller(self) -> Controller:
        return self._controllers[-1]

    def _note(self, job_id: str) -> None:
        job = self.controller.job(job_id)
        if job is not None and (not self.states or self.states[-1] != (job_id, job.state)):
            self.states.append((job_id, job.state))

    def close(self) -> None:
        """End the controller as the app does at its end."""
        if self._controllers:
            ended = self.controller.close(10_000)
            self._controllers.pop()
            assert ended

    def songs(self, *names: str) -> list[Path]:
        """Files that are no sound at all; nothing here decodes them."""
        folder = self.root / "songs"
        folder.mkdir(exist_ok=True)
        paths = [folder / name for name in names]
        for path in paths:
            path.write_bytes(b"la la la")
        return paths

    def add(self, *names: str) -> list[str]:
        """Add songs and wait for their rows; their ids."""
        before = len(self.controller.jobs)
        self.controller.add_paths(self.songs(*names))
        self.wait_until(lambda: len(self.controller.jobs) == before + len(names))
        ids = {job.source.name: job.id for job in self.controller.jobs[before:]}
        return [ids[name] for name in names]

    def add_links(self, *urls: str) -> list[str]:
        """Add links and wait for their rows; their ids."""
        before = len(self.controller.jobs)
        self.controller.add_links(urls)
        self.wait_until(lambda: len(self.controller.jobs) == before + len(urls))
        return [job.id for job in self.controller.jobs[before:]]

    def state(self, job_id: str) -> JobState:
        job = self.controller.job(job_id)
        assert job is not None
        return job.state

    def wait_for(self, state: JobState, *ids: str) -> None:
        self.wait_until(lambda: all(self.state(job_id) is state for job_id in ids))

    def names(self) -> list[str]:
        return [job.source.name for job in self.controller.jobs]

    def scratch_of(self, job_id: str) -> Path:
        return self.folders.scratch / job_id

    def wait_until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)
