"""What the desk is given to play and draw: a song that may still grow, or a finished one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.errors import ModelError
from stemdesk.core.files import is_file
from stemdesk.core.job import ACTIVE, Job
from stemdesk.gui.song_files import SongFiles
from stemdesk.models.library import ModelLibrary
from stemdesk.paths import Folders

if TYPE_CHECKING:  # NumPy comes with them
    from stemdesk.audio.playable import OpenPlayable, Playable
    from stemdesk.jobs.live import Live

SAMPLERATE = 44100
"""Hertz: of songs whose model is not there. All that are known work at this rate."""


@dataclass(frozen=True, slots=True)
class SongSource:
    """Where a song's sound is. `folder`: of its finished stems, None while there are none.
    `open`: each call opens it anew, in any thread. `key`: names this content; another one when
    files change. `live`: whether it may still grow. `samplerate`: of its frames, in hertz, as its
    model has it."""

    job_id: str
    folder: Path | None
    stems: tuple[str, ...]
    open: OpenPlayable
    key: str
    live: bool = False
    samplerate: int = SAMPLERATE


def find_live(job: Job, live: Live, folders: Folders) -> SongSource | None:
    """A job that is not done, if its file is there. Looks at the disk: not for the GUI thread."""
    from stemdesk.jobs.pipeline import wanted_stems

    if not is_file(job.source):
        return None
    stems, samplerate = job.separation.stems, SAMPLERATE
    try:
        library = ModelLibrary(folders.models)
        model = library.get(job.separation.model, stems)
        stems, samplerate = wanted_stems(model, stems), model.samplerate
        if job.state not in ACTIVE:
            live.revive(job, folders.scratch, library)
    except ModelError:  # it is not there yet; the original can be heard
        pass
    return SongSource(
        job.id,
        None,
        stems,
        partial(_open_live, job, stems, samplerate, live),
        f"live {job.id} {_content(job.source)} {stems} {samplerate}",
        live=True,
        samplerate=samplerate,
    )


def _content(source: Path) -> str:
    """Names a file as it is now: one that is written anew is another song."""
    try:
        facts = source.stat()
    except OSError:  # it is going just now
        return str(source)
    return f"{source} {facts.st_size} {facts.st_mtime_ns}"


def saved_source(job: Job, song: SongFiles, live: Live) -> SongSource:
    """A finished song. Where its own file is missing there may be no original: what was drawn and
    measured without one does not count once it is back."""
    return SongSource(
        job.id,
        song.folder,
        song.stems,
        partial(_open_saved, song.folder, job.source, live),
        f"saved {song.folder} {song.changed_ns}{'' if song.with_source else ' alone'}",
    )


def _open_live(job: Job, stems: tuple[str, ...], samplerate: int, live: Live) -> Playable:
    from stemdesk.jobs.live_song import LiveSong

    return LiveSong(live, job, stems, samplerate)


def _open_saved(folder: Path, source: Path, live: Live) -> Playable:
    from stemdesk.jobs.saved_song import SavedSong

    return SavedSong(folder, source, live.originals)
