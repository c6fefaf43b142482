"""The one writer of stems to people's folders: scratch passes in, a complete song folder out."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stemdesk.audio.encode import Rounded, StemTexts, StemWriter, peak, rounded
from stemdesk.audio.exact_sum import REST, NullMeter, sum_to_mix
from stemdesk.audio.store import CHANNELS, JobAudio, MixFacts, Piece, StemReader
from stemdesk.core.errors import StemDeskError, write_error
from stemdesk.core.files import is_file, sync, sync_folder
from stemdesk.core.job import Job
from stemdesk.core.names import safe_name
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.jobs.beside import Beside, put_beside
from stemdesk.jobs.folder import (
    Recipe,
    StemFile,
    note_beside,
    partial_folder,
    publish,
    read_manifest,
    write_manifest,
)
from stemdesk.log import log

_BLOCK = 1 << 16  # frames: half a MiB of stereo float32 a stem
_THREADS = 2  # that encode


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: the song folder, all notices, how deep the stems null with the mix (None
    where only a part of the model's stems was wanted), and what lies beside them."""

    folder: Path
    notices: tuple[Notice, ...]
    null_depth: NullDepth | None
    beside: Beside


def save_stems(
    job: Job,
    recipe: Recipe,
    audio: JobAudio,
    pieces: Sequence[Piece],
    extra: dict[str, Any],
    notices: tuple[Notice, ...],
    replaced: Path | None,
    report: Report,
    cancel: CancelToken,
) -> Saved:
    """Write every stem of the recipe and the manifest, then rename the folder to its name.

    `extra`: more for the manifest. `replaced`: a song folder whose place is taken. Raises what
    `put_beside` does, `ExportError`, `DiskFullError`, `Cancelled`, `Paused`; then nothing is left
    under a final name.
    """
    facts = audio.facts()
    if facts is None:
        raise ValueError("there is no mix in scratch")
    partial = partial_folder(job)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        paths = [partial / f"{safe_name(stem)}.{recipe.format}" for stem in recipe.stems]
        peaks, depth = _write_stems(paths, job, recipe, audio, pieces, facts, report, cancel)
        for path in paths:
            sync(path)  # scratch goes right after: from then on this is the only copy
        files = [
            StemFile(stem, path.name, path.stat().st_size)
            for stem, path in zip(recipe.stems, paths, strict=True)
        ]
        notices += _clipped(recipe, peaks)
        known = {"frames": facts.frames, "samplerate": facts.samplerate, **extra}
        beside = put_beside(job, partial, [file.name for file in files], cancel)
        write_manifest(partial, job, recipe, known, files, notices, depth, beside)
        cancel.check_pause()
        folder = publish(job, replaced)
        sync_folder(folder.parent)
        if folder.name != safe_name(job.name):
            notices += (Notice(NoticeCode.RENAMED, {"name": folder.name}),)
        return Saved(folder, notices, depth, beside)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise write_error(error, partial.parent) from error
    except BaseException:  # also Ctrl+C: no partial folder stays
        shutil.rmtree(partial, ignore_errors=True)
        raise


def bring_along(folder: Path, job: Job, cancel: CancelToken) -> None:
    """Put the job's song beside the stems of a song folder that lacks it and suits the job: it was
    split before without keeping the song, or from a file of this computer.

    The stems are there; where this does not work, no more is lost than the song, which the log
    says. Raises `Cancelled`, `Paused`.
    """
    manifest = read_manifest(folder)
    wanted = job.link is not None and job.export.keep_original and is_file(job.source)
    if manifest is None or manifest.beside.original or not wanted:
        return
    partial = partial_folder(job)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        beside = put_beside(job, partial, [path.name for path in folder.iterdir()], cancel)
        for path in list(partial.iterdir()):
            path.rename(folder / path.name)
        note_beside(folder, job, beside)
    except (OSError, StemDeskError) as error:
        log.warning("the song of job %s was not kept: %s", job.id, error)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_stems(
    paths: Sequence[Path],
    job: Job,
    recipe: Recipe,
    audio: JobAudio,
    pieces: Sequence[Piece],
    facts: MixFacts,
    report: Report,
    cancel: CancelToken,
) -> tuple[list[float], NullDepth | None]:
    """Write all stems side by side, a block of each at a time: only together can they be compared
    with the mix and made to sum to it. Returns each stem's peak (linear, before clipping) and the
    null depth."""
    readers = [StemReader(audio, stem, pieces) for stem in recipe.stems]
    rest = recipe.stems.index(REST) if REST in recipe.stems else None
    peaks = [0.0] * len(readers)
    meter = NullMeter(recipe.bits)
    with _writers(paths, recipe.stems, job, facts) as write:
        for start in range(0, facts.frames, _BLOCK):
            cancel.check_pause()
            frames = min(_BLOCK, facts.frames - start)
            blocks = [reader.read(start, frames) for reader in readers]
            peaks = [max(pair) for pair in zip(peaks, map(peak, blocks), strict=True)]
            plain = saved = np.stack([rounded(block, recipe.bits) for block in blocks])
            if recipe.complete:
                mix = rounded(audio.read_mix(start, frames), recipe.bits)
                if recipe.exact_sum:
                    saved = sum_to_mix(plain, mix, rest, recipe.bits)
                meter.add(mix, plain, saved)
            write(saved)
            report(Progress(Stage.SAVING, (start + frames) / facts.frames))
    return peaks, meter.depth() if recipe.complete else None


@contextmanager
def _writers(
    paths: Sequence[Path], stems: Sequence[str], job: Job, facts: MixFacts
) -> Iterator[Callable[[Rounded], None]]:
    """Opens a file for each stem; gives a function that appends [stems, channels, frames]. They
    are encoded on a few threads: libsndfile lets go of the interpreter meanwhile."""
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                StemWriter(
                    path,
                    facts.samplerate,
                    CHANNELS,
                    job.export,
                    facts.frames,
                    stem_texts(job, stem),
                )
            )
            for path, stem in zip(paths, stems, strict=True)
        ]
        # Ends first, and waits: no file is closed that a thread still writes to.
        pool = stack.enter_context(ThreadPoolExecutor(_THREADS, "encode"))

        def write(stems: Rounded) -> None:
            for _ in pool.map(StemWriter.write, writers, stems):
                pass

        yield write


def stem_texts(job: Job, stem: str) -> StemTexts:
    """What a stem's file says about itself; nothing where nothing is known of the song."""
    tags, link = job.tags, job.link
    title = f"{tags.title} ({stem})" if tags.title else ""
    return StemTexts(title, tags.artist, tags.album, "" if link is None else link.public)


def _clipped(recipe: Recipe, peaks: Sequence[float]) -> tuple[Notice, ...]:
    """A notice for each stem that is louder than its format can hold."""
    return tuple(
        Notice(NoticeCode.CLIPPED, {"stem": stem, "peak_db": 20 * math.log10(peak)})
        for stem, peak in zip(recipe.stems, peaks, strict=True)
        if peak > 1.0 and recipe.bits != 32
    )
