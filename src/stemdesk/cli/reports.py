"""`stemdesk doctor` and `clean`: what is there, and what can go."""

from __future__ import annotations

import json
import platform
import sys
from importlib import metadata
from typing import Any

from stemdesk import __version__
from stemdesk.core.errors import DeviceError, free_bytes
from stemdesk.core.sentences import format_bytes, printable, say
from stemdesk.core.settings import Settings
from stemdesk.jobs import scratch
from stemdesk.jobs.store import JobStore
from stemdesk.models.library import BrokenModel, ModelInfo, ModelLibrary
from stemdesk.paths import Folders

_PACKAGES = ("torch", "demucs", "PySide6-Essentials", "av", "soundfile", "soxr", "sounddevice")


def doctor(where: Folders, settings: Settings, as_json: bool) -> int:
    """Show what StemDesk finds on this machine: first what a person asks when it is slow or
    silent."""
    facts = _facts(where, settings)
    if as_json:
        _print_json(facts)
        return 0
    print(f"StemDesk {facts['version']}, Python {facts['python']}, {facts['system']}")
    print(f"Device: {facts['device']['label']} ({facts['device']['reason']})")
    print(f"Sound: {facts['sound']['label']} ({facts['sound']['reason']})")
    for name, folder in facts["folders"].items():
        print(f"{name.capitalize()}: {folder['path']} ({format_bytes(folder['free_bytes'])} free)")
    print(f"Working files: {format_bytes(facts['scratch_bytes'])}")
    names = [item["name"] for item in facts["models"] if "error" not in item]
    print(f"Models: {', '.join(names) or 'none installed'}")
    print("Versions: " + ", ".join(f"{name} {ver}" for name, ver in facts["packages"].items()))
    return 0


def clean(where: Folders, settings: Settings, as_json: bool) -> int:
    """Remove scratch of jobs that are over, and what was not used for 14 days."""
    store = JobStore(where.database)
    try:
        freed = scratch.clean(where.scratch, store.can_go_on)
    finally:
        store.close()
    left = scratch.size_bytes(where.scratch)
    if as_json:
        _print_json({"freed_bytes": freed, "left_bytes": left})
    else:
        print(f"Freed {format_bytes(freed)}; {format_bytes(left)} belong to jobs that can go on.")
    return 0


def _facts(where: Folders, settings: Settings) -> dict[str, Any]:
    places = {
        "output": where.output,
        "scratch": where.scratch,
        "models": where.models,
        "data": where.data,
        "settings": where.config,
        "logs": where.logs,
    }
    return {
        "version": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "device": _device(settings.device),
        "sound": _sound(),
        "folders": {
            name: {"path": printable(str(path)), "free_bytes": free_bytes(path)}
            for name, path in places.items()
        },
        "scratch_bytes": scratch.size_bytes(where.scratch),
        "models": [_model(item) for item in ModelLibrary(where.models).installed()],
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _device(preference: str) -> dict[str, str]:
    from stemdesk.engine.devices import probe

    try:
        found = probe(preference)
    except DeviceError as error:
        happened, remedy = say(error.code, error.path, error.facts)
        return {"name": "none", "label": "none", "reason": f"{happened} {remedy}"}
    return {"name": found.name, "label": found.label, "reason": found.reason}


def _sound() -> dict[str, str]:
    from stemdesk.audio.output import describe

    found = describe()
    reason = found.reason or found.library
    return {"kind": found.kind.value, "label": found.label, "reason": reason}


def _model(item: ModelInfo | BrokenModel) -> dict[str, Any]:
    if isinstance(item, BrokenModel):
        happened, _ = say(item.error.code, item.error.path, item.error.facts)
        return {"name": item.name, "error": happened, "detail": printable(item.error.detail)}
    return {"name": item.name, "stems": list(item.usable), "size_bytes": item.size_bytes}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _print_json(value: dict[str, Any]) -> None:
    json.dump(value, sys.stdout, indent=2)
    print()
