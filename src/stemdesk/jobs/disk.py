"""How much room a job needs on the disk, looked at before and while it is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stemdesk.audio.store import CHANNELS
from stemdesk.core.errors import DiskFullError, free_bytes, write_error
from stemdesk.engine.plan import Outline
from stemdesk.jobs.folder import Recipe

_FLOAT_BITS = 32


def stems_size_bytes(frames: int, stems: int, bits: int) -> int:
    """The most that `stems` files of `frames` take at this depth (FLAC is smaller)."""
    return frames * CHANNELS * bits // 8 * stems


def scratch_bytes(outline: Outline, frames: int, overlap: float) -> int:
    """What a job of `frames` needs in scratch: the mix, and the passes with their overlap."""
    stems = sum(len(grid.stems) for grid in outline.grids)
    passes = stems_size_bytes(frames, stems, _FLOAT_BITS)
    return stems_size_bytes(frames, 1, _FLOAT_BITS) + int(passes / (1 - overlap))


def saved_bytes(recipe: Recipe, frames: int) -> int:
    """What the saved stems take at most."""
    return stems_size_bytes(frames, len(recipe.stems), recipe.bits)


def check_disk(scratch: Path, needed_bytes: int, root: Path, saved: int) -> None:
    """Look for room for `needed_bytes` in scratch and `saved` bytes of stems, on one volume for
    both. Raises `DiskFullError`; `ExportError` where `root` has gone, with its drive perhaps."""
    try:
        volume = root.stat().st_dev
    except OSError as error:
        raise write_error(error, root) from error
    together = scratch.stat().st_dev == volume
    if together:
        needed_bytes += saved
    elif free_bytes(root) < saved:
        raise DiskFullError(root, saved)
    if free_bytes(scratch) < needed_bytes:
        raise DiskFullError(scratch, needed_bytes)


@contextmanager
def needing(needed_bytes: int) -> Iterator[None]:
    """A disk that fills on the way says how much the stage needs, not just one block."""
    try:
        yield
    except DiskFullError as error:
        if error.path is None or int(error.facts["needed_bytes"]) >= needed_bytes:
            raise
        raise DiskFullError(error.path, needed_bytes, error.detail) from error
