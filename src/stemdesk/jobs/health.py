"""How StemDesk does on this computer, for the diagnostics page and `stemdesk doctor`."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from stemdesk import __version__, memory
from stemdesk.core.errors import StemDeskError, free_bytes
from stemdesk.core.job import ACTIVE, JobState
from stemdesk.core.sentences import count_of, format_bytes, format_duration, printable
from stemdesk.fetch.runtime import NEEDED, Runtime, look_for_runtime
from stemdesk.fetch.tool import Tool, tool_in_use
from stemdesk.jobs import gpu_pack
from stemdesk.jobs.gpu_pack import PackStatus
from stemdesk.jobs.gpu_words import pack_text
from stemdesk.jobs.runs import Totals
from stemdesk.jobs.space import cache_bytes, size_bytes
from stemdesk.jobs.store import JobStore
from stemdesk.jobs.versions import package_versions, system_name
from stemdesk.paths import Folders

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
    `tool`: what gets songs from links; `runtime`: the JavaScript runtime, None if there is none.
    `gpu_pack`: None where this StemDesk uses none.
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
    tool: Tool
    runtime: Runtime | None
    gpu_pack: PackStatus | None


def look(where: Folders) -> Health:
    """Ask for all of it: files and folders are read, and deno is asked for its version, and where
    packs are used the GPU's driver. Never raises."""
    totals, waiting, running = _jobs(where.database)
    return Health(
        version=__version__,
        python=platform.python_version(),
        system=system_name(),
        totals=totals,
        waiting=waiting,
        running=running,
        used_bytes=memory.used_bytes(),
        total_bytes=memory.total_bytes(),
        places=tuple(Place(name, path, free_bytes(path)) for name, path in places(where).items()),
        scratch_bytes=size_bytes(where.scratch),
        cache_bytes=cache_bytes(where.cache),
        packages=package_versions(),
        tool=tool_in_use(where.data),
        runtime=look_for_runtime(),
        gpu_pack=gpu_pack.look(where.data),
    )


def places(where: Folders) -> dict[str, Path]:
    """Every folder, by its name."""
    return {
        "output": where.output,
        "exports": where.exports,
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
            f"({count_of(speed.songs, 'song')}, {format_duration(speed.music_s)})"
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
    """Also of what links and an NVIDIA GPU need."""
    packages = ", ".join(f"{name} {version}" for name, version in health.packages.items())
    return [
        f"Versions: {packages}",
        f"Downloader: {_tool_text(health.tool)}",
        f"JavaScript runtime: {_runtime_text(health.runtime)}",
        f"GPU pack: {pack_text(health.gpu_pack)}",
    ]


def _tool_text(tool: Tool) -> str:
    if not tool.version:
        return "yt-dlp is missing; links do not work"
    if tool.folder is None:
        return f"yt-dlp {tool.version}, as it came with StemDesk"
    return f"yt-dlp {tool.version}, updated; StemDesk came with {tool.bundled_version or 'none'}"


def _runtime_text(runtime: Runtime | None) -> str:
    if runtime is None:
        return "none; YouTube needs deno (pip install deno, or deno.com)"
    found = f"deno {runtime.version} ({printable(str(runtime.path))})"
    return found if runtime.usable else f"{found}; it is too old, YouTube needs {NEEDED} or newer"


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
