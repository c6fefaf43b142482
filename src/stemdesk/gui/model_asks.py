"""When the window asks about models, and where its page of models opens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from stemdesk.gui.ask_model import AskModel
from stemdesk.gui.choosing import instead_of
from stemdesk.gui.downloads import joined
from stemdesk.gui.model_values import ModelChoice, Stems
from stemdesk.gui.models_page import ModelsPage

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller


class ModelAsks(QObject):
    """Asks once for each model; afterwards the waiting songs offer the same in their rows."""

    def __init__(self, controller: Controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._asked: set[str] = set()
        self._wanted: set[str] = set()  # to be asked about after the next look
        controller.model_wanted.connect(self.ask)
        controller.models.looked.connect(self._ask_now)

    def show_page(self) -> None:
        """Open the models page, or bring it to the front."""
        for page in self._window.findChildren(ModelsPage):
            if page.isVisible():
                page.raise_()
                return
        self._controller.models.look()
        ModelsPage(self._window, self._controller.models).show_over()

    def import_files(self, paths: Sequence[Path]) -> None:
        """Install models from files, and show on the models page how far that is."""
        self.show_page()
        self._controller.models.import_files(paths)

    def ask(self, name: str) -> None:
        """Songs wait for a model: look what is there, and offer its download then. It may have
        come or gone by hand since the last look."""
        self._wanted.add(name)
        self._controller.models.look()

    def _ask_now(self) -> None:
        wanted, self._wanted = self._wanted, set()
        for name in wanted:
            self._ask(name)

    def _ask(self, name: str) -> None:
        """Offer a model's download, and what could be taken instead."""
        desk = self._controller.models
        choice, download = desk.choice(name), desk.downloads.get(name)
        ids = desk.waiting_for(name)
        if choice is None or not ids:
            return
        stems = _wanted(self._controller, ids)
        if download is not None and download.fetches:
            desk.download_for(ids)  # more stems may be wanted now
            return
        if name in self._asked or not _size(choice, stems):
            return
        self._asked.add(name)
        other = instead_of(desk.choices, name, stems)
        AskModel(
            self._window,
            choice,
            stems,
            other,
            download=lambda: desk.download_for(desk.waiting_for(name)),
            use_other=lambda: desk.use_instead(desk.waiting_for(name)),
        ).show_over()


def _size(choice: ModelChoice, stems: Stems) -> int:
    """What can be downloaded of a model."""
    return choice.missing_bytes(stems) if choice.choosable else 0


def _wanted(controller: Controller, ids: list[str]) -> tuple[str, ...]:
    """The stems that these jobs want, all together."""
    jobs = [job for job in map(controller.job, ids) if job is not None]
    wanted = jobs[0].separation.stems
    for job in jobs[1:]:
        wanted = joined(wanted, job.separation.stems)
    return wanted
