"""Scratch: a job's folder while it is not finished, and the cleaning of what was left there."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from stemdesk.audio.decode import decode, probe
from stemdesk.audio.originals import Original, source_facts
from stemdesk.audio.store import JobAudio, MixFacts, Samples
from stemdesk.core.errors import (
    ErrorCode,
    ScratchError,
    SourceError,
    StemDeskError,
    write_error,
)
from stemdesk.core.files import is_folder, replace_file
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import fingerprint
from stemdesk.jobs.folder import Recipe
from stemdesk.jobs.follow import follow, path_of
from stemdesk.jobs.locks import job_lock

# Mean and deviation of the first 30 s stand for the whole song: the networks normalise every
# segment themselves, so a deviation wrong by 2x changes their output by 8e-6 (ARCHITECTURE.md).
NORMALISE_S = 30
STALE_DAYS = 14
_KEY = "recipe.key"
_JOB_ID = re.compile("[0-9a-f]{32}")


def open_scratch(folder: Path, recipe: Recipe) -> JobAudio:
    """The job's audio in `folder`, emptied first if it was made by another recipe."""
    key = folder / _KEY
    try:
        if not is_of(folder, recipe):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)  # fails where something could not be removed
            replace_file(key, recipe.separation_key.encode("ascii"))
    except OSError as error:
        raise write_error(error, folder) from error
    return JobAudio(folder)


def is_of(folder: Path, recipe: Recipe) -> bool:
    """Whether what is in a job's folder was made by this recipe. Raises `OSError`."""
    key = folder / _KEY
    return key.is_file() and key.read_text("ascii") == recipe.separation_key


def declared_frames(source: Path, samplerate: int, limit_s: float) -> int:
    """The length that the file's header declares, in frames at `samplerate`; 0 if it is silent
    about it. Headers lie: good for a first look at the disk only. Raises `SourceError`."""
    declared_s = probe(source).declared_s or 0.0
    return int(min(declared_s, limit_s) * samplerate)


class Listener(Protocol):
    """Who wants to know how far a song is decoded."""

    def grow(self, frames: int) -> None:
        """So many frames are in scratch."""

    def start(self, mean: float, deviation: float) -> None:
        """The normalisation is known."""


def decode_mix(
    source: Path,
    audio: JobAudio,
    samplerate: int,
    mark: str,
    limit_s: float,
    listener: Listener,
    report: Callable[[float], None],
    cancel: CancelToken,
    shared: Original | None = None,
) -> MixFacts:
    """Decode the whole song into `audio` at `samplerate` hertz.

    `mark`: the source's fingerprint when the job began; `SourceError` SOURCE_CHANGED if it is
    another one now. `shared`: the same song where it is decoded already, or is being decoded for
    the player; it is not decoded again. Also raises what `decode` and `JobAudio.write_mix` raise.
    """

    def fill(append: Callable[[Samples], None]) -> MixFacts:
        head = _Head(NORMALISE_S * samplerate, listener)
        frames = 0
        linked = same is not None and audio.mix_path.samefile(same)

        def write(block: Samples) -> None:
            nonlocal frames
            append(block)
            frames += block.shape[1]
            head.add(block)
            listener.grow(frames)

        facts = None
        if shared is not None:
            facts = follow(shared, mark, write, limit_s, report, cancel)
            if facts is None and linked:  # what is missing cannot be written to a file of others
                raise ScratchError(ErrorCode.SCRATCH_DAMAGED, "a shared mix", path=same)
        if facts is None:
            rest = _Skip(frames, write)
            facts = source_facts(
                decode(source, samplerate, rest, limit_s=limit_s, report=report, cancel=cancel)
            )
        if fingerprint(source) != mark:
            raise SourceError(ErrorCode.SOURCE_CHANGED, path=source, retryable=True)
        mean, deviation = head.normalisation()
        return MixFacts(
            frames=frames,
            samplerate=samplerate,
            mean=mean,
            deviation=deviation,
            fingerprint=mark,
            **facts,
        )

    same = None if shared is None else path_of(shared, mark)
    return audio.write_mix(fill, same)


class _Skip:
    """Passes blocks on, but for the first `frames`, which are there already."""

    def __init__(self, frames: int, write: Callable[[Samples], None]) -> None:
        self._left = frames
        self._write = write

    def __call__(self, block: Samples) -> None:
        skipped = min(self._left, block.shape[1])
        self._left -= skipped
        if skipped < block.shape[1]:
            self._write(block[:, skipped:])


class _Head:
    """The song's first `frames`, as long as they are being gathered, and their normalisation."""

    def __init__(self, frames: int, listener: Listener) -> None:
        self._room = frames
        self._listener = listener
        self._parts: list[Samples] = []
        self._known: tuple[float, float] | None = None

    def add(self, block: Samples) -> None:
        if self._room > 0:
            self._parts.append(block[:, : self._room].mean(axis=0, dtype=np.float32))
            self._room -= block.shape[1]
            if self._room <= 0:
                self.normalisation()

    def normalisation(self) -> tuple[float, float]:
        """Mean and deviation; of the whole song, where that is shorter."""
        if self._known is None:
            self._known = normalisation(np.concatenate(self._parts))
            self._parts = []
            self._listener.start(*self._known)
        return self._known


def normalisation(mono: Samples) -> tuple[float, float]:
    """Mean and deviation (unbiased, + 1e-8) of a mono mix, float32 [frames], as
    `demucs.api.Separator` takes them."""
    wide = mono.astype(np.float64)
    deviation = float(wide.std(ddof=1)) if wide.size > 1 else 0.0
    return float(wide.mean()), deviation + 1e-8


def discard(scratch: Path, job_id: str, needed: Callable[[str], bool] = lambda _: False) -> None:
    """Remove a job's scratch, unless a process works on it or `needed` (asked while no process
    can begin to) says that it may go on. What the system will not let go, goes at the next
    start."""
    with contextlib.suppress(StemDeskError), job_lock(scratch, job_id, scratch / job_id):
        if not needed(job_id):
            shutil.rmtree(scratch / job_id, ignore_errors=True)


def size_bytes(scratch: Path) -> int:
    """What all scratch takes on the disk."""
    total = 0
    for path in scratch.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # removed while we looked
            continue
    return total


def clean(scratch: Path, keep: Callable[[str], bool], now: float | None = None) -> int:
    """Remove scratch of jobs that `keep` (given an id) does not know, or that was not used for 14
    days, unless a process works on it. Returns the bytes freed."""
    moment = time.time() if now is None else now
    before = size_bytes(scratch)
    try:
        names = {path.name.removesuffix(".lock") for path in scratch.iterdir()}
    except OSError:
        return 0
    for job_id in filter(_JOB_ID.fullmatch, names):  # nothing else in there is ours
        stale = _unused_days(scratch / job_id, moment) > STALE_DAYS
        discard(scratch, job_id, keep if not stale else lambda _: False)
    return max(0, before - size_bytes(scratch))


def _unused_days(folder: Path, now: float) -> float:
    """Days since the newest change inside; passes are written into a folder below."""
    if not is_folder(folder):
        return 0.0
    newest = 0.0
    for path in (folder, folder / "passes"):
        try:
            newest = max(newest, path.stat().st_mtime)
        except OSError:
            continue
    return (now - newest) / 86_400
