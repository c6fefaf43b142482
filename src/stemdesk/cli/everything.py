"""`stemdesk clean --everything`: removes all that StemDesk keeps, after a question."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from stemdesk import log
from stemdesk.core.sentences import format_bytes, printable
from stemdesk.jobs.belongings import (
    Belonging,
    Kept,
    alone,
    belongings,
    is_at_work,
    remove,
    remove_locks,
)
from stemdesk.paths import Folders

NAMES = {
    Kept.LIST: "List of songs",
    Kept.SCRATCH: "Working files",
    Kept.DOWNLOADS: "Songs from links on their way",
    Kept.DOWNLOADER: "Newer downloader",
    Kept.GPU_PACK: "GPU pack",
    Kept.CACHE: "Cache",
    Kept.MODELS: "Models",
    Kept.LOGS: "Logs",
    Kept.SETTINGS: "Settings",
}
_AT_WORK = "StemDesk is open or splits a song. Close it first, then try again."


def run(options: argparse.Namespace, where: Folders) -> int:
    """Show what would go, ask, remove it. 0 when all of it is gone or nothing was wanted, 1 if
    StemDesk is at work or the system did not let something go."""
    if is_at_work(where):
        return _refuse()
    items = [item for item in belongings(where) if options.models or item.kind is not Kept.MODELS]
    if not options.json:
        _list(items)
    if items and not (options.yes or _agreed()):
        print("Nothing was removed.", file=sys.stderr)
        return 0
    with alone(where) as ours:  # the question may have stood there for an hour
        if not ours:
            return _refuse()
        log.close()
        left = remove(where, items)
    remove_locks(where)
    if options.json:
        removed = {item.kind.value: item.size_bytes for item in items}
        stayed = [printable(str(path)) for path in left]
        json.dump({"removed_bytes": removed, "left": stayed}, sys.stdout, indent=2)
        print()
    elif items:
        print("It is gone. Your stems and songs are where they were.")
    for path in left:
        print(f"stemdesk: This could not be removed: {printable(str(path))}", file=sys.stderr)
    return 1 if left else 0


def _refuse() -> int:
    print(f"stemdesk: {_AT_WORK}", file=sys.stderr)
    return 1


def _list(items: Sequence[Belonging]) -> None:
    if not items:
        print("StemDesk keeps nothing here.")
    for item in items:
        size = format_bytes(item.size_bytes)
        print(f"{NAMES[item.kind]}: {size} in {printable(str(item.folder))}")


def _agreed() -> bool:
    """A question needs someone to answer: elsewhere --yes does."""
    if not sys.stdin.isatty():
        print("stemdesk: Add --yes to remove it without a question.", file=sys.stderr)
        return False
    try:
        return input('Remove all of this? Type "yes": ').strip().casefold() == "yes"
    except EOFError:
        return False
