"""A song as the desk takes it: where its sound comes from while it is split and afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stemdesk.audio.playable import OpenPlayable


@dataclass(frozen=True, slots=True)
class SongSource:
    """`folder`: that of the finished stems, None while they are not. `open`: opens anew at each
    call, with handles of its own, on any thread. `key`: names this sound for caches; another one
    when the files change. `live`: more may become known or final."""

    job_id: str
    folder: Path | None
    stems: tuple[str, ...]
    open: OpenPlayable
    key: str
    live: bool
