"""`stemdesk doctor` and `clean`: what is there, and what can go."""

from __future__ import annotations

import json
import sys
from typing import Any

from stemdesk.cli.gpu_pack import facts
from stemdesk.core.errors import DeviceError
from stemdesk.core.sentences import format_bytes, printable, say
from stemdesk.core.settings import Settings
from stemdesk.jobs import scratch
from stemdesk.jobs.belongings import is_at_work
from stemdesk.jobs.downloads import clean_downloads
from stemdesk.jobs.gpu_removal import remove_leaving
from stemdesk.jobs.health import Health, look, place_lines, version_lines, work_lines
from stemdesk.jobs.runs import Totals
from stemdesk.jobs.sound_note import read_sound_note
from stemdesk.jobs.store import JobStore
from stemdesk.models.library import BrokenModel, ModelInfo, ModelLibrary
from stemdesk.paths import Folders


def doctor(where: Folders, settings: Settings, as_json: bool) -> int:
    """Show what StemDesk finds on this machine: first what a person asks when it is slow or
    silent."""
    health = look(where)
    facts = _facts(health, where, settings)
    if as_json:
        _print_json(facts)
        return 0
    print(f"StemDesk {health.version}, Python {health.python}, {health.system}")
    print(f"Device: {facts['device']['label']} ({facts['device']['reason']})")
    print(f"Sound: {facts['sound']['label']} ({facts['sound']['reason']})")
    played = facts["sound"]["played"]
    if played is not None:
        print(f"Played last: {played['output']}, which {_ran_dry(played['underruns'])}")
    names = [item["name"] for item in facts["models"] if "error" not in item]
    models = f"Installed models: {', '.join(names) or 'none installed'}"
    for line in (*work_lines(health), *place_lines(health), models, *version_lines(health)):
        print(line)
    return 0


def clean(where: Folders, settings: Settings, as_json: bool) -> int:
    """Remove scratch of jobs that are over, and what was not used for 14 days; downloads of jobs
    that are over, and those of songs that failed more than 7 days ago."""
    store = JobStore(where.database)
    try:
        freed = scratch.clean(where.scratch, store.can_go_on)
        freed += clean_downloads(where, store.get)
        if not is_at_work(where):  # it may compute with it
            remove_leaving(where.data)
    finally:
        store.close()
    left = scratch.size_bytes(where.scratch) + scratch.size_bytes(where.downloads)
    if as_json:
        _print_json({"freed_bytes": freed, "left_bytes": left})
    else:
        print(f"Freed {format_bytes(freed)}; {format_bytes(left)} belong to jobs that can go on.")
    return 0


def _facts(health: Health, where: Folders, settings: Settings) -> dict[str, Any]:
    return {
        "version": health.version,
        "python": health.python,
        "system": health.system,
        "device": _device(settings.device),
        "sound": _sound(where),
        "songs": _songs(health.totals),
        "queue": {"waiting": health.waiting, "running": health.running},
        "memory": {"used_bytes": health.used_bytes, "total_bytes": health.total_bytes},
        "folders": {
            place.name: {"path": printable(str(place.path)), "free_bytes": place.free_bytes}
            for place in health.places
        },
        "scratch_bytes": health.scratch_bytes,
        "cache_bytes": health.cache_bytes,
        "models": [_model(item) for item in ModelLibrary(where.models).installed()],
        "packages": health.packages,
        "links": _links(health),
        "gpu_pack": facts(health.gpu_pack),
    }


def _links(health: Health) -> dict[str, Any]:
    """`runtime`: None where there is no deno."""
    tool, runtime = health.tool, health.runtime
    return {
        "yt_dlp": tool.version,
        "bundled_yt_dlp": tool.bundled_version,
        "runtime": None
        if runtime is None
        else {
            "path": printable(str(runtime.path)),
            "version": runtime.version,
            "usable": runtime.usable,
        },
    }


def _songs(totals: Totals | None) -> dict[str, Any] | None:
    """None where the list of songs cannot be read."""
    if totals is None:
        return None
    speeds = [
        {
            "model": printable(speed.model),
            "device": printable(speed.device),
            "songs": speed.songs,
            "music_s": speed.music_s,
            "seconds_per_minute": speed.per_minute_s,
        }
        for speed in totals.speeds
    ]
    counts = {"done": totals.done, "failed": totals.failed, "cancelled": totals.cancelled}
    return {**counts, "speeds": speeds}


def _device(preference: str) -> dict[str, str]:
    from stemdesk.engine.devices import probe

    try:
        found = probe(preference)
    except DeviceError as error:
        happened, remedy = say(error.code, error.path, error.facts)
        return {"name": "none", "label": "none", "reason": f"{happened} {remedy}"}
    return {"name": found.name, "label": found.label, "reason": found.reason}


def _sound(where: Folders) -> dict[str, Any]:
    """`played`: what the window played through last, None before the first time."""
    from stemdesk.audio.output import describe

    found, note = describe(), read_sound_note(where.data)
    reason = found.reason or found.library
    played = None
    if note is not None:
        played = {"output": printable(note.output), "underruns": note.underruns}
    return {"kind": found.kind.value, "label": found.label, "reason": reason, "played": played}


def _ran_dry(times: int) -> str:
    return {0: "never ran dry", 1: "ran dry once"}.get(times, f"ran dry {times} times")


def _model(item: ModelInfo | BrokenModel) -> dict[str, Any]:
    if isinstance(item, BrokenModel):
        happened, _ = say(item.error.code, item.error.path, item.error.facts)
        return {"name": item.name, "error": happened, "detail": printable(item.error.detail)}
    return {"name": item.name, "stems": list(item.usable), "size_bytes": item.size_bytes}


def _print_json(value: dict[str, Any]) -> None:
    json.dump(value, sys.stdout, indent=2)
    print()
