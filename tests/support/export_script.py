"""Exports that do what a test says, instead of encoding."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stemdesk.core.errors import Cancelled
from stemdesk.core.export_order import ExportOrder, PartKind
from stemdesk.core.export_presets import ExportPreset
from stemdesk.core.progress import CancelToken
from stemdesk.core.template import check_template
from stemdesk.gui.export_values import Batch, ExportServices, Subject
from stemdesk.jobs.exports.values import (
    Exported,
    ExportedSong,
    ExportProgress,
    ExportSong,
    ReportExport,
)

FOUR = ("drums", "bass", "other", "vocals")
Behaviour = Callable[[Batch, ReportExport, CancelToken], Exported]


def at_once(batch: Batch, report: ReportExport, cancel: CancelToken) -> Exported:
    """Every song gets one file."""
    return Exported(tuple(done(song, batch.folder) for song in batch.songs))


def done(song: ExportSong, folder: Path, **changes: Any) -> ExportedSong:
    return ExportedSong(song, files=(folder / f"{song.title}.wav",), **changes)


def endless(batch: Batch, report: ReportExport, cancel: CancelToken) -> Exported:
    """Writes until it is cancelled."""
    report(ExportProgress(0.43, batch.songs[0].title, 0, len(batch.songs), 72.0, "vocals.wav"))
    with contextlib.suppress(Cancelled):
        cancel.wait(60)
    return Exported((), cancelled=cancel.cancelled)


@dataclass
class ExportScript:
    """`behaviour`: what the next exports do. `exported`: what was asked for, in order."""

    behaviour: Behaviour = at_once
    stems: tuple[str, ...] = FOUR
    video: bool = False
    there: bool = True
    samplerate: int = 48_000
    exported: list[Batch] = field(default_factory=list)
    presets: tuple[ExportPreset, ...] = ()
    saved: list[tuple[ExportPreset, ...]] = field(default_factory=list)

    def services(self) -> ExportServices:
        return ExportServices(self._export, self._plan, self._find, self._load, self._save)

    def _export(
        self, batch: Batch, originals: object, report: ReportExport, cancel: CancelToken
    ) -> Exported:
        self.exported.append(batch)
        return self.behaviour(batch, report, cancel)

    def _plan(
        self, songs: Sequence[ExportSong], order: ExportOrder, folder: Path
    ) -> tuple[Path, ...]:
        """A file for each part and format, stems one by one."""
        check_template(order.template)
        parts = [str(p) for p in order.parts if p.stem or p.kind is not PartKind.STEM]
        if any(p.kind is PartKind.STEM and not p.stem for p in order.parts):
            parts = [*self.stems, *parts]
        return tuple(
            folder / song.title / f"{song.title} ({part}){one.suffix}"
            for song in songs
            for one in order.formats
            for part in parts
        )

    def _find(self, song: ExportSong) -> Subject:
        return Subject(song, self.stems, self.samplerate, 44_100, self.video, self.there)

    def _load(self, _: Path) -> tuple[ExportPreset, ...]:
        return self.presets

    def _save(self, _: Path, presets: Sequence[ExportPreset]) -> None:
        self.presets = tuple(presets)
        self.saved.append(self.presets)
