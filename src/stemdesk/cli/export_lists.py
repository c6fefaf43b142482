"""`stemdesk export --presets` and `--list`: what there is to choose from."""

from __future__ import annotations

import json
import sys
import textwrap

from stemdesk.cli.export_words import say_order
from stemdesk.cli.finished_songs import ID_SHOWN, FinishedSongs
from stemdesk.cli.terminal import written
from stemdesk.core.export_presets import BUILT_IN, load_presets
from stemdesk.core.sentences import printable
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders

_WIDTH = 96


def list_presets(where: Folders, as_json: bool) -> int:
    """The person's own, then those that come with the app; a name that both have is theirs.
    Returns the exit code."""
    saved = load_presets(where.export_presets)
    taken = {preset.name.casefold() for preset in saved}
    presets = [*saved, *(one for one in BUILT_IN if one.name.casefold() not in taken)]
    if as_json:
        facts = [
            {"name": one.name, "built_in": one not in saved, "order": one.order.to_json()}
            for one in presets
        ]
        _print(json.dumps({"presets": facts}, indent=2))
        return 0
    for one in presets:
        about = [say_order(one.order), one.order.template]
        lines = [line for text in about for line in textwrap.wrap(text, _WIDTH)]
        _print("\n    ".join([one.name, *lines]))
    return 0


def list_songs(where: Folders, as_json: bool) -> int:
    """The finished songs, the newest first. Returns the exit code. Raises `StoreError`."""
    store = JobStore(where.database)
    try:
        songs = FinishedSongs(store).all()
    finally:
        store.close()
    if as_json:
        facts = [
            {
                "id": song.job_id,
                "name": printable(song.title),
                "folder": printable(str(song.folder)),
                "source": printable(str(song.source)),
            }
            for song in songs
        ]
        _print(json.dumps({"songs": facts}, indent=2))
        return 0
    for song in songs:
        folder = printable(str(song.folder))
        _print(f"{song.job_id[:ID_SHOWN]}  {printable(song.title)}\n    {folder}")
    if not songs:
        print("No song was split yet.", file=sys.stderr)
    return 0


def _print(text: str) -> None:
    written(sys.stdout, f"{text}\n")
