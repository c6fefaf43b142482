"""The GPU pack's way away again, and who may touch it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stemdesk.core.errors import ErrorCode, StemDeskError, write_error
from stemdesk.core.files import exists
from stemdesk.core.progress import CancelToken
from stemdesk.engine import gpu_pack
from stemdesk.engine.gpu_pack import FOLDER, LEAVING
from stemdesk.fetch.turn import turn
from stemdesk.log import log

LOCK = "pack.lock"


def remove_pack(data: Path, later: bool = False) -> bool:
    """Remove all packs and what was fetched of them. False: this process, or the system, holds
    some of it, or `later` is wanted (another process may compute with it); it is not used any
    more, and goes at the next start. Raises `StemDeskError` (GPU_PACK_BUSY while it is fetched),
    `ExportError`."""
    root = data / FOLDER
    if not exists(root):
        return True
    try:
        with held(data):
            mark_leaving(data)
            gone = not later and not uses_any(data) and _finish_removal(root)
    except OSError as error:
        raise write_error(error, root) from error
    with contextlib.suppress(OSError):
        root.rmdir()
    log.info("GPU pack: removed, or at the next start: %s", gone)
    return gone


def remove_leaving(data: Path) -> None:
    """At a start: remove what was to go and could not, unless another StemDesk is at it. Never
    raises."""
    if exists(data / FOLDER / LEAVING):
        with contextlib.suppress(StemDeskError, OSError):
            remove_pack(data)


def mark_leaving(data: Path) -> Path:
    """From now on no StemDesk takes the pack; the mark's file. Raises `OSError`."""
    mark = data / FOLDER / LEAVING
    mark.touch()
    return mark


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Nobody fetches, tries or removes a pack inside of this. Raises `StemDeskError`
    (GPU_PACK_BUSY) if somebody does, `ExportError`."""

    def busy() -> None:
        raise StemDeskError(ErrorCode.GPU_PACK_BUSY, retryable=True)

    with turn(data / FOLDER / LOCK, busy, CancelToken()):
        yield


def remove_each(root: Path, chosen: Callable[[Path], bool]) -> bool:
    """Whether nothing of that is left."""
    for path in list(root.iterdir()):
        if chosen(path):
            if path.is_dir() and not path.is_symlink():  # people may keep it on another disk
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()
    return not any(chosen(path) for path in root.iterdir())


def uses_any(data: Path) -> bool:
    """Whether this process computes with a torch from a pack."""
    return gpu_pack.is_imported(data / FOLDER)


def _finish_removal(root: Path) -> bool:
    """Remove what is marked, and the mark in the end; whether all of it is gone."""
    if not exists(root / LEAVING):
        return True
    if remove_each(root, lambda path: path.name not in (LEAVING, LOCK)):
        (root / LEAVING).unlink()
        return True
    return False
