"""Every released Demucs model that matters: files, sizes, hashes, what each is for.

The facts are data, in `catalogue.json` beside this file, and checked strictly when they are read:
a slip in that file is found by the first test, not by the person whose download is refused.
Where a model lies on the network is put together here, from a base address that a mirror may
replace; nothing here opens a connection.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stemdesk.models.bag import NAME, Bag, Weights

BASE_URL = "https://huggingface.co"
LEGACY_URL = "https://dl.fbaipublicfiles.com"
MIRROR_VARIABLE = "STEMDESK_MODEL_MIRROR"
CATALOGUE_FILE = Path(__file__).with_name("catalogue.json")  # tests put another one here

_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REVISION = re.compile(r"[0-9a-f]{40}")
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*")
_FOLDER = re.compile(r"[a-z_]+")
_MODEL_KEYS = frozenset(
    {"name", "title", "sources", "weights", "segment", "purpose", "relative_time", "licence"}
    | {"downloadable", "tested", "experimental", "legacy_folder", "files"}
)
_PLACE_KEYS = frozenset({"repository", "revision"})


@dataclass(frozen=True, slots=True)
class LegacyFile:
    """The same weights as a pickle of the author's. `path`: below `LEGACY_URL`."""

    name: str
    size_bytes: int
    sha256: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """One network's file. `path`: below the base address; "" where it is not to be had there,
    and `size_bytes` and `sha256` are 0 and "" then."""

    signature: str
    size_bytes: int
    sha256: str
    path: str
    legacy: LegacyFile | None

    @property
    def name(self) -> str:
        return f"{self.signature}.safetensors"


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A released model. `weights`: [files][sources]. `segment`: seconds, None for the files' own.
    `relative_time`: of splitting into all stems, htdemucs being 1. `tested`: whether releases
    are tried with its real weights. `experimental`: stems that are weak."""

    name: str
    title: str
    sources: tuple[str, ...]
    files: tuple[CatalogueFile, ...]
    weights: Weights
    segment: float | None
    purpose: str
    relative_time: float
    licence: str
    downloadable: bool
    tested: bool
    experimental: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Of all its files."""
        return sum(
            file.size_bytes or (file.legacy.size_bytes if file.legacy else 0) for file in self.files
        )

    def is_bag(self, bag: Bag) -> bool:
        """Whether a yaml of the models folder describes this model and no other of its name or of
        its files."""
        even = tuple((1.0,) * len(self.sources) for _ in self.files)
        return (bag.signatures, bag.weights or even, bag.segment) == (
            tuple(file.signature for file in self.files),
            self.weights,
            self.segment,
        )


def catalogue() -> tuple[CatalogueModel, ...]:
    """Every known model. Raises `ValueError` if the catalogue's file breaks its own rules."""
    return _read(CATALOGUE_FILE)


def known(name: str) -> CatalogueModel | None:
    """The released model of that name."""
    return next((model for model in catalogue() if model.name == name), None)


def files_for(model: CatalogueModel, stems: Sequence[str]) -> tuple[CatalogueFile, ...]:
    """The files with weight in one of the wanted stems; all of them for ()."""
    columns = [index for index, source in enumerate(model.sources) if source in stems]
    return tuple(
        file
        for file, row in zip(model.files, model.weights, strict=True)
        if not stems or any(row[column] > 0 for column in columns)
    )


def base_url(mirror: str) -> str:
    """The address that files' paths are put behind. `mirror`: the setting; the environment
    variable wins over it."""
    return (os.environ.get(MIRROR_VARIABLE) or mirror or BASE_URL).rstrip("/")


def legacy_url(mirror: str) -> str:
    """As `base_url`, for the author's pickles."""
    return (os.environ.get(MIRROR_VARIABLE) or mirror or LEGACY_URL).rstrip("/")


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[CatalogueModel, ...]:
    value = json.loads(path.read_text("utf-8"))
    try:
        _check(value.keys() == {"version", "models"} and value["version"] == _VERSION, "version")
        models = tuple(_model(item) for item in value["models"])
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the catalogue of models: {error!r}") from error
    _unique([model.name for model in models], "name")
    files = [file for model in models for file in model.files]
    _unique([file.signature for file in files], "signature")
    hashes = [file.sha256 for file in files if file.sha256]
    _unique(hashes + [file.legacy.sha256 for file in files if file.legacy], "hash")
    return models


