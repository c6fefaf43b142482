"""Takes a model file that the person has into the models folder.

A released file is known by its hash, and gets its released name. Another one must be a Demucs
network in a safetensors file and pass every check that loading makes; it gets a name of its own.
Everything is copied first and checked afterwards: what was checked is what is installed.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stemdesk.core.errors import (
    DiskFullError,
    ErrorCode,
    ModelError,
    SourceError,
    free_bytes,
    write_error,
)
from stemdesk.core.files import is_file, is_folder, replace_file
from stemdesk.core.progress import CancelToken
from stemdesk.core.sentences import printable
from stemdesk.core.transfer import TransferReport
from stemdesk.models.bag import NAME, Bag, read_bag
from stemdesk.models.catalogue import CatalogueFile, CatalogueModel, catalogue
from stemdesk.models.copying import (
    Tick,
    copy_file,
    counting,
    hash_file,
    put_in_place,
    scratch_file,
)
from stemdesk.models.header import MAX_FILE_BYTES, MAX_HEADER_BYTES
from stemdesk.models.info import read_file
from stemdesk.models.install import check_name_is_free, write_bag, write_yaml
from stemdesk.models.library import BUILT_IN, ModelLibrary, accepted_hashes
from stemdesk.models.record import Record, record_path, write_record

_SIGNATURE_DIGITS = 16  # of a custom file's hash: released signatures have 8
_NAME_MAX = 64
_STALE_S = 24 * 3600


def import_model(
    library: ModelLibrary,
    path: Path,
    name: str | None,
    report: TransferReport,
    cancel: CancelToken,
) -> str:
    """Install a model file, or a model of several files by its yaml or the folder with it.

    `name`: for a model that is not a released one; by default made from the file's name. Returns
    the installed model's name. Raises `ModelError` (MODEL_NOT_RECOGNISED, MODEL_CORRUPT,
    MODEL_REFUSED, MODEL_NAME_TAKEN, MODEL_NAME_INVALID), `SourceError`, `DiskFullError`,
    `ExportError` and `Cancelled`; nothing is installed then.
    """
    if name is not None and not NAME.fullmatch(name):
        raise ModelError(ErrorCode.MODEL_NAME_INVALID, path=path, model=name)
    _sweep(library.folder)
    if is_folder(path):
        path = _only_yaml(path)
    importer = _Importer(library, report, cancel)
    if path.suffix == ".yaml":
        return importer.bag(path, name)
    return importer.single(path, name)


@dataclass(frozen=True, slots=True)
class _Brought:
    """A file that is in the models folder now. `new`: it was not before."""

    signature: str
    released: CatalogueModel | None
    new: bool


class _Importer:
    def __init__(self, library: ModelLibrary, report: TransferReport, cancel: CancelToken) -> None:
        self._library = library
        self._report = report
        self._cancel = cancel

    def single(self, path: Path, name: str | None) -> str:
        """Install the model that consists of one file, or the released one it is a part of."""
        with self._undone_if_it_fails() as brought:
            file = self._bring(path)
            brought.append(file)
            if file.released is not None:
                write_yaml(self._library, file.released)
                return file.released.name
            known = self._named(file.signature)
            if known and name in (None, known):
                return known
            chosen = _free_name(self._library, name, path.stem)
            write_bag(self._library.yaml(chosen), {"models": [file.signature]})
            return chosen

    def bag(self, path: Path, name: str | None) -> str:
        """Install the model that a yaml makes of the files beside it."""
        _size(path)
        bag = read_bag(path)
        released = next((model for model in catalogue() if model.is_bag(bag)), None)
        with self._undone_if_it_fails() as brought:
            for signature in bag.signatures:
                brought.append(self._bring(_beside(path, signature)))
            if released is not None and all(file.released is released for file in brought):
                write_yaml(self._library, released)
                return released.name
            chosen = _free_name(self._library, name, path.stem)
            write_bag(self._library.yaml(chosen), _as_yaml(bag, brought))
            try:
                self._library.get(chosen)
            except ModelError:
                self._library.yaml(chosen).unlink(missing_ok=True)
                raise
            return chosen

    @contextlib.contextmanager
    def _undone_if_it_fails(self) -> Iterator[list[_Brought]]:
        """Files that were brought for a model that cannot be installed after all go again."""
        brought: list[_Brought] = []
        try:
            yield brought
        except BaseException:  # also cancelled: nothing half-installed stays
            for file in brought:
                path = self._library.file(file.signature)
                if file.new:
                    for item in (path, record_path(path)):
                        with contextlib.suppress(OSError):
                            item.unlink()
            raise

    def _bring(self, path: Path) -> _Brought:
        """Copy one file into the models folder, as what it is."""
        size_bytes = _size(path)
        tick = counting(printable(path.name), 2 * size_bytes, self._report)
        sha256 = hash_file(path, tick, self._cancel)
        for model in catalogue():
            for file in model.files:
                if sha256 in (file.sha256, file.legacy.sha256 if file.legacy else ""):
                    check_name_is_free(self._library, model)
                    return self._bring_released(path, model, file, sha256, tick)
        if not _may_be_safetensors(path):
            raise ModelError(ErrorCode.MODEL_NOT_RECOGNISED, f"SHA-256 {sha256}", path=path)
        signature = sha256[:_SIGNATURE_DIGITS]
        target = self._library.file(signature)
        if self._is_there(target):
            return _Brought(signature, None, new=False)
        self._check_room(size_bytes)
        with scratch_file(self._library.folder, target.name) as temporary:
            copied = copy_file(path, temporary, tick, self._cancel)
            _check(temporary, path, self._cancel)
            if copied != sha256:
                raise ModelError(ErrorCode.MODEL_CORRUPT, "it was changed meanwhile", path=path)
            record = Record(sha256, size_bytes, printable(path.name), sha256)
            new = _put(temporary, target, record)
        return _Brought(signature, None, new)

    def _bring_released(
        self, path: Path, model: CatalogueModel, file: CatalogueFile, sha256: str, tick: Tick
    ) -> _Brought:
        target = self._library.file(file.signature)
        if self._is_there(target):
            return _Brought(file.signature, model, new=False)
        size_bytes = _size(path)
        self._check_room(size_bytes)
        record = None
        with scratch_file(self._library.folder, target.name) as temporary:
            if sha256 == file.sha256:
                if copy_file(path, temporary, tick, self._cancel) != sha256:
                    raise ModelError(ErrorCode.MODEL_CORRUPT, "it was changed meanwhile", path=path)
            else:
                self._convert(path, file, temporary)
                tick(size_bytes)
                made = hash_file(temporary, lambda _: None, self._cancel)
                record = Record(made, temporary.stat().st_size, printable(path.name), sha256)
            new = _put(temporary, target, record)
        return _Brought(file.signature, model, new)

    def _convert(self, path: Path, file: CatalogueFile, temporary: Path) -> None:
        from stemdesk.engine.legacy import convert_legacy

        if file.legacy is None:
            raise ValueError(f"{file.signature} has no legacy file")
        data = convert_legacy(path, file.legacy)
        try:
            replace_file(temporary, data)
        except OSError as error:
            raise write_error(error, temporary, len(data)) from error
        _check(temporary, path, self._cancel)

    def _is_there(self, target: Path) -> bool:
        """Whether the very file is installed, and whole."""
        if not target.is_file():
            return False
        return hash_file(target, lambda _: None, self._cancel) in accepted_hashes(target)

    def _check_room(self, needed_bytes: int) -> None:
        folder = self._library.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(error, folder) from error
        if free_bytes(folder) < needed_bytes:
            raise DiskFullError(folder, needed_bytes)

    def _named(self, signature: str) -> str | None:
        """The model that consists of just this file, if one does."""
        for name in self._library.names():
            with contextlib.suppress(ModelError):
                if read_bag(self._library.yaml(name)).signatures == (signature,):
                    return name
        return None


def _put(temporary: Path, target: Path, record: Record | None) -> bool:
    """Give a checked copy its name, with its record; whether no file had that name before."""
    new = not target.exists()
    if record is not None:
        write_record(target, record)
    try:
        put_in_place(temporary, target)
    except BaseException:  # also Ctrl+C: no record without its file
        if record is not None and new:
            with contextlib.suppress(OSError):
                record_path(target).unlink()
        raise
    return new


def _check(temporary: Path, path: Path, cancel: CancelToken) -> None:
    """All that is known of a good model file, of the copy; errors tell of the file that the person
    named."""
    from stemdesk.engine.load import check_file

    try:
        read_file(temporary, temporary.stem)
        check_file(temporary, cancel)
    except ModelError as error:
        error.path = path
        raise


def _size(path: Path) -> int:
    if not is_file(path):
        raise SourceError(ErrorCode.SOURCE_MISSING, path=path)
    try:
        size_bytes = path.stat().st_size
    except OSError as error:
        raise SourceError(ErrorCode.SOURCE_UNREADABLE, str(error), path=path) from error
    if size_bytes > MAX_FILE_BYTES:
        detail = f"{size_bytes} bytes are more than any model has"
        raise ModelError(ErrorCode.MODEL_REFUSED, detail, path=path)
    return size_bytes


def _may_be_safetensors(path: Path) -> bool:
    """Whether a file begins as one of that kind. Nothing else is read any further."""
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise SourceError(ErrorCode.SOURCE_UNREADABLE, str(error), path=path) from error
    return int.from_bytes(head[:8], "little") <= MAX_HEADER_BYTES and head[8:] == b"{"


def _only_yaml(folder: Path) -> Path:
    found = [path for path in sorted(folder.glob("*.yaml")) if is_file(path)]
    if len(found) != 1:
        detail = f"{len(found)} yaml files in the folder, not one"
        raise ModelError(ErrorCode.MODEL_NOT_RECOGNISED, detail, path=folder)
    return found[0]


def _beside(path: Path, signature: str) -> Path:
    """The file of that signature beside a yaml: safetensors, or an original one."""
    first = path.with_name(f"{signature}.safetensors")
    legacy = sorted(path.parent.glob(f"{signature}-*.th"))
    return first if is_file(first) or not legacy else legacy[0]


def _as_yaml(bag: Bag, files: list[_Brought]) -> dict[str, object]:
    value: dict[str, object] = {"models": [file.signature for file in files]}
    if bag.weights is not None:
        value["weights"] = [list(row) for row in bag.weights]
    if bag.segment is not None:
        value["segment"] = bag.segment
    return value


def _free_name(library: ModelLibrary, wanted: str | None, stem: str) -> str:
    """`wanted`, or a name made from a file's. Those of released models are kept for them."""
    names = [*library.names(), *(model.name for model in catalogue()), BUILT_IN]
    taken = {name.casefold() for name in names}
    if wanted is not None:
        if wanted.casefold() in taken:
            raise ModelError(ErrorCode.MODEL_NAME_TAKEN, path=library.folder, model=wanted)
        return wanted
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[: _NAME_MAX - 4] or "model"
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, 1000))
    return next(name for name in numbered if name.casefold() not in taken)


def _sweep(folder: Path) -> None:
    """Remove copies that a crash has left."""
    for path in folder.glob(".*.import*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_S:
                path.unlink()
