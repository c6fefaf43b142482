"""Models as the window shows them, what happens to them, and who does it: frozen values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport

if TYPE_CHECKING:
    from stemdesk.models.catalogue import CatalogueModel
    from stemdesk.models.library import ModelLibrary

Stems = tuple[str, ...]
"""The wanted ones; empty for all."""


class ModelState(StrEnum):
    """How much of a model is on this computer."""

    BUILT_IN = "built-in"
    INSTALLED = "installed"
    PARTIAL = "partial"  # the networks of some of its stems
    ABSENT = "absent"
    BROKEN = "broken"


USABLE = frozenset({ModelState.BUILT_IN, ModelState.INSTALLED, ModelState.PARTIAL})


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a released model: which stems need it, and whether it is on the disk."""

    stems: Stems
    size_bytes: int
    there: bool


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model, as the menu and the models page show it. `stems`: all it can make. `size_bytes`:
    on the disk, or of the download where nothing is there. `relative_time`: what it costs against
    htdemucs, None if unknown. `trouble`: why a broken one cannot be used."""

    name: str
    stems: Stems
    size_bytes: int
    state: ModelState = ModelState.INSTALLED
    parts: tuple[Part, ...] = ()
    title: str = ""
    purpose: str = ""
    relative_time: float | None = None
    licence: str = ""
    downloadable: bool = False
    tested: bool = True
    experimental: Stems = ()
    trouble: str = ""

    @property
    def choosable(self) -> bool:
        """Whether songs can be split with it, perhaps after a download."""
        return self.state in USABLE or (self.downloadable and self.state is ModelState.ABSENT)

    def usable(self, stems: Stems = ()) -> bool:
        """Whether it can make these stems now."""
        if self.state is ModelState.PARTIAL:
            return self.missing_bytes(stems) == 0
        return self.state in USABLE

    def missing_bytes(self, stems: Stems = ()) -> int:
        """What is to be downloaded for `stems`; those that it does not have count for nothing,
        and none at all for all."""
        if self.state not in (ModelState.ABSENT, ModelState.PARTIAL):
            return 0
        wanted = set(stems) & set(self.stems) or set(self.stems)
        return sum(
            part.size_bytes
            for part in self.parts
            if not part.there and not wanted.isdisjoint(part.stems)
        )

    @property
    def stems_there(self) -> Stems:
        """The stems that it can make now."""
        if self.state not in USABLE:
            return ()
        return tuple(stem for stem in self.stems if self.missing_bytes((stem,)) == 0)


class Errand(StrEnum):
    """What is done with a model's files in the background."""

    DOWNLOAD = "download"
    CHECK = "check"
    IMPORT = "import"


class Phase(StrEnum):
    WAITING = "waiting"  # for a free thread
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Download:
    """A download (or check, or import): for which stems, how far, and how it ended. `error`: what
    happened and what to do. `path`: the file that is imported.
    `known`: whether a check had something to compare with."""

    errand: Errand
    stems: Stems = ()
    phase: Phase = Phase.RUNNING
    transfer: Transfer | None = None
    error: str = ""
    detail: str = ""
    path: Path | None = None
    known: bool = True

    @property
    def running(self) -> bool:
        return self.phase in (Phase.WAITING, Phase.RUNNING, Phase.STOPPING)

    @property
    def fetches(self) -> bool:
        """Whether it is a download and goes on."""
        return self.running and self.errand is Errand.DOWNLOAD

    @property
    def fraction(self) -> float:
        return self.transfer.fraction if self.transfer is not None else 0.0


def catalogue() -> Sequence[CatalogueModel]:
    """Every released model that the app knows."""
    from stemdesk.models.catalogue import catalogue

    return catalogue()


def download(
    library: ModelLibrary,
    name: str,
    stems: Stems,
    report: TransferReport,
    cancel: CancelToken,
    mirror: str,
) -> None:
    """Fetch what is missing of a model. `mirror`: the setting. Raises `StemDeskError`,
    `Cancelled`."""
    from stemdesk.models.catalogue import base_url
    from stemdesk.models.install import download_model

    download_model(library, name, stems, report, cancel, base_url(mirror))


def remove(library: ModelLibrary, name: str) -> int:
    """Delete a model's files; the bytes that this frees."""
    from stemdesk.models.install import remove_model

    return remove_model(library, name)


def verify(library: ModelLibrary, name: str, report: TransferReport, cancel: CancelToken) -> bool:
    """Compare a model's files with their hashes; False where for a file nothing is known to
    compare it with. Raises `ModelError`, `Cancelled`."""
    from stemdesk.models.install import verify_model

    return verify_model(library, name, report, cancel)


def import_file(
    library: ModelLibrary, path: Path, report: TransferReport, cancel: CancelToken
) -> str:
    """Install a model from a file; its name. Imports torch for files that no one knows, so it
    belongs on the compute thread. Raises `StemDeskError`, `Cancelled`."""
    from stemdesk.jobs.import_model import import_model

    return import_model(library, path, None, report, cancel)


@dataclass(frozen=True, slots=True)
class ModelServices:
    """What is asked of the rooms below about models; tests put in their own."""

    catalogue: Callable[[], Sequence[CatalogueModel]] = catalogue
    download: Callable[[ModelLibrary, str, Stems, TransferReport, CancelToken, str], None] = (
        download
    )
    remove: Callable[[ModelLibrary, str], int] = remove
    verify: Callable[[ModelLibrary, str, TransferReport, CancelToken], bool] = verify
    import_file: Callable[[ModelLibrary, Path, TransferReport, CancelToken], str] = import_file