def _model(item: Mapping[str, Any]) -> CatalogueModel:
    downloadable = item["downloadable"]
    _check(type(downloadable) is bool and type(item["tested"]) is bool, "flags")
    _check(item.keys() == _MODEL_KEYS | (_PLACE_KEYS if downloadable else set()), "keys", item)
    _check(NAME.fullmatch(item["name"]) is not None, "name", item)
    for key in ("title", "purpose", "licence"):
        _check(isinstance(item[key], str) and len(item[key]) > 4, key, item)
    _check(_is_number(item["relative_time"]), "relative_time", item)
    _check(item["segment"] is None or _is_number(item["segment"]), "segment", item)
    sources = tuple(item["sources"])
    _check(all(isinstance(name, str) for name in sources) and bool(sources), "sources", item)
    _unique(sources, "source")
    _check(set(item["experimental"]) <= set(sources), "experimental", item)
    files = tuple(_file(entry, item) for entry in item["files"])
    return CatalogueModel(
        name=item["name"],
        title=item["title"],
        sources=sources,
        files=files,
        weights=_weights(item, len(files), len(sources)),
        segment=item["segment"],
        purpose=item["purpose"],
        relative_time=float(item["relative_time"]),
        licence=item["licence"],
        downloadable=downloadable,
        tested=item["tested"],
        experimental=tuple(item["experimental"]),
    )


def _weights(item: Mapping[str, Any], files: int, sources: int) -> Weights:
    """All 1 where the catalogue has none; every source has a file with weight in it."""
    rows = item["weights"] or [[1.0] * sources] * files
    _check(len(rows) == files > 0 and all(len(row) == sources for row in rows), "weights", item)
    _check(all(_is_number(value, 0.0) for row in rows for value in row), "weights", item)
    _check(all(sum(column) > 0 for column in zip(*rows, strict=True)), "weights", item)
    return tuple(tuple(float(value) for value in row) for row in rows)


def _file(entry: Mapping[str, Any], item: Mapping[str, Any]) -> CatalogueFile:
    signature, released = entry["signature"], bool(item["downloadable"])
    keys = {"signature", "legacy"} | ({"bytes", "sha256"} if released else set())
    _check(entry.keys() == keys, "keys of a file", item)
    _check(NAME.fullmatch(signature) is not None, "signature", item)
    legacy = _legacy(entry["legacy"], signature, item)
    if not released:
        return CatalogueFile(signature, 0, "", "", legacy)
    repository, revision = item["repository"], item["revision"]
    _check(_REPOSITORY.fullmatch(repository) is not None, "repository", item)
    _check(_REVISION.fullmatch(revision) is not None, "revision", item)
    _check_file(entry, item)
    path = f"{repository}/resolve/{revision}/{signature}.safetensors"
    return CatalogueFile(signature, entry["bytes"], entry["sha256"], path, legacy)


def _legacy(entry: Mapping[str, Any], signature: str, item: Mapping[str, Any]) -> LegacyFile:
    _check(entry.keys() == {"bytes", "sha256"}, "keys of a legacy file", item)
    _check(_FOLDER.fullmatch(item["legacy_folder"]) is not None, "legacy_folder", item)
    _check_file(entry, item)
    name = f"{signature}-{entry['sha256'][:8]}.th"
    path = f"demucs/{item['legacy_folder']}/{name}"
    return LegacyFile(name, entry["bytes"], entry["sha256"], path)


def _check_file(entry: Mapping[str, Any], item: Mapping[str, Any]) -> None:
    _check(type(entry["bytes"]) is int and entry["bytes"] > 0, "bytes", item)
    sha256 = entry["sha256"]
    _check(isinstance(sha256, str) and _SHA256.fullmatch(sha256) is not None, "sha256", item)


def _is_number(value: Any, above: float = 1e-9) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value >= above


def _unique(values: Sequence[str], what: str) -> None:
    _check(len(set(values)) == len(values), f"a {what} stands there twice")


def _check(holds: bool, what: str, item: Mapping[str, Any] | None = None) -> None:
    if not holds:
        where = "" if item is None else f"{str(item.get('name'))[:40]}: "
        raise ValueError(f"the catalogue of models: {where}{what}")
