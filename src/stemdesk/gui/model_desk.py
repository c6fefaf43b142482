"""Everything about models that the window can ask for: the list, downloads, and songs that wait.

Lives in the GUI thread and never waits there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.job import ACTIVE, Job
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport
from stemdesk.gui import model_words, reports
from stemdesk.gui.choosing import (
    better_than_draft,
    find,
    instead_of,
    settings_with_other,
    with_other,
)
from stemdesk.gui.downloads import Downloads, Work
from stemdesk.gui.ledger import Ledger
from stemdesk.gui.machine import Machine
from stemdesk.gui.model_list import list_models
from stemdesk.gui.model_values import (
    Download,
    Errand,
    ModelChoice,
    ModelServices,
    Phase,
    Stems,
)
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.values import UserMessage
from stemdesk.gui.waits import needed_model
from stemdesk.log import log
from stemdesk.models.library import ModelLibrary

IMPORTING = ""
"""Stands for the file that is imported, whose model has no name yet."""


class ModelDesk(QObject):
    """A command that does not fit what happens to a model now does nothing."""

    known = Signal(object)  # tuple[ModelChoice, ...]
    looked = Signal()  # `choices` are what is there now, changed or not
    changed = Signal(str)  # model: its download, check or removal
    arrived = Signal()  # there may be a model now that jobs wait for
    can_go_on = Signal(object)  # list[str], ids of jobs that have another model now
    settings_wanted = Signal(object)  # Settings
    message = Signal(object)  # UserMessage

    def __init__(
        self,
        tasks: Tasks,
        ledger: Ledger,
        machine: Machine,
        services: ModelServices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._ledger = ledger
        self._machine = machine
        self._services = services
        self._choices: tuple[ModelChoice, ...] | None = None
        self._looks = self._answered = 0  # numbers: the last one, and the newest that is known
        self._imports: list[Path] = []
        self.downloads = Downloads(tasks, self._fetch, self)
        self.downloads.changed.connect(self.changed)
        self.downloads.ended.connect(self._on_ended)

    # The list

    @property
    def choices(self) -> tuple[ModelChoice, ...]:
        """What was found last; empty before the first look."""
        return self._choices or ()

    def choice(self, name: str) -> ModelChoice | None:
        return find(self.choices, name)

    def lister(self) -> Callable[[], tuple[ModelChoice, ...]]:
        """Reads the list anew, in whatever thread it is called."""
        library, services = self._library(), self._services
        return lambda: list_models(library, services.catalogue())

    def look(self, then: Callable[[], None] | None = None) -> None:
        """List the models again; `known` follows if that changes anything, and then `looked`.
        `then` is called after that."""
        folder = self._machine.folders.models
        self._looks += 1
        number = self._looks

        def listed(outcome: Outcome[tuple[ModelChoice, ...]]) -> None:
            if outcome.error is not None:
                self.message.emit(reports.error_message(outcome.error, folder))
            if outcome.value is None or folder != self._machine.folders.models:
                return
            if number > self._answered:  # two looks at once may answer in another order
                self._answered = number
                self._learn(outcome.value)
            self.looked.emit()
            if then is not None:
                then()

        self._tasks.io(self.lister(), listed)

    def _learn(self, choices: tuple[ModelChoice, ...]) -> None:
        before, self._choices = self._choices, choices
        _log_trouble(before or (), choices)
        self._forget_failures()
        if before != choices:
            self.known.emit(choices)

    def _forget_failures(self) -> None:
        """A download that failed is of no interest any more where its files came another way."""
        for choice in self.choices:
            state = self.downloads.get(choice.name)
            if state is not None and choice.usable(state.stems):
                self.downloads.forget_failure(choice.name, Errand.DOWNLOAD)

    def look_while_none(self) -> None:
        """The same while there is none but the built-in one: it may be put there by hand."""
        if self._choices is not None and better_than_draft(self._choices) is None:
            self.look()

    # What happens to models

    def download(self, name: str, stems: Stems = ()) -> None:
        self.downloads.start(name, stems)

    def download_for(self, ids: Iterable[str]) -> None:
        """Download the models that these jobs wait for, with the networks for their stems.
        Models that cannot be downloaded are passed over."""
        for job in self._waiting(ids):
            choice = self.choice(job.separation.model)
            if choice is not None and choice.choosable:
                self.download(job.separation.model, job.separation.stems)

    def cancel(self, name: str) -> None:
        """Stop what is done with a model; with `IMPORTING`, also the files that come after."""
        if name == IMPORTING:
            self._imports.clear()
        self.downloads.cancel(name)

    def verify(self, name: str) -> None:
        """Compare a model's files with their hashes."""
        library, verify = self._library(), self._services.verify

        def work(report: TransferReport, token: CancelToken) -> bool:
            return verify(library, name, report, token)

        self.downloads.run(name, Download(Errand.CHECK), work)

    def import_files(self, paths: Sequence[Path]) -> None:
        """Install models from files, one after the other, behind a song that is being split."""
        self._imports.extend(paths)
        self._import_next()

    def _import_next(self) -> None:
        state = self.downloads.get(IMPORTING)
        if not self._imports or (state is not None and state.running):
            return
        path = self._imports.pop(0)
        library, import_file = self._library(), self._services.import_file

        def work(report: TransferReport, token: CancelToken) -> str:
            return import_file(library, path, report, token)

        self.downloads.run(IMPORTING, Download(Errand.IMPORT, path=path), work, compute=True)

    def close_imports(self) -> None:
        """Why an import failed has been read."""
        self.downloads.forget_failure(IMPORTING, Errand.IMPORT)

    def remove(self, name: str) -> None:
        """Delete a model's files, unless a song is being split with it. Songs that need it wait
        for it when it is their turn."""
        state = self.downloads.get(name)
        if state is not None and state.running:
            return
        if any(job.state in ACTIVE and job.separation.model == name for job in self._ledger.jobs):
            in_use = ModelError(ErrorCode.MODEL_IN_USE, model=name)
            self.message.emit(reports.error_message(in_use))
            return
        library, remove = self._library(), self._services.remove

        def removed(outcome: Outcome[int]) -> None:
            if outcome.error is not None:
                self.message.emit(reports.error_message(outcome.error, library.folder))
            elif outcome.value is not None:
                text = model_words.removed_text(name, outcome.value)
                self.message.emit(UserMessage(text))
            self.downloads.forget(name)
            self.look()

        self._tasks.io(lambda: remove(library, name), removed)

    def stop(self) -> None:
        """Stop downloads, at the app's end."""
        self._imports.clear()
        self.downloads.stop()

    # Songs that wait for a model

    def instead(self, job: Job) -> ModelChoice | None:
        """What could split a song now in place of its model."""
        return instead_of(self.choices, job.separation.model, job.separation.stems)

    def waiting_for(self, name: str) -> list[str]:
        """Ids of the jobs that wait for a model, or would when their songs are fetched."""
        return [job.id for job in self._ledger.jobs if needed_model(job) == name]

    def use_instead(self, ids: Iterable[str]) -> None:
        """Split these waiting songs with what there is, and do not ask about that again."""
        changed, settings = [], self._machine.settings
        for job in self._waiting(ids):
            other = self.instead(job)
            if other is not None:
                settings = settings_with_other(settings, job.separation.model, other)
                changed.append(replace(job, separation=with_other(job.separation, other).options))
        if settings != self._machine.settings:
            self.settings_wanted.emit(settings)
        if changed:
            self._ledger.put(changed)
            self.can_go_on.emit([job.id for job in changed])

    def _waiting(self, ids: Iterable[str]) -> list[Job]:
        jobs = map(self._ledger.get, ids)
        return [job for job in jobs if job is not None and needed_model(job)]

    def _library(self) -> ModelLibrary:
        return ModelLibrary(self._machine.folders.models)

    def _fetch(self, name: str, stems: Stems) -> Work:
        library, mirror = self._library(), self._machine.settings.model_mirror
        fetch = self._services.download
        return lambda report, token: fetch(library, name, stems, report, token, mirror)

    def _on_ended(self, name: str, state: Download, value: object) -> None:
        if state.phase is Phase.FAILED:  # the page with its line may be closed
            self.message.emit(UserMessage(state.error, state.detail))
        then = None
        if state.errand is Errand.IMPORT:
            if state.phase is Phase.DONE:
                self.downloads.forget_failure(str(value), Errand.DOWNLOAD)
                then = partial(self._tell_imported, str(value))
            self._import_next()
        if state.errand is not Errand.CHECK:
            self.look(then)
            self.arrived.emit()

    def _tell_imported(self, name: str) -> None:
        """A model's file has come; there may be more of them to import."""
        self.message.emit(UserMessage(model_words.imported_text(name, self.choice(name))))


def _log_trouble(before: Sequence[ModelChoice], now: Sequence[ModelChoice]) -> None:
    """Once for each: models are looked at again and again."""
    known = {(choice.name, choice.trouble) for choice in before}
    for choice in now:
        if choice.trouble and (choice.name, choice.trouble) not in known:
            log.warning("the model %s cannot be used: %s", choice.name, choice.trouble)
