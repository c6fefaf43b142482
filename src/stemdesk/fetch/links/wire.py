"""How the app and its child process write values to each other: JSON, one object a line."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from stemdesk.fetch.links.values import LinkEntry, LinkLimits, LinkList, LinkRules, LinkSong

TOOL_FAILED_EXIT = 70  # the child's exit code for what it could not even say


def write_rules(rules: LinkRules) -> dict[str, Any]:
    values: dict[str, Any] = {item.name: getattr(rules, item.name) for item in fields(rules)}
    for name, value in values.items():
        if isinstance(value, Path):
            values[name] = str(value)
    values["limits"] = asdict(rules.limits)
    return values


def read_rules(values: dict[str, Any]) -> LinkRules:
    found = dict(values)
    for name in ("cookies_file", "runtime", "tool"):
        found[name] = None if found[name] is None else Path(found[name])
    found["limits"] = LinkLimits(**found["limits"])
    return LinkRules(**found)


def write_found(found: LinkSong | LinkList) -> dict[str, Any]:
    return {"event": "list" if isinstance(found, LinkList) else "song", **asdict(found)}


def read_found(values: dict[str, Any]) -> LinkSong | LinkList:
    """Raises `KeyError` or `TypeError` for what `write_found` did not write."""
    found = {name: value for name, value in values.items() if name != "event"}
    if values["event"] == "song":
        return LinkSong(**found)
    found["entries"] = tuple(LinkEntry(**entry) for entry in found["entries"])
    return LinkList(**found)
