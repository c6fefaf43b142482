"""Song folders: where a song's stems go, the manifest, and what counts as "already split".

A folder under its final name is complete: stems are written into a hidden folder beside it that
is renamed at the end. The manifest, `stemdesk.json`, says what the stems were made from.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stemdesk import __version__
from stemdesk.core.errors import ErrorCode, ExportError, write_error
from stemdesk.core.files import exists, replace_file
from stemdesk.core.job import Job
from stemdesk.core.names import safe_name
from stemdesk.core.notices import Notice
from stemdesk.core.null_depth import NullDepth
from stemdesk.jobs.beside import NOTHING, Beside

MANIFEST = "stemdesk.json"
MANIFEST_VERSION = 1
_TRIES = 1000
# Counts up when the decoder, the normalisation or the networks' code gives other bits.
_BITS_VERSION = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides a song's stems: the file, the models, the options.

    `hashes`, `weights` ([files][sources]), `segments`: of the model's files that the stems need.
    `exact_sum`: they were asked to sum to the mix; without effect where they are not `complete`.
    `full_precision`: float32 on GPUs, too.
    """

    fingerprint: str
    model: str
    hashes: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    segments: tuple[str, ...]  # seconds of one pass, as fractions
    stems: tuple[str, ...]
    overlap: float
    shifts: int
    format: str
    bits: int
    exact_sum: bool = False
    full_precision: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of the model's stems are wanted; a part of them is not the mix."""
        return len(self.stems) == len(self.weights[0])

    @property
    def key(self) -> str:
        """One hash over all of it but the model's name: equal keys, equal stems."""
        exact = ["exact sum"] if self.exact_sum and self.complete else []
        return _hash([self.separation_key, self.format, self.bits, *exact])

    @property
    def separation_key(self) -> str:
        """The same without what is done while saving: what finished passes in scratch depend
        on."""
        precision = ["full precision"] if self.full_precision else []
        return _hash(
            [
                _BITS_VERSION,
                self.fingerprint,
                self.hashes,
                self.weights,
                self.segments,
                self.stems,
                self.overlap,
                self.shifts,
                *precision,
            ]
        )


@dataclass(frozen=True, slots=True)
class StemFile:
    """One stem in a song folder; `name` is the file's name there."""

    stem: str
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `stemdesk.json` tells of a song folder. `null_depth`: None where only a part of the
    model's stems was wanted, and in manifests of 0.1.0. `beside`: of songs that came from a
    link."""

    key: str
    title: str
    artist: str
    model: str
    frames: int
    samplerate: int
    files: tuple[StemFile, ...]
    notices: tuple[Notice, ...] = ()
    null_depth: NullDepth | None = None
    fingerprint: str = ""  # the song's file when it was split
    link: str = ""  # where the song came from
    beside: Beside = NOTHING


def parent_folder(job: Job) -> Path:
    """The folder that will hold the song's folder; a dropped folder's tree is kept."""
    return job.root.joinpath(*(safe_name(part) for part in job.relative.parts))


def candidates(job: Job) -> Iterator[Path]:
    """`name`, `name (2)`, `name (3)`, … beneath the job's root."""
    parent, name = parent_folder(job), safe_name(job.name)
    yield parent / name
    for number in range(2, _TRIES):
        yield parent / f"{name} ({number})"


def find_split(job: Job, key: str) -> Path | None:
    """The complete song folder whose manifest matches, or None."""
    for folder in candidates(job):
        if not exists(folder):
            return None
        manifest = read_manifest(folder)
        if manifest is not None and manifest.key == key and is_complete(folder, manifest):
            return folder
    return None


