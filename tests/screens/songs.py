"""The songs in the pictures, made on the spot, and those that lie in the library already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from stemdesk.audio.demo import demo_stems, write_demo_song
from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.core.options import SeparationOptions
from stemdesk.core.track import Tags, fingerprint
from stemdesk.jobs.folder import Recipe, StemFile, write_manifest
from stemdesk.jobs.store import JobStore
from stemdesk.paths import Folders
from support.jobs import a_job

SIX = ("drums", "bass", "other", "vocals", "guitar", "piano")
_RATE = 44100


def make_songs(folder: Path) -> list[Path]:
    """The demo song, two without tags that sound the same, and a file that is no song."""
    folder.mkdir(parents=True)
    demo = write_demo_song(folder)
    songs = [demo]
    samples, samplerate = soundfile.read(demo, dtype="float32")
    for name in ("Rehearsal, second take", "Sunday at the harbour"):
        songs.append(folder / f"{name}.flac")
        soundfile.write(songs[-1], samples, samplerate)
    songs.append(folder / "Liner notes.mp3")
    songs[-1].write_text("These are words, not music.")
    return songs


def long_song(demo: Path, times: int) -> Path:
    """The demo song again and again: long enough to be looked at while it is split."""
    samples, samplerate = soundfile.read(demo, dtype="float32")
    path = demo.with_name("The long way home.flac")
    soundfile.write(path, np.concatenate([samples] * times), samplerate)
    return path


def fill_library(folders: Folders, root: Path) -> None:
    """What was split before the app starts: a song with six stems, one whose stems were moved
    away, and one that waits for a model."""
    sources = root / "old songs"
    sources.mkdir(parents=True)
    six = six_stems(sources, folders.output)
    moved = replace(
        six,
        id="moved",
        source=sources / "Lighthouse.flac",
        tags=Tags("Lighthouse", "The Foghorns"),
        output=folders.output / "Lighthouse",
    )
    waiting = a_job(
        sources / "Snow in May.flac",
        folders.output,
        id="waiting",
        tags=Tags("Snow in May", "The Foghorns"),
        separation=SeparationOptions("htdemucs_ft"),
        state=JobState.WAITING,
        failure=Failure(ErrorCode.MODEL_MISSING),
    )
    for job in (moved, waiting):
        job.source.write_bytes(six.source.read_bytes())
    store = JobStore(folders.database)
    try:
        store.add([six, moved, waiting])
    finally:
        store.close()


def six_stems(sources: Path, output: Path) -> Job:
    """A done job whose stems are saved, guitar and piano among them."""
    made = demo_stems(_RATE)
    other = made["other"]
    made["guitar"] = np.roll(other, _RATE // 4, axis=1) * np.float32(0.5)
    made["piano"] = (made["bass"] + other) * np.float32(0.3)
    mix = sum(made[stem] for stem in SIX) * np.float32(0.6)
    source = sources / "Six of one.flac"
    soundfile.write(source, mix.T, _RATE)
    folder = output / "Six of one"
    folder.mkdir(parents=True)
    files = []
    for stem in SIX:
        path = folder / f"{stem}.flac"
        soundfile.write(path, made[stem].T * 0.6, _RATE)
        files.append(StemFile(stem, path.name, path.stat().st_size))
    job = a_job(
        source,
        output,
        id="six",
        tags=Tags("Six of one", "The Foghorns"),
        separation=SeparationOptions("htdemucs_6s"),
        state=JobState.DONE,
        output=folder,
        frames=mix.shape[1],
        samplerate=_RATE,
    )
    recipe = Recipe(
        fingerprint(source), "htdemucs_6s", (), ((1.0,) * 6,), ("39/5",), SIX, 0.25, 0, "flac", 16
    )
    write_manifest(
        folder, job, recipe, {"frames": job.frames, "samplerate": _RATE}, files, job.notices
    )
    return job
