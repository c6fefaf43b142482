"""What lies beside the stems of a song that came from a link: the song itself, and its picture."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.errors import write_error
from stemdesk.core.files import is_file, sync
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Beside:
    """Names of files in a song folder, "" for none."""

    original: str = ""
    cover: str = ""


NOTHING = Beside()


def put_beside(job: Job, folder: Path, taken: Iterable[str], cancel: CancelToken) -> Beside:
    """Put `original.<ext>` (if it is to be kept) and `cover.<ext>` into the folder of the job's
    stems; `taken`: names that are not free there.

    A song whose file has gone meanwhile has none. Raises `DiskFullError`, `ExportError`,
    `Cancelled`, `Paused`.
    """
    if job.link is None:
        return NOTHING
    names = {name.lower() for name in taken}
    original = cover = ""
    if job.export.keep_original and is_file(job.source):
        original = _free("original", job.source, names)
        _put(job, job.source, folder / original, cancel)
    if job.link.cover is not None and is_file(job.link.cover):
        cover = _free("cover", job.link.cover, names | {original})
        _put(job, job.link.cover, folder / cover, cancel)
    return Beside(original, cover)


def beside_bytes(job: Job) -> int:
    """The room that the song takes beside its stems, 0 where its file only gets another name."""
    if job.link is None or not job.export.keep_original:
        return 0
    with contextlib.suppress(OSError):
        facts = job.source.stat()
        if not _is_download(job, job.source) or facts.st_dev != job.root.stat().st_dev:
            return facts.st_size
    return 0


def _free(name: str, source: Path, names: set[str]) -> str:
    """A model may call a stem as we call the song."""
    suffix = source.suffix.lower()
    suffix = suffix if _SUFFIX.fullmatch(suffix) else ""
    return next(
        free
        for free in (f"{name}{end}{suffix}" for end in ("", " file", " 2"))
        if free not in names
    )


def _is_download(job: Job, path: Path) -> bool:
    """Whether it lies in the job's own folder of downloads, and soon no more."""
    return path.parent.name == job.id


def _put(job: Job, source: Path, target: Path, cancel: CancelToken) -> None:
    """Give the download a second name, or copy what stays where it is, or is on another volume."""
    try:
        if not (_is_download(job, source) and _link(source, target)):
            with source.open("rb") as read, target.open("xb") as write:
                while block := read.read(_BLOCK_BYTES):
                    cancel.check_pause()
                    write.write(block)
        sync(target)  # the download goes right after
    except OSError as error:
        raise write_error(error, target) from error


def _link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:  # another volume, or a file system that cannot
        return False
    return True
