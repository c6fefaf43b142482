"""The models' side of the fake controller: it notes what is asked, and tests bring things about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from stemdesk.core.job import Job
from stemdesk.gui.choosing import find, instead_of
from stemdesk.gui.model_values import Download, ModelChoice, ModelState, Part, Stems
from stemdesk.gui.waits import awaited_model

if TYPE_CHECKING:
    from support.fake_controller import FakeController

FOUR = ("drums", "bass", "other", "vocals")
MB = 1_000_000
STARTER = ModelChoice(
    "starter", FOUR, 4 * MB, ModelState.BUILT_IN, title="The built-in draft", purpose="Quick."
)


def released(
    name: str = "htdemucs", state: ModelState = ModelState.ABSENT, **changes: Any
) -> ModelChoice:
    """A released model; htdemucs_ft has a part for each stem, of which a partial one has only
    that for the vocals."""
    there = state is ModelState.INSTALLED
    parts: tuple[Part, ...] = (Part(FOUR, 84 * MB, there),)
    if name == "htdemucs_ft":
        some = there or state is ModelState.PARTIAL
        parts = tuple(Part((stem,), 84 * MB, some if stem == "vocals" else there) for stem in FOUR)
    values: dict[str, Any] = {
        "title": "Hybrid Transformer Demucs",
        "purpose": "For most songs.",
        "relative_time": 1.0,
        "licence": "The author says MIT.",
        "downloadable": True,
    }
    size = sum(part.size_bytes for part in parts)
    return ModelChoice(name, FOUR, size, state, parts, **{**values, **changes})


class FakeDownloads(QObject):
    """What a test says happens to each model."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, Download] = {}

    def get(self, name: str) -> Download | None:
        return self.states.get(name)


class FakeModels(QObject):
    """`calls`: what was asked, as (name, arguments…)."""

    known = Signal(object)
    looked = Signal()
    changed = Signal(str)
    settings_wanted = Signal(object)
    message = Signal(object)

    def __init__(self, controller: FakeController) -> None:
        super().__init__(controller)
        self._controller = controller
        self.calls: list[tuple[Any, ...]] = []
        self.choices: tuple[ModelChoice, ...] = ()
        self.on_disk: tuple[ModelChoice, ...] | None = None  # what a look finds, if not the same
        self.downloads = FakeDownloads()
        controller.models_known.connect(self._learn)
        self.settings_wanted.connect(controller.change_settings)
        self.message.connect(controller.message)

    def _learn(self, choices: Sequence[ModelChoice]) -> None:
        self.choices = tuple(choices)
        self.known.emit(self.choices)
        self.looked.emit()

    def put(self, name: str, state: Download | None) -> None:
        """Something happens to a model."""
        if state is None:
            self.downloads.states.pop(name, None)
        else:
            self.downloads.states[name] = state
        self.changed.emit(name)

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of each call of that name."""
        return [call[1:] for call in self.calls if call[0] == name]

    # What the window asks for

    def choice(self, name: str) -> ModelChoice | None:
        return find(self.choices, name)

    def look(self) -> None:
        self.calls.append(("look",))
        if self.on_disk is not None:
            self._controller.models_known.emit(self.on_disk)
        elif self.choices:
            self.looked.emit()

    def download(self, name: str, stems: Stems = ()) -> None:
        self.calls.append(("download", name, stems))

    def download_for(self, ids: Iterable[str]) -> None:
        self.calls.append(("download_for", list(ids)))

    def cancel(self, name: str) -> None:
        self.calls.append(("cancel", name))

    def verify(self, name: str) -> None:
        self.calls.append(("verify", name))

    def remove(self, name: str) -> None:
        self.calls.append(("remove", name))

    def import_files(self, paths: Sequence[Path]) -> None:
        self.calls.append(("import_files", list(paths)))

    def close_imports(self) -> None:
        self.calls.append(("close_imports",))

    def use_instead(self, ids: Iterable[str]) -> None:
        self.calls.append(("use_instead", list(ids)))

    def instead(self, job: Job) -> ModelChoice | None:
        return instead_of(self.choices, job.separation.model, job.separation.stems)

    def waiting_for(self, name: str) -> list[str]:
        return [job.id for job in self._controller.jobs if awaited_model(job) == name]
