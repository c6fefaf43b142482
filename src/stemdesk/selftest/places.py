"""Folders, the database, what came with the app, and the models."""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

from stemdesk.core.errors import free_bytes
from stemdesk.core.job import JobState, new_job
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.sentences import format_bytes
from stemdesk.core.track import Tags, Track
from stemdesk.fetch.configured import RESOURCE
from stemdesk.jobs.store import JobStore
from stemdesk.models.catalogue import catalogue
from stemdesk.models.library import BUILT_IN, BrokenModel, ModelLibrary
from stemdesk.paths import Folders, resources
from stemdesk.selftest.report import TroubleError

_ICONS_MIN = 30
_LICENCES = ("LICENSE", "THIRD-PARTY.md", "LICENCES.txt")


def check_folders(where: Folders) -> str:
    """Whether each folder can be written, or be made; nothing is made. Raises `TroubleError`."""
    names = [item.name for item in fields(where) if getattr(where, item.name) is not None]
    closed = []
    for name in names:
        folder = getattr(where, name)
        # None: on a Windows drive that is not plugged in.
        there = next((path for path in (folder, *folder.parents) if path.exists()), None)
        if there is None or not there.is_dir() or not os.access(there, os.W_OK):
            closed.append(f"{name} ({folder})")
    if closed:
        raise TroubleError(f"cannot be written: {', '.join(closed)}")
    temporary = Path(tempfile.gettempdir())
    room = f"{format_bytes(free_bytes(where.data))} free, {format_bytes(free_bytes(temporary))}"
    return f"{len(names)} can be written; {room} in {temporary}"


def check_database(folder: Path) -> str:
    """Writes a job and reads it again. Raises `TroubleError`, `StoreError`."""
    track = Track(folder / "Ünïcödé 日本.flac", Tags(title="Ünïcödé 日本"))
    options = SeparationOptions(BUILT_IN), ExportOptions()
    for _ in range(2):  # the second one opens what is there
        store = JobStore(folder / "jobs.sqlite3")
        try:
            (job,) = store.add([new_job(track, *options, folder)])
            store.update([job.moved_to(JobState.CANCELLED)])
            read = store.get(job.id)
        finally:
            store.close()
        if read != job.moved_to(JobState.CANCELLED):
            raise TroubleError("a job is not read as it was written")
    return f"SQLite {sqlite3.sqlite_version}"


def check_resources() -> str:
    """Raises `TroubleError` for what is missing of what came with the app."""
    root = resources()
    icons = sorted((root / "icons").glob("*.svg"))
    needed = [root / "models" / BUILT_IN / f"{BUILT_IN}.yaml", root / "icons" / "stemdesk.svg"]
    if getattr(sys, "frozen", False):
        needed += [root / RESOURCE, *(root / "licences" / name for name in _LICENCES)]
    missing = [str(path.relative_to(root)) for path in needed if not path.is_file()]
    if len(icons) < _ICONS_MIN:
        missing.append(f"icons (there are {len(icons)})")
    if missing:
        raise TroubleError(f"missing: {', '.join(missing)} in {root}")
    return f"{len(icons)} icons and what else came with the app, in {root}"


def check_models(where: Folders) -> str:
    """The list of models, and each installed one as far as its header says. Raises
    `TroubleError`, `ModelError`, `ValueError`."""
    library = ModelLibrary(where.models)
    library.get(BUILT_IN)
    installed = library.installed()
    broken = [item for item in installed if isinstance(item, BrokenModel)]
    if broken:
        raise TroubleError(
            "; ".join(f"{item.name}: {item.error.code.value}" for item in broken)
            + " (stemdesk models verify says more)"
        )
    names = ", ".join(item.name for item in installed)
    return f"{len(catalogue())} models known; installed: {names}"
