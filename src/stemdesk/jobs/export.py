"""The one writer of stems to people's folders: scratch passes in, a complete song folder out."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stemdesk.audio.encode import StemWriter
from stemdesk.audio.store import CHANNELS, JobAudio, MixFacts, Piece, StemReader
from stemdesk.core.errors import write_error
from stemdesk.core.files import sync, sync_folder
from stemdesk.core.job import Job
from stemdesk.core.names import safe_name
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.jobs.folder import Recipe, StemFile, partial_folder, publish, write_manifest

_BLOCK = 1 << 17  # frames: 1 MiB of stereo float32


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
) -> tuple[Path, tuple[Notice, ...]]:
    """Write every stem of the recipe and the manifest, then rename the folder to its name.

    `extra`: more for the manifest. `replaced`: a song folder whose place is taken. Returns the
    song folder and all notices. Raises `ExportError`, `DiskFullError`, `Cancelled`; then
    nothing is left under a final name.
    """
    facts = audio.facts()
    if facts is None:
        raise ValueError("there is no mix in scratch")
    partial = partial_folder(job)
    share = 1 / len(recipe.stems)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        files = []
        for index, stem in enumerate(recipe.stems):
            tell = _part(report, index * share, share)
            path = partial / f"{safe_name(stem)}.{recipe.format}"
            reader = StemReader(audio, stem, pieces)
            peak = _write_stem(path, reader, job, facts, tell, cancel)
            sync(path)  # scratch goes right after: from then on this is the only copy
            files.append(StemFile(stem, path.name, path.stat().st_size))
            if peak > 1.0 and recipe.bits != 32:
                over: dict[str, str | int | float] = {
                    "stem": stem,
                    "peak_db": 20 * math.log10(peak),
                }
                notices += (Notice(NoticeCode.CLIPPED, over),)
        known = {"frames": facts.frames, "samplerate": facts.samplerate, **extra}
        write_manifest(partial, job, recipe, known, files, notices)
        cancel.check()
        folder = publish(job, replaced)
        sync_folder(folder.parent)
        if folder.name != safe_name(job.name):
            notices += (Notice(NoticeCode.RENAMED, {"name": folder.name}),)
        return folder, notices
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise write_error(error, partial.parent) from error
    except BaseException:  # also Ctrl+C: no partial folder stays
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _part(report: Report, base: float, share: float) -> Callable[[float], None]:
    return lambda fraction: report(Progress(Stage.SAVING, base + share * fraction))


def _write_stem(
    path: Path,
    reader: StemReader,
    job: Job,
    facts: MixFacts,
    report: Callable[[float], None],
    cancel: CancelToken,
) -> float:
    with StemWriter(path, facts.samplerate, CHANNELS, job.export, facts.frames) as writer:
        for start in range(0, facts.frames, _BLOCK):
            cancel.check()
            frames = min(_BLOCK, facts.frames - start)
            writer.write(reader.read(start, frames))
            report((start + frames) / facts.frames)
    return writer.peak
