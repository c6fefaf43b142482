"""Between the window and the work: scheduler, ledger and tasks in, Qt signals out.

Lives in the GUI thread and never waits there. Jobs run one after the other on the compute thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import StemDeskError
from stemdesk.core.job import Job
from stemdesk.core.settings import Settings
from stemdesk.gui import reports
from stemdesk.gui.adding import Adder
from stemdesk.gui.auto_export import AutoExport
from stemdesk.gui.conveyor import Conveyor
from stemdesk.gui.downloader import Downloader
from stemdesk.gui.elsewhere import Elsewhere
from stemdesk.gui.export_desk import ExportDesk
from stemdesk.gui.gpu_desk import GpuDesk
from stemdesk.gui.hearing import Hearing
from stemdesk.gui.janitor import Janitor
from stemdesk.gui.job_commands import JobCommands
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.links import LinkDesk
from stemdesk.gui.machine import Machine
from stemdesk.gui.memory import LedgerMemory
from stemdesk.gui.model_desk import ModelDesk
from stemdesk.gui.runner import Runner, make_pipeline
from stemdesk.gui.shelf import Shelf
from stemdesk.gui.tasks import Tasks, ignore
from stemdesk.gui.values import PipelineFactory, Surroundings
from stemdesk.gui.waits import Waits
from stemdesk.jobs.scheduler import keeps_scratch
from stemdesk.paths import Folders

if TYPE_CHECKING:
    from stemdesk.jobs.pipeline import Workplace


class Controller(JobCommands):
    """What the window can ask for and hear: settings, new songs, and what may be asked for jobs.

    Commands return at once; what came of them is heard as signals.
    """

    jobs_reset = Signal()  # everything may have changed
    jobs_added = Signal(object)  # list[Job], at the end of the queue
    job_moved = Signal(str)  # job id: the order changed
    jobs_removed = Signal(object)  # list[str]
    progress_changed = Signal(str)  # job id, at most 20 a second
    batch_finished = Signal(object)  # BatchSummary
    device_known = Signal(object)  # DeviceLike
    links_found = Signal(object)  # tuple[str, ...]: addresses in files; nothing was added for them
    models_known = Signal(object)  # tuple[ModelChoice, ...]
    model_wanted = Signal(str)  # songs wait for this model from now on
    stopped = Signal()

    def __init__(
        self,
        folders: Folders,
        settings: Settings,
        pipeline_factory: PipelineFactory = make_pipeline,
        parent: QObject | None = None,
        *,
        surroundings: Surroundings | None = None,
    ) -> None:
        """`folders`: the defaults; what the settings choose is put in here."""
        super().__init__(parent)
        around = surroundings or Surroundings()
        self._stop_ms = around.stop_ms
        self._started = False
        self._early: list[Path] = []  # given before the start
        self._early_links: list[str] = []
        tasks = self.tasks = Tasks(self)
        machine = self._machine = Machine(tasks, folders, settings, around, self)
        ledger = self._ledger = Ledger(folders.database, self)
        self.memory = LedgerMemory(ledger, self)
        self.models = ModelDesk(tasks, ledger, machine, around.models, self)
        runner = self._runner = Runner(tasks, pipeline_factory, self, around.rest_ms)
        adder = self._adder = Adder(tasks, ledger, self)
        self._shelf = Shelf(tasks, ledger, self)
        self.hearing = Hearing(lambda: machine.folders, lambda: machine.settings)
        self.exports = ExportDesk(tasks, self.hearing, around.exports, self)
        janitor = self._janitor = Janitor(tasks, self.hearing, self)
        # These know nothing of the controller: in a circle of references, the garbage collector
        # would end it and its timers, in whatever thread that happens to run.
        elsewhere = self._elsewhere = Elsewhere(
            ledger, machine.scratch, lambda: {*links.running, runner.job_id}, around.poll_ms, self
        )
        self._waits = Waits(
            tasks, ledger, lambda: machine.folders, around.free_bytes, around.retry_ms, self
        )
        self._conveyor = Conveyor(runner, ledger, adder, elsewhere, janitor, machine.scratch, self)
        put = self._conveyor.put
        links = self.links = LinkDesk(tasks, ledger, elsewhere, machine, around.links, put, self)
        self._auto = AutoExport(tasks, ledger, machine, self.memory, self.exports, self)
        self.downloader = Downloader(tasks, machine, around.links, self)
        self.gpu = GpuDesk(tasks, machine, around.gpu, self)
        self._new_link_job = around.links.new_job
        self._connect()

    def _connect(self) -> None:
        self._ledger.opened.connect(self._on_opened)
        self._ledger.reset.connect(self.jobs_reset)
        self._ledger.added.connect(self._on_added)
        self._ledger.changed.connect(self.job_changed)
        self._ledger.moved.connect(self.job_moved)
        self._ledger.removed.connect(self.jobs_removed)
        self._ledger.failed.connect(self._complain)
        self._adder.model_wanted.connect(self.model_wanted)
        self._conveyor.model_wanted.connect(self.model_wanted)
        self._adder.links_found.connect(self.links_found)
        self._shelf.changed.connect(self.job_changed)
        self.links.changed.connect(self.job_changed)
        self.links.progressed.connect(self.progress_changed)
        self._elsewhere.changed.connect(self.job_changed)
        self._waits.can_go_on.connect(self.go_on)
        self._waits.looked.connect(self.models.look_while_none)
        self._machine.device_known.connect(self.device_known)
        self._machine.models_moved.connect(self.models.look)
        self.models.known.connect(self.models_known)
        self.models.arrived.connect(self._waits.look)
        self.models.can_go_on.connect(self.go_on)
        self.models.settings_wanted.connect(self.change_settings)
        self.downloader.retry_wanted.connect(self.retry)
        parts = (self._adder, self._shelf, self._machine, self.models, self.downloader, self._auto)
        for part in (*parts, self.gpu):
            part.message.connect(self.message)
        self._conveyor.split.connect(self._auto.split)
        self._conveyor.progressed.connect(self.progress_changed)
        self._conveyor.rested.connect(self.job_changed)
        self._conveyor.batch_finished.connect(self.batch_finished)
        self._conveyor.stopped.connect(self.stopped)

    # Start and end.

    def load_libraries(self) -> None:
        """Before the window is made: load beside it what the first song will need."""
        self._machine.load_libraries()

    def start(self) -> None:
        """Begin to work, after the first paint: what was queued in the last run goes on."""
        self._started = True
        self._runner.set_workplace(self._workplace())
        self._machine.start(song_comes=bool(self._early))
        self.models.look()
        self._ledger.open()
        if self._early:
            self.add_paths(self._early)
        if self._early_links:
            self.add_links(self._early_links)

    def _workplace(self) -> Workplace:
        return replace(self.hearing.workplace(), device_met=self._machine.met)

    def _on_opened(self) -> None:
        self._elsewhere.start()
        self._waits.start()
        self._janitor.clean(self.folders)
        self.gpu.begin()
        self._adder.read_tags(self._ledger.jobs)

    def stop_now(self) -> None:
        """Stop the running job, to go on at the next start; `stopped` follows within 1 s."""
        self._adder.stop()
        self.links.stop()
        self.exports.stop()
        self._conveyor.stop(self._stop_ms)

    def close(self, wait_ms: int = 2000) -> bool:
        """End all work and write everything. False if a thread did not end within `wait_ms`:
        then the process has to be ended without tidying up."""
        self._adder.stop()
        self.links.stop()
        self.exports.stop()
        self._conveyor.stop(self._stop_ms)
        self._elsewhere.stop()
        self._waits.stop()
        self.models.stop()
        self.downloader.stop()
        self.gpu.stop()
        self._runner.close()
        ended = self.hearing.close(wait_ms / 1000) & self.tasks.close(wait_ms)
        self._machine.close()
        self.memory.flush()
        self._ledger.close()
        return ended

    # Settings.

    def change_settings(self, settings: Settings) -> None:
        """Take and save them. Queued jobs keep theirs; a working folder in use stays, as told."""
        moved = settings.scratch_folder != self.settings.scratch_folder
        if moved and (self.busy or any(keeps_scratch(job) for job in self.jobs)):
            settings = replace(settings, scratch_folder=self.settings.scratch_folder)
            self.message.emit(reports.SCRATCH_IN_USE)
        if self._machine.change_settings(settings):
            if self._started:
                self._runner.set_workplace(self._workplace())
                self.tasks.io(self.hearing.trim, ignore, behind=True)
            self._waits.look()

    # Adding.

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Add each song under these files and folders; before the start, they wait for it."""
        if not self._started:
            self._early.extend(paths)
            return
        self._adder.add(paths, self.folders, self.settings, self.models.lister())

    def add_links(self, urls: Sequence[str]) -> None:
        """Add a song for each of these web addresses (`core.link.read_link`); before the start,
        they wait for it."""
        if not self._started:
            self._early_links.extend(urls)
            return
        lister, new_job = self.models.lister(), self._new_link_job
        self._adder.add_links(urls, self.folders, self.settings, lister, new_job)

    def add_demo(self) -> None:
        """Add the demo song that the app makes itself."""
        self._adder.add_demo(self.folders, self.settings, self.models.lister())

    def _on_added(self, jobs: list[Job]) -> None:
        self._adder.read_tags(jobs)
        self.jobs_added.emit(jobs)
        self._conveyor.pump()

    def _complain(self, error: StemDeskError) -> None:
        self.message.emit(reports.error_message(error))
