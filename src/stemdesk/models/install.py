"""Brings released models here, removes models, and checks that files are what they were.

A model's yaml is written last: a model whose download was broken off is not listed, and the next
try goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import yaml

from stemdesk.core.errors import (
    DiskFullError,
    ErrorCode,
    ModelError,
    free_bytes,
    write_error,
)
from stemdesk.core.files import replace_file
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import TransferReport, part_of
from stemdesk.fetch.download import RemoteFile, download
from stemdesk.fetch.turn import turn
from stemdesk.models.bag import read_bag
from stemdesk.models.catalogue import CatalogueFile, CatalogueModel, files_for, known
from stemdesk.models.copying import copy_file, counting, hash_file, put_in_place, scratch_file
from stemdesk.models.library import (
    BUILT_IN,
    ModelLibrary,
    accepted_hashes,
    wrong_hash,
)
from stemdesk.models.record import record_path


def download_model(
    library: ModelLibrary,
    name: str,
    stems: Sequence[str],
    report: TransferReport,
    cancel: CancelToken,
    base_url: str,
) -> None:
    """Fetch the files of a released model that these stems need (() for all) and are not here.

    What is there is checked by its hash, and taken from the cache of Hugging Face's tools where
    that has it. `report` tells of all files together. Raises `ModelError` (MODEL_UNKNOWN,
    MODEL_NOT_DOWNLOADABLE, MODEL_NAME_TAKEN, STEM_UNKNOWN), `FetchError`, `DiskFullError`,
    `ExportError` and `Cancelled`; what was fetched so far is kept.
    """
    model = known(name)
    if model is None or not model.downloadable:
        if library.has(name, stems):  # the built-in one, or the person's own
            return
        raise _not_to_be_had(model, name)
    _check_stems(model, stems)
    check_name_is_free(library, model)
    wanted = [file for file in files_for(model, stems) if not _is_sound(library, file, cancel)]
    _make_folder(library.folder)
    _check_room(library, wanted)
    total, done = sum(file.size_bytes for file in wanted), 0
    for number, file in enumerate(wanted, start=1):
        label = f"{name}, file {number} of {len(wanted)}" if len(wanted) > 1 else name
        _fetch(library, file, part_of(report, label, done, total), cancel, base_url)
        done += file.size_bytes
    write_yaml(library, model)


def write_yaml(library: ModelLibrary, model: CatalogueModel) -> None:
    """List a released model as installed. Raises `DiskFullError` or `ExportError`."""
    bag: dict[str, object] = {"models": [file.signature for file in model.files]}
    if any(value != 1 for row in model.weights for value in row):
        bag["weights"] = [list(row) for row in model.weights]
    if model.segment is not None:
        bag["segment"] = model.segment
    write_bag(library.yaml(model.name), bag)


def write_bag(path: Path, bag: dict[str, object]) -> None:
    """Write a model's yaml. Raises `DiskFullError` or `ExportError`."""
    try:
        replace_file(path, yaml.safe_dump(bag).encode())
    except OSError as error:
        raise write_error(error, path) from error


def remove_model(library: ModelLibrary, name: str) -> int:
    """Remove a model, and what is left of its downloads; the bytes that this frees.

    Files that another model here uses stay. Raises `ModelError` (MODEL_BUILT_IN, MODEL_UNKNOWN,
    MODEL_MISSING, MODEL_BUSY while it is downloaded, also by another process) and `ExportError`.
    """
    if name == BUILT_IN:
        raise ModelError(ErrorCode.MODEL_BUILT_IN, model=name)
    model = known(name)
    listed = name in library.names()
    if not listed and model is None:
        raise ModelError(ErrorCode.MODEL_UNKNOWN, model=name)
    path = library.yaml(name)
    signatures = _signatures(path) or [file.signature for file in (model.files if model else ())]
    others = [other for other in library.names() if other not in (name, BUILT_IN)]
    used = {signature for other in others for signature in _signatures(library.yaml(other))}

    def busy() -> None:
        raise ModelError(ErrorCode.MODEL_BUSY, model=name)

    freed = _remove(path)
    for signature in sorted(set(signatures) - used):
        file = library.file(signature)
        part = file.with_name(f"{file.name}.part")
        items = [item for item in (file, record_path(file), part) if item.exists()]
        if items:
            with turn(file.with_name(f"{file.name}.lock"), busy, CancelToken()):
                freed += sum(map(_remove, items))
    if not listed and not freed:
        raise ModelError(ErrorCode.MODEL_MISSING, path=path, model=name)
    return freed


