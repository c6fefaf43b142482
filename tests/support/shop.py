"""Stands for the rooms below, as the window asks them about models: a catalogue, and a server
that sends what it is told to, as files that the library can read."""

from __future__ import annotations

import threading
from pathlib import Path

from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.gui.model_values import ModelServices, Stems
from stemdesk.models.catalogue import CatalogueFile, CatalogueModel
from stemdesk.models.library import ModelLibrary
from support.models import SOURCES, install_small

SIZE = 84_025_440
IDENTITY = tuple(tuple(float(row == column) for column in range(4)) for row in range(4))


def offline() -> FetchError:
    return FetchError(ErrorCode.DOWNLOAD_OFFLINE, "no route", host="models.example")


class Shop:
    """A download ends when `go` is set: with `error`, or with a small model of that name. `asked`:
    what was asked for, in order; several at once are asked from several threads."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Stems]] = []
        self.verified: list[str] = []
        self.imported: list[Path] = []
        self.import_threads: set[int] = set()
        self.go = threading.Event()
        self.error: Exception | None = None
        self.stuck = False  # an import does not end before it is cancelled
        self.intact: bool | Exception = True

    @property
    def services(self) -> ModelServices:
        return ModelServices(
            self._catalogue, self._download, self._remove, self._verify, self._import
        )

    def _catalogue(self) -> tuple[CatalogueModel, ...]:
        return (
            _model("htdemucs", ["955717e8"]),
            _model("htdemucs_ft", ["f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d"], IDENTITY),
        )

    def _download(
        self,
        library: ModelLibrary,
        name: str,
        stems: Stems,
        report: TransferReport,
        cancel: CancelToken,
        _mirror: str,
    ) -> None:
        self.asked.append((name, stems))
        report(Transfer(name, 36_130_939, SIZE, 2_100_000.0, 22.8))
        while not self.go.wait(0.01):
            cancel.check()
        if self.error is not None:
            raise self.error
        install_small(library.folder, name)

    def _remove(self, library: ModelLibrary, name: str) -> int:
        path = library.folder / f"{name}.yaml"
        freed = path.stat().st_size
        path.unlink()
        return freed

    def _verify(
        self, _: ModelLibrary, name: str, report: TransferReport, cancel: CancelToken
    ) -> bool:
        report(Transfer(name, SIZE // 2, SIZE, None, None))
        cancel.check()
        self.verified.append(name)
        if isinstance(self.intact, Exception):
            raise self.intact
        return self.intact

    def _import(
        self, library: ModelLibrary, path: Path, report: TransferReport, cancel: CancelToken
    ) -> str:
        self.imported.append(path)
        self.import_threads.add(threading.get_ident())
        if self.stuck:
            cancel.wait(60)
        cancel.check()
        if self.error is not None:
            raise self.error
        install_small(library.folder, path.stem)
        return path.stem


def _model(
    name: str, signatures: list[str], weights: tuple[tuple[float, ...], ...] | None = None
) -> CatalogueModel:
    files = tuple(CatalogueFile(mark, SIZE, "0" * 64, f"{mark}.x", None) for mark in signatures)
    return CatalogueModel(
        name=name,
        title="Hybrid Transformer Demucs",
        sources=tuple(SOURCES),
        files=files,
        weights=weights or ((1.0,) * 4,) * len(files),
        segment=None,
        purpose="For most songs.",
        relative_time=float(len(files)),
        licence="The author says MIT.",
        downloadable=True,
        tested=True,
        experimental=(),
    )
