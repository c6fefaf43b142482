"""What is exported, how far it is, and how it ended: frozen values for both shells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stemdesk.audio.listening import Listening
from stemdesk.core.errors import StemDeskError
from stemdesk.core.job import Job
from stemdesk.core.notices import Notice
from stemdesk.core.null_depth import NullDepth


@dataclass(frozen=True, slots=True)
class ExportSong:
    """One finished song. `folder`: its song folder (stems and manifest). `source`: the song's own
    file, which may be gone. `title`: how the song and its folder are called. `listening`: how it
    is heard now. `shown`: how the window calls it, "" as its title."""

    folder: Path
    source: Path
    title: str
    listening: Listening = field(default_factory=Listening)
    job_id: str = ""
    shown: str = ""

    @property
    def called(self) -> str:
        """For people to read."""
        return self.shown or self.title

    @classmethod
    def of(cls, job: Job, listening: Listening, shown: str = "") -> ExportSong | None:
        """A job's song; None while it is not finished."""
        if job.output is None:
            return None
        return cls(job.output, job.source, job.name, listening, job.id, shown)


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """`fraction` of the whole batch, 0 to 1, never less than before, 1 only when its last song is
    done and has not failed. `left_s`: seconds left, None while it is not known. `song`: how the
    one that is at work is called, `index` (from 0) of `count`. `file`: name of what is being
    written, "" while something is read first."""

    fraction: float
    song: str
    index: int
    count: int
    left_s: float | None = None
    file: str = ""


ReportExport = Callable[[ExportProgress], None]


@dataclass(frozen=True, slots=True)
class ExportedSong:
    """How one song's export ended. `files`: written, under their final names; `skipped`: were
    there already. `gain_db`: the shared gain, 0 where none was needed. `null_depth`: how the
    exported stems sum to the song; None where not all stems were written. `error`: why it failed;
    files that were finished before stay."""

    song: ExportSong
    files: tuple[Path, ...] = ()
    skipped: tuple[Path, ...] = ()
    notices: tuple[Notice, ...] = ()
    gain_db: float = 0.0
    null_depth: NullDepth | None = None
    error: StemDeskError | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """How a batch ended. `cancelled`: before its end; songs that were not begun are not in
    `songs`."""

    songs: tuple[ExportedSong, ...]
    cancelled: bool = False