def verify_model(
    library: ModelLibrary, name: str, report: TransferReport, cancel: CancelToken
) -> bool:
    """Read every file of a model and compare it with what it should be. False where for a file
    nothing is known to compare it with: it was put there by hand.

    Raises `ModelError` (MODEL_WRONG_HASH, and as `ModelLibrary.get`) and `Cancelled`.
    """
    info = library.get(name, _usable(library, name))
    files = {file.path: file for i, file in enumerate(info.files) if i not in info.missing}
    tick = counting(name, sum(file.size_bytes for file in files.values()), report)
    compared = True
    for path in files:
        found, expected = hash_file(path, tick, cancel), accepted_hashes(path)
        if expected and found not in expected:
            raise wrong_hash(path, expected[0], found)
        compared = compared and bool(expected)
    return compared


def check_name_is_free(library: ModelLibrary, model: CatalogueModel) -> None:
    """Raises `ModelError(MODEL_NAME_TAKEN)` where a model of the person's own has the name of a
    released one."""
    path = library.yaml(model.name)
    if not path.is_file():
        return
    try:
        taken = not model.is_bag(read_bag(path))
    except ModelError:
        taken = False  # nobody can use it
    if taken:
        raise ModelError(ErrorCode.MODEL_NAME_TAKEN, path=path, model=model.name)


def files_here(library: ModelLibrary, name: str) -> tuple[int, int]:
    """How many of a model's files are here, and how many it has."""
    signatures = _signatures(library.yaml(name))
    return sum(library.file(item).is_file() for item in signatures), len(signatures)


def _usable(library: ModelLibrary, name: str) -> tuple[str, ...]:
    """The stems that a model serves for; () where it is whole, or broken."""
    for item in library.installed():
        if item.name == name:
            return getattr(item, "usable", ())
    return ()


def _not_to_be_had(model: CatalogueModel | None, name: str) -> ModelError:
    code = ErrorCode.MODEL_NOT_DOWNLOADABLE if model else ErrorCode.MODEL_UNKNOWN
    return ModelError(code, model=name)


def _check_stems(model: CatalogueModel, stems: Sequence[str]) -> None:
    for stem in stems:
        if stem not in model.sources:
            raise ModelError(ErrorCode.STEM_UNKNOWN, stem=stem, known=", ".join(model.sources))


def _is_sound(library: ModelLibrary, file: CatalogueFile, cancel: CancelToken) -> bool:
    path = library.file(file.signature)
    return path.is_file() and hash_file(path, lambda _: None, cancel) in accepted_hashes(path)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, folder) from error


def _check_room(library: ModelLibrary, wanted: Sequence[CatalogueFile]) -> None:
    """Room for all of it, not file by file."""
    needed = sum(file.size_bytes for file in wanted)
    for file in wanted:
        with contextlib.suppress(OSError):
            path = library.file(file.signature)
            needed -= path.with_name(f"{path.name}.part").stat().st_size
    if free_bytes(library.folder) < needed:
        raise DiskFullError(library.folder, needed)


def _fetch(
    library: ModelLibrary,
    file: CatalogueFile,
    report: TransferReport,
    cancel: CancelToken,
    base_url: str,
) -> None:
    target = library.file(file.signature)
    if _taken_from_cache(file, target, report, cancel):
        return
    remote = RemoteFile(f"{base_url}/{file.path}", file.size_bytes, file.sha256)
    download(remote, target, report, cancel)


def _taken_from_cache(
    file: CatalogueFile, target: Path, report: TransferReport, cancel: CancelToken
) -> bool:
    """Copy the file from Hugging Face's cache, if it lies there and is the right one."""
    repository, _, rest = file.path.partition("/resolve/")
    revision, _, name = rest.partition("/")
    folder = f"models--{repository.replace('/', '--')}"
    cached = _cache() / folder / "snapshots" / revision / name
    try:
        if cached.stat().st_size != file.size_bytes:
            return False
    except OSError:
        return False
    with scratch_file(target.parent, target.name) as temporary:
        try:
            tick = counting(name, file.size_bytes, report)
            if copy_file(cached, temporary, tick, cancel) != file.sha256:
                return False
        except ModelError:
            return False  # it cannot be read: a cache need not be whole
        put_in_place(temporary, target)
    return True


def _cache() -> Path:
    """Where Hugging Face's tools keep what they have downloaded."""
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if named:
        return Path(named)
    home = os.environ.get("HF_HOME")
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(home) if home else Path(caches, "huggingface").expanduser()) / "hub"


def _signatures(path: Path) -> list[str]:
    try:
        return list(read_bag(path).signatures) if path.is_file() else []
    except ModelError:
        return []


def _remove(path: Path) -> int:
    try:
        size_bytes = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise write_error(error, path) from error
    return size_bytes
