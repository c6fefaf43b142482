"""`stemdesk models`: what is installed and what could be, for people and for programs."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from stemdesk.cli.terminal import written
from stemdesk.core.sentences import format_bytes, printable, say
from stemdesk.models.library import BUILT_IN, ModelLibrary
from stemdesk.models.listing import ListedModel, State, listing

_DRAFT = "A draft, quick and always there: for the real thing get htdemucs."


def list_models(library: ModelLibrary, as_json: bool) -> int:
    """Print the list; returns the exit code."""
    models = listing(library)
    folder = printable(str(library.folder))
    if as_json:
        text = json.dumps({"folder": folder, "models": [_facts(item) for item in models]})
    else:
        text = "\n".join([f"Models folder: {folder}", *_groups(models)])
    written(sys.stdout, f"{text}\n")
    return 0


def _groups(models: tuple[ListedModel, ...]) -> Iterator[str]:
    here = [item for item in models if item.state is not State.NOT_INSTALLED]
    others = [item for item in models if item.state is State.NOT_INSTALLED]
    yield from _group("Installed:", here)
    yield from _group(
        "To download (stemdesk models download NAME):",
        [item for item in others if item.download_bytes],
    )
    yield from _group(
        "To import, if you have the files (stemdesk models import FILE):",
        [item for item in others if not item.download_bytes],
    )


def _group(title: str, models: list[ListedModel]) -> Iterator[str]:
    if not models:
        return
    yield f"\n{title}"
    for item in models:
        yield f"  {item.name:<12}  {_size(item):>8}  {_state(item)}"
        yield from _wrapped(_purpose(item))
    offered = (item.released for item in models if item.state is State.NOT_INSTALLED)
    for licence in dict.fromkeys(model.licence for model in offered if model is not None):
        yield from _wrapped(f"Licence: {licence}", "  ")


def _wrapped(text: str, indent: str = " " * 26) -> list[str]:
    width = max(60, min(100, shutil.get_terminal_size().columns))
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)


def _size(item: ListedModel) -> str:
    if item.size_bytes or item.error:
        return format_bytes(item.size_bytes) if item.size_bytes else ""
    return format_bytes(item.download_bytes or (item.released.size_bytes if item.released else 0))


def _state(item: ListedModel) -> str:
    """`vocals only (the rest: 252.1 MB)`, `drums, bass, other, vocals`, why it is broken."""
    if item.error is not None:
        happened, remedy = say(item.error.code, item.error.path, item.error.facts)
        return f"broken: {happened} {remedy}"
    stems = ", ".join(item.sources)
    words = {
        State.PARTLY: f"{', '.join(item.stems)} only (the rest: "
        f"{format_bytes(item.download_bytes)} to download)",
        State.BUILT_IN: f"{stems} (built in)",
    }
    untested = item.released is not None and not item.released.tested
    return words.get(item.state, stems) + (" (untested)" if untested else "")


def _purpose(item: ListedModel) -> str:
    if item.name == BUILT_IN:
        return _DRAFT
    return item.released.purpose if item.released is not None else ""


def _facts(item: ListedModel) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": item.name,
        "state": item.state.value,
        "stems": list(item.stems),
        "sources": list(item.sources),
        "size_bytes": item.size_bytes,
        "download_bytes": item.download_bytes,
    }
    if item.error is not None:
        happened, _ = say(item.error.code, item.error.path, item.error.facts)
        facts |= {"error": happened, "detail": printable(item.error.detail)}
    model = item.released
    if model is not None:
        facts |= {
            "title": model.title,
            "purpose": model.purpose,
            "relative_time": model.relative_time,
            "licence": model.licence,
            "tested": model.tested,
            "experimental": list(model.experimental),
        }
    return facts
