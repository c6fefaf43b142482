"""A track: one recording, where it lies and what its tags say."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.errors import ErrorCode, SourceError

_EDGE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says about itself; empty strings where it says nothing."""

    title: str = ""
    artist: str = ""
    album: str = ""
    duration_s: float | None = None


NO_TAGS = Tags()


@dataclass(frozen=True, slots=True)
class Track:
    """One recording: a file and its tags. `relative` is its folder below the dropped folder."""

    path: Path
    tags: Tags = NO_TAGS
    relative: Path = Path()

    @property
    def name(self) -> str:
        """`Artist - Title` where both are known, else the title, else the file's name."""
        return display_name(self.path, self.tags)


def display_name(path: Path, tags: Tags) -> str:
    """The name a song folder gets, before it is made safe for file systems."""
    if tags.title and tags.artist:
        return f"{tags.artist} - {tags.title}"
    return tags.title or path.stem


def fingerprint(path: Path) -> str:
    """`<size>-<SHA-256 of size, first and last MiB>`: tells whether a file has changed.

    Raises `SourceError` if the file is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            digest = hashlib.sha256(str(size).encode())
            file.seek(0)
            digest.update(file.read(_EDGE_BYTES))
            if size > _EDGE_BYTES:
                file.seek(max(_EDGE_BYTES, size - _EDGE_BYTES))
                digest.update(file.read(_EDGE_BYTES))
    except FileNotFoundError as error:
        raise SourceError(ErrorCode.SOURCE_MISSING, str(error), path=path) from error
    except OSError as error:
        raise SourceError(ErrorCode.SOURCE_UNREADABLE, str(error), path=path) from error
    return f"{size}-{digest.hexdigest()}"
