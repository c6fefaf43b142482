"""How StemDesk does on this computer, for the diagnostics page and `stemdesk doctor`."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from stemdesk import __version__, memory
from stemdesk.core.errors import StemDeskError, free_bytes
from stemdesk.core.job import ACTIVE, JobState
from stemdesk.core.sentences import format_bytes, format_duration, printable
from stemdesk.jobs.runs import Totals
from stemdesk.jobs.space import cache_bytes, size_bytes
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders

PACKAGES = ("torch", "demucs", "PySide6-Essentials", "av", "soundfile", "soxr", "sounddevice")
TAIL_LINES = 200
_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of ours and the room on its volume."""

    name: str
    path: Path
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Health:
    """`totals`: None where the list of songs cannot be read; `waiting`, `running`: jobs in it.
    `used_bytes`: of memory by this process. `packages`: versions, "missing" where there is none.
    """

    version: str
    python: str
    system: str
    totals: Totals | None
    waiting: int
    running: int
    used_bytes: int
    total_bytes: int
    places: tuple[Place, ...]
    scratch_bytes: int
    cache_bytes: int
    packages: dict[str, str]


def look(where: Folders) -> Health:
    """Ask for all of it: files and folders are read. Never raises."""
    totals, waiting, running = _jobs(where.database)
    return Health(
        version=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        totals=totals,
        waiting=waiting,
        running=running,
        used_bytes=memory.used_bytes(),
        total_bytes=memory.total_bytes(),
        places=tuple(Place(name, path, free_bytes(path)) for name, path in places(where).items()),
        scratch_bytes=size_bytes(where.scratch),
        cache_bytes=cache_bytes(where.cache),
        packages={name: _version(name) for name in PACKAGES},
    )


def places(where: Folders) -> dict[str, Path]:
    """Every folder, by its name."""
    return {
        "output": where.output,
        "scratch": where.scratch,
        "cache": where.cache,
        "models": where.models,
        "data": where.data,
        "settings": where.config,
        "logs": where.logs,
    }


def work_lines(health: Health) -> list[str]:
    """What was done and what waits, and the memory, in words."""
    lines = [_totals_text(health.totals)]
    for speed in health.totals.speeds if health.totals else ():
        lines.append(
            f"Time per minute of music: {speed.per_minute_s:.1f} s with "
            f"{printable(speed.model)} on {printable(speed.device) or 'an unknown device'} "
            f"({speed.songs} songs, {format_duration(speed.music_s)})"
        )
    lines.append(f"Queue: {health.waiting} waiting, {health.running} at work")
    total = f" of {format_bytes(health.total_bytes)}" if health.total_bytes else ""
    lines.append(f"Memory: {format_bytes(health.used_bytes)}{total}")
    return lines


def place_lines(health: Health) -> list[str]:
    """Folders, what they hold, versions."""
    lines = [
        f"{place.name.capitalize()}: {printable(str(place.path))} "
        f"({format_bytes(place.free_bytes)} free)"
        for place in health.places
    ]
    lines.append(f"Working files: {format_bytes(health.scratch_bytes)}")
    lines.append(f"Cached: {format_bytes(health.cache_bytes)}")
    return lines


def version_lines(health: Health) -> list[str]:
    packages = ", ".join(f"{name} {version}" for name, version in health.packages.items())
    return [f"Versions: {packages}"]


def log_tail(path: Path) -> str:
    """The last lines of a log; "" where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    if size > _TAIL_BYTES:
        del lines[0]  # its beginning is missing
    return "\n".join(lines[-TAIL_LINES:])


def _totals_text(totals: Totals | None) -> str:
    if totals is None:
        return "Songs: the list of songs cannot be read"
    return f"Songs: {totals.done} done, {totals.failed} failed, {totals.cancelled} cancelled"


def _jobs(database: Path) -> tuple[Totals | None, int, int]:
    if not database.exists():
        return Totals(), 0, 0
    try:
        store = JobStore(database)
        try:
            states = [job.state for job in store.all()]
            totals = store.totals()
        finally:
            store.close()
    except StemDeskError:
        return None, 0, 0
    waiting = sum(state in (JobState.QUEUED, JobState.WAITING) for state in states)
    return totals, waiting, sum(state in ACTIVE for state in states)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"