def read_manifest(folder: Path) -> Manifest | None:
    """The folder's manifest, or None if there is none that we understand."""
    try:
        value = json.loads((folder / MANIFEST).read_text("utf-8"))
        if value["version"] != MANIFEST_VERSION:
            return None
        files = tuple(
            StemFile(str(item["stem"]), Path(item["file"]).name, int(item["bytes"]))
            for item in value["files"]
        )
        return Manifest(
            key=str(value["key"]),
            title=str(value["source"]["title"]),
            artist=str(value["source"]["artist"]),
            model=str(value["model"]["name"]),
            frames=int(value["frames"]),
            samplerate=int(value["samplerate"]),
            files=files,
            notices=tuple(Notice.from_json(item) for item in value["notices"]),
            null_depth=NullDepth.from_json(value.get("null_depth_db")),
            fingerprint=str(value["source"].get("fingerprint", "")),
            link=str(value["source"].get("link", "")),
            beside=Beside(
                Path(value["source"].get("original", "")).name,
                Path(value["source"].get("cover", "")).name,
            ),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_complete(folder: Path, manifest: Manifest) -> bool:
    """Whether every stem of the manifest is there with its size."""
    try:
        return all(
            (folder / file.name).stat().st_size == file.size_bytes for file in manifest.files
        )
    except OSError:
        return False


def write_manifest(
    folder: Path,
    job: Job,
    recipe: Recipe,
    facts: dict[str, Any],
    files: list[StemFile],
    notices: tuple[Notice, ...],
    depth: NullDepth | None = None,
    beside: Beside = NOTHING,
) -> None:
    """Write `stemdesk.json`. `facts`: frames, samplerate and what else the pipeline knows.
    `source` says more of a song that came from a link: its `link` and `site`, and the names of
    its `original` and its `cover` in the folder, "" for none.

    `depth` becomes `null_depth_db`: {"plain": …, "saved": …} in decibels, for the stems as
    separated and as saved (with `exact_sum` not the same), null for exact; null as a whole where
    only a part of the model's stems was wanted. `core.null_depth` says what is measured.
    """
    value = {
        "version": MANIFEST_VERSION,
        "app": f"StemDesk {__version__}",
        "key": recipe.key,
        "source": {
            "file": beside.original or job.source.name,
            "fingerprint": recipe.fingerprint,
            "title": job.tags.title,
            "artist": job.tags.artist,
            "album": job.tags.album,
            **_from_link(job, beside),
        },
        "model": {"name": recipe.model, "sha256": list(recipe.hashes)},
        "options": {
            "stems": list(recipe.stems),
            "overlap": recipe.overlap,
            "shifts": recipe.shifts,
        },
        "format": {
            "name": recipe.format,
            "bits": recipe.bits,
            "exact_sum": recipe.exact_sum and recipe.complete,
        },
        **facts,
        "null_depth_db": None if depth is None else depth.to_json(),
        "files": [
            {"stem": item.stem, "file": item.name, "bytes": item.size_bytes} for item in files
        ],
        "notices": [notice.to_json() for notice in notices],
    }
    _write(folder, value)


def _write(folder: Path, value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    replace_file(folder / MANIFEST, text.encode("utf-8", "replace"))


def note_beside(folder: Path, job: Job, beside: Beside) -> None:
    """Write into a folder's manifest what lies beside its stems now. Raises `OSError`."""
    value = json.loads((folder / MANIFEST).read_text("utf-8"))
    value["source"] |= _from_link(job, beside)
    _write(folder, value)


def partial_folder(job: Job) -> Path:
    """The hidden folder that the stems are written into, on the same volume as the final one."""
    return parent_folder(job) / f".{safe_name(job.name)}.{job.id}.partial"


def ensure_writable(job: Job) -> None:
    """Make the parent folder and prove that it takes a folder, before hours are spent.

    Raises `ExportError` or `DiskFullError`.
    """
    parent, partial = parent_folder(job), partial_folder(job)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)  # left by a crash while saving
        for old in parent.glob(f".*.{job.id}.old"):
            _put_back(old, parent / old.name[1 : -len(f".{job.id}.old")])
        partial.mkdir()
        partial.rmdir()
    except OSError as error:
        raise write_error(error, parent) from error


def publish(job: Job, replaced: Path | None) -> Path:
    """Rename the finished partial folder to its final name and return it.

    `replaced`: a song folder whose place it takes (`--force`). Its own stems go; whatever else
    the person put there is moved along. Otherwise the first free name is taken.
    """
    partial = partial_folder(job)
    try:
        if replaced is not None and exists(replaced):
            return _replace(partial, replaced, job.id)
        for folder in candidates(job):
            if exists(folder):
                continue
            try:
                return partial.rename(folder)
            except OSError:
                if not exists(folder):  # refused, and not since another process was quicker
                    raise
    except OSError as error:
        raise write_error(error, partial.parent) from error
    raise ExportError(ErrorCode.FOLDER_NOT_WRITABLE, "no free name", path=partial.parent)


def _from_link(job: Job, beside: Beside) -> dict[str, str]:
    if job.link is None:
        return {}
    return {"link": job.link.public, "site": job.link.site, **asdict(beside)}


def _hash(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _replace(partial: Path, folder: Path, job_id: str) -> Path:
    """Put `partial` in the place of `folder`. Whatever stops this, the song folder is there under
    its name, old or new, and what people put there is moved last and never deleted."""
    old = folder.with_name(f".{folder.name}.{job_id}.old")
    folder.rename(old)
    try:
        partial.rename(folder)
    except BaseException:  # also Ctrl+C: the old song folder comes back
        old.rename(folder)
        raise
    _put_back(old, folder)
    return folder


def _put_back(old: Path, folder: Path) -> None:
    """Empty `old`, a song folder that was replaced by `folder`: its own stems go, and the original
    and the cover where there are new ones; the rest moves over. Where it was not replaced yet, it
    takes its place again."""
    if not exists(folder):
        old.rename(folder)
        return
    manifest = read_manifest(old)
    stems = {file.name for file in manifest.files} if manifest else set()
    beside = {manifest.beside.original, manifest.beside.cover} if manifest else set()
    for item in list(old.iterdir()):
        again = item.name in beside and exists(folder / item.name)
        if item.name in stems or again:
            item.unlink()
        elif item.name != MANIFEST and not exists(folder / item.name):
            item.rename(folder / item.name)
    (old / MANIFEST).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # a file of the person's with the name of a new stem
        old.rmdir()
