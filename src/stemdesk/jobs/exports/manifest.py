"""The manifest of an export: a JSON file that says what lies beside it and how it was made.

    version, app, date
    song      title, artist, file, fingerprint, link
    model     name, sha256 (of its files)
    exact_sum, null_depth_db (as in a song folder's manifest), gain_db, region_s
    files     file (relative to the manifest), part, format, samplerate, frames, bytes, sha256
    notices   code, facts

A file that is no sound (a project) has neither part nor rate; `frames` is per channel.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from stemdesk import __version__
from stemdesk.core.errors import write_error
from stemdesk.core.files import sync
from stemdesk.core.progress import CancelToken
from stemdesk.jobs.exports.made import Made
from stemdesk.jobs.exports.plan import Plan

VERSION = 1
_BLOCK_BYTES = 1 << 20


def write_manifest(
    path: Path, folder: Path, plan: Plan, made: Made, today: date, cancel: CancelToken
) -> None:
    """Write it to `path`; files are named as seen from `folder`. Raises `ExportError`,
    `DiskFullError`, `Cancelled`."""
    known = plan.known
    sounds = dict(made.sounds)
    try:
        files = []
        for file in made.files:
            entry: dict[str, Any] = {"file": _seen_from(folder, file)}
            output = sounds.get(file)
            if output is not None:
                entry |= {
                    "part": output.parts[0] if len(output.parts) == 1 else list(output.parts),
                    "format": output.label,
                    "samplerate": output.samplerate,
                    "frames": output.frames,
                }
            entry |= {"bytes": file.stat().st_size, "sha256": _sha256(file, cancel)}
            files.append(entry)
        value = {
            "version": VERSION,
            "app": f"StemDesk {__version__}",
            "date": today.isoformat(),
            "song": {
                "title": known.tags.get("title") or known.song.title,
                "artist": known.tags.get("artist"),
                "file": "" if known.source is None else known.source.name,
                "fingerprint": known.manifest.fingerprint,
                "link": known.manifest.link,
            },
            "model": {"name": known.manifest.model, "sha256": list(known.model_hashes)},
            "exact_sum": made.exact_sum,
            "null_depth_db": None if made.null_depth is None else made.null_depth.to_json(),
            "gain_db": made.gain_db,
            "region_s": None if plan.region_s is None else list(plan.region_s),
            "files": files,
            "notices": [notice.to_json() for notice in made.notices],
        }
        text = json.dumps(value, indent=2, ensure_ascii=False)
        path.write_bytes(text.encode("utf-8", "replace"))
        sync(path)
    except OSError as error:
        raise write_error(error, folder) from error


def _seen_from(folder: Path, file: Path) -> str:
    """A relative path with slashes, where there is one (not from one drive to another)."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:
        return file.as_posix()


def _sha256(path: Path, cancel: CancelToken) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            cancel.check()
            digest.update(block)
    return digest.hexdigest()
