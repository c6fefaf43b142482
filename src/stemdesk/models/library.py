"""The models folder, `<name>.yaml` beside `<signature>.safetensors`, and the built-in model.

Reads headers only. Of a released model (`catalogue`) some files may be missing: it serves for the
stems that the others make.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.quality import BEST_MODEL, Quality, within_reach
from stemdesk.models.bag import NAME, read_bag
from stemdesk.models.catalogue import (
    CatalogueFile,
    CatalogueModel,
    catalogue,
    files_for,
    known,
)
from stemdesk.models.info import BrokenModel, ModelFile, ModelInfo, missing_file, read_model
from stemdesk.models.record import read_record
from stemdesk.paths import resources

__all__ = [
    "BUILT_IN",
    "DEFAULT",
    "BrokenModel",
    "Choice",
    "ModelFile",
    "ModelInfo",
    "ModelLibrary",
    "Why",
    "default_quality",
    "default_reason",
]

DEFAULT = "htdemucs"
BUILT_IN = "starter"
_STAND_IN = "stand-in"  # what the demo made before there was a built-in model; it hears nothing
_BUILT_IN_FOLDER = resources() / "models" / BUILT_IN


_hashes: dict[tuple[Path, int, int], str] = {}  # by path, size and time; of all libraries
_hashing = threading.Lock()


class ModelLibrary:
    """What is installed in a models folder, which need not exist, and what is built in.

    `built_in`: the folder of the built-in model, None for none.
    """

    def __init__(self, folder: Path, built_in: Path | None = _BUILT_IN_FOLDER) -> None:
        self.folder = folder
        self.built_in = built_in

    def names(self) -> list[str]:
        """The models' names, sorted. A yaml with an odd name is not a model."""
        try:
            paths = [path for path in self.folder.iterdir() if path.suffix == ".yaml"]
        except OSError:
            paths = []
        names = {path.stem for path in paths if NAME.fullmatch(path.stem) and path.is_file()}
        names -= {BUILT_IN, _STAND_IN}
        if self.built_in is not None and self.yaml(BUILT_IN).is_file():
            names.add(BUILT_IN)
        return sorted(names)

    def get(self, name: str, stems: Collection[str] = ()) -> ModelInfo:
        """Read the yaml and the headers of its files, of which those must be there that the wanted
        stems need (() for all; unknown ones are not looked at).

        Raises `ModelError`: MODEL_MISSING (`model`; with `needed_bytes` and `command` where it can
        be downloaded, else with `path` of the file that is not there), MODEL_CORRUPT or
        MODEL_REFUSED (`path`).
        """
        info = self._read(name, stems)
        absent = [index for index in info.needed(stems) if index in info.missing]
        if absent:
            raise self._not_installed(name, stems, info.files[absent[0]].path, info.usable)
        return info

    def has(self, name: str, stems: Collection[str] = ()) -> bool:
        """Whether a model is installed and can be used for these stems (() for all)."""
        try:
            self.get(name, stems)
        except ModelError:
            return False
        return True

    def installed(self) -> list[ModelInfo | BrokenModel]:
        """Every model, by name, also those that serve for some of their stems only; broken ones
        with their error."""
        found: list[ModelInfo | BrokenModel] = []
        for name in self.names():
            try:
                info = self._read(name)
                found.append(info if info.usable else self.get(name))
            except ModelError as error:
                found.append(BrokenModel(name, error))
        return found

    def absent(self, model: CatalogueModel, stems: Sequence[str] = ()) -> list[CatalogueFile]:
        """The files of a released model that the stems need and that are not here, judged by
        their size."""
        return [file for file in files_for(model, stems) if not self._is_here(file)]

    def hashes(self, info: ModelInfo, stems: Collection[str] = ()) -> tuple[str, ...]:
        """SHA-256 (hex) of each file that the stems need; remembered while size and time stay the
        same.

        Raises `ModelError`: MODEL_MISSING, MODEL_CORRUPT, and MODEL_WRONG_HASH for a released or
        imported file that is not what it was.
        """
        return tuple(self.hash_of(info.name, info.files[index]) for index in info.needed(stems))

    def hash_of(self, name: str, file: ModelFile) -> str:
        """SHA-256 of one file. Raises as `hashes`."""
        found = self._hash(name, file.path)
        expected = accepted_hashes(file.path)
        if expected and found not in expected:
            raise wrong_hash(file.path, expected[0], found)
        return found

    def file(self, signature: str) -> Path:
        """Where a model's file lies, or would."""
        return self.folder / f"{signature}.safetensors"

    def yaml(self, name: str) -> Path:
        """Where a model's yaml lies, or would."""
        return self._place(name) / f"{name}.yaml"

    def _place(self, name: str) -> Path:
        return self.built_in if name == BUILT_IN and self.built_in else self.folder

    def _read(self, name: str, stems: Collection[str] = ()) -> ModelInfo:
        path = self.yaml(name)
        if not NAME.fullmatch(name) or not path.is_file():
            raise self._not_installed(name, stems, None, ())
        bag = read_bag(path)
        released = known(name)
        if released is not None and not released.is_bag(bag):
            released = None  # another model with that name
        try:
            info = read_model(name, bag, path.parent, released, stems)
        except ModelError as error:
            error.path = error.path or path
            raise
        return replace(info, built_in=path.parent == self.built_in)

    def _is_here(self, file: CatalogueFile) -> bool:
        path = self.file(file.signature)
        try:
            size_bytes = path.stat().st_size
        except OSError:
            return False
        record = read_record(path)
        return size_bytes in (file.size_bytes, record.size_bytes if record else -1)

    def _not_installed(
        self, name: str, stems: Collection[str], path: Path | None, usable: Sequence[str]
    ) -> ModelError:
        """The error, with what a download would take."""
        model = known(name)
        if path is not None and (model is None or not model.downloadable):
            return missing_file(name, path)
        facts: dict[str, Any] = {"model": name}
        if model is not None and model.downloadable:
            wanted = tuple(source for source in model.sources if source in stems)
            facts["needed_bytes"] = sum(file.size_bytes for file in self.absent(model, wanted))
            facts["command"] = download_command(name, wanted)
        if usable:
            facts["installed"] = ", ".join(usable)
        return ModelError(
            ErrorCode.MODEL_MISSING, f"no {name[:64]}.yaml", path=path or self.folder, **facts
        )

    def _hash(self, name: str, path: Path) -> str:
        try:
            facts = path.stat()
            key = (path, facts.st_size, facts.st_mtime_ns)
            with _hashing:  # who asks meanwhile waits for this answer
                if key not in _hashes:
                    with path.open("rb") as file:
                        _hashes[key] = hashlib.file_digest(file, "sha256").hexdigest()
                return _hashes[key]
        except FileNotFoundError as error:
            raise missing_file(name, path) from error
        except OSError as error:
            raise ModelError(ErrorCode.MODEL_CORRUPT, str(error), path=path) from error


