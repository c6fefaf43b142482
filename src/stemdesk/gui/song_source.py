"""What the desk is given to play and draw: a song that may still grow, or a finished one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.job import Job
from stemdesk.gui.song_files import SongFiles

if TYPE_CHECKING:  # NumPy comes with them
    from stemdesk.audio.playable import OpenPlayable, Playable
    from stemdesk.jobs.live import Live
    from stemdesk.models.library import ModelLibrary

SAMPLERATE = 44100
"""Hertz: of songs whose model is not there. All that are known work at this rate."""


@dataclass(frozen=True, slots=True)
class SongSource:
    """Where a song's sound is. `folder`: of its finished stems, None while there are none.
    `open`: each call opens it anew, in any thread. `key`: names this content; another one when
    files change. `live`: whether it may still grow."""

    job_id: str
    folder: Path | None
    stems: tuple[str, ...]
    open: OpenPlayable
    key: str
    live: bool = False


def live_source(job: Job, stems: tuple[str, ...], live: Live, library: ModelLibrary) -> SongSource:
    """A job that is not done. `stems`: of its model, if that is known; they are asked for
    anew when it is opened."""
    return SongSource(
        job.id,
        None,
        stems,
        partial(_open_live, job, stems, live, library),
        f"live {job.id} {job.source} {job.separation}",
        live=True,
    )


def saved_source(job: Job, song: SongFiles, live: Live) -> SongSource:
    """A finished song."""
    return SongSource(
        job.id,
        song.folder,
        song.stems,
        partial(_open_saved, song.folder, job.source, live),
        f"saved {song.folder} {song.changed_ns}",
    )


def _open_live(job: Job, stems: tuple[str, ...], live: Live, library: ModelLibrary) -> Playable:
    from stemdesk.core.errors import ModelError
    from stemdesk.jobs.live_song import LiveSong
    from stemdesk.jobs.pipeline import wanted_stems

    samplerate = SAMPLERATE
    try:
        model = library.get(job.separation.model, job.separation.stems)
        stems, samplerate = wanted_stems(model, job.separation.stems), model.samplerate
    except ModelError:  # it is not there yet; the original can be heard
        pass
    return LiveSong(live, job, stems, samplerate)


def _open_saved(folder: Path, source: Path, live: Live) -> Playable:
    from stemdesk.jobs.saved_song import SavedSong

    return SavedSong(folder, source, live.originals)