def accepted_hashes(path: Path) -> tuple[str, ...]:
    """The SHA-256 that a model file may have: the released one of its signature, and the one it
    had when it was imported. () where nothing is known."""
    files = (file for model in catalogue() for file in model.files)
    released = [file.sha256 for file in files if file.signature == path.stem and file.sha256]
    record = read_record(path)
    return (record.sha256, *released) if record else tuple(released)


def wrong_hash(path: Path, expected: str, found: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_WRONG_HASH, path=path, expected=expected, found=found)


def download_command(name: str, stems: Sequence[str] = ()) -> str:
    """What to type for a model, or for the part of it that these stems need."""
    model = known(name)
    part = model is not None and len(files_for(model, stems)) < len(model.files)
    return f"stemdesk models download {name}" + (f" --stems {','.join(stems)}" if part else "")


class Why(StrEnum):
    """Why a model was taken where none was named."""

    SETTING = "setting"
    USUAL = "usual"  # htdemucs is there
    ANOTHER = "another"  # it is not, and this one is
    BUILT_IN = "built_in"  # none is there


@dataclass(frozen=True, slots=True)
class Choice:
    """A model and why it was taken. `passed_over`: the settings' one, if it cannot be used."""

    name: str
    why: Why
    passed_over: str = ""


def default_reason(library: ModelLibrary, wanted: str, stems: Collection[str] = ()) -> Choice:
    """`wanted` (the setting) if it can be used and has these stems, else htdemucs, else another
    installed one, else the built-in one, which is always there."""
    if wanted and _makes(library, wanted, stems):
        return Choice(wanted, Why.SETTING)
    if _makes(library, DEFAULT, stems):
        return Choice(DEFAULT, Why.USUAL, wanted)
    for name in library.names():
        if name != BUILT_IN and _makes(library, name, stems):
            return Choice(name, Why.ANOTHER, wanted)
    return Choice(BUILT_IN, Why.BUILT_IN, wanted)


def _makes(library: ModelLibrary, name: str, stems: Collection[str]) -> bool:
    """Whether a model is installed, has these stems, and can be used for them."""
    try:
        return set(stems) <= set(library.get(name, stems).sources)
    except ModelError:
        return False


def default_quality(library: ModelLibrary, wanted: str, stems: Collection[str] = ()) -> Quality:
    """The quality to use where none is named: `wanted` (the setting) if its model is there."""
    sound = [BEST_MODEL] if library.has(BEST_MODEL, stems) else []
    return within_reach(Quality(wanted), sound)
