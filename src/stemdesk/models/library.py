"""The models folder: `<name>.yaml` beside `<signature>.safetensors`. Reads headers only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.quality import BEST_MODEL, Quality, within_reach
from stemdesk.models.arguments import HTDEMUCS, segment_frames
from stemdesk.models.bag import NAME, Bag, Weights, read_bag
from stemdesk.models.header import ModelHeader, read_header

DEFAULT = "htdemucs"
STAND_IN = "stand-in"  # made by engine/stand_in.py


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One network in a file. `segment`: its own, in seconds, a whole number of frames."""

    signature: str
    path: Path
    klass: str
    sources: tuple[str, ...]
    samplerate: int
    audio_channels: int
    segment: Fraction
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """An installed model: one network, or a bag of several whose outputs are averaged.

    `weights`: [files][sources]. `segment`: the yaml's, in seconds, or None.
    """

    name: str
    files: tuple[ModelFile, ...]
    weights: Weights
    segment: Fraction | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        return self.files[0].sources

    @property
    def samplerate(self) -> int:
        return self.files[0].samplerate

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in {file.path: file for file in self.files}.values())

    def segment_of(self, index: int) -> Fraction:
        """Seconds of one pass of the sub-model `index`: the yaml's, unless that is longer than
        an HTDemucs was trained on (as `demucs.apply.BagOfModels`)."""
        file = self.files[index]
        if self.segment is None or (file.klass == HTDEMUCS and self.segment > file.segment):
            return file.segment
        return self.segment


@dataclass(frozen=True, slots=True)
class BrokenModel:
    """A yaml in the models folder that cannot be used, and why."""

    name: str
    error: ModelError


class ModelLibrary:
    """What is installed in a models folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def names(self) -> list[str]:
        """The models' names, sorted. A yaml with an odd name is not a model."""
        try:
            paths = [path for path in self.folder.iterdir() if path.suffix == ".yaml"]
        except OSError:
            return []
        return sorted(path.stem for path in paths if NAME.fullmatch(path.stem) and path.is_file())

    def get(self, name: str) -> ModelInfo:
        """Read the yaml and the headers of its files.

        Raises `ModelError`: MODEL_MISSING (`model`, and `path` of the file that is not there),
        MODEL_CORRUPT or MODEL_REFUSED (`path`).
        """
        path = self.folder / f"{name}.yaml"
        if not NAME.fullmatch(name) or not path.is_file():
            raise ModelError(
                ErrorCode.MODEL_MISSING, f"no {name[:64]}.yaml", path=self.folder, model=name
            )
        bag = read_bag(path)
        headers = [self._header(name, signature) for signature in bag.signatures]
        files = tuple(
            self._file(signature, header)
            for signature, header in zip(bag.signatures, headers, strict=True)
        )
        try:
            weights = _checked_weights(bag, files)
            segment = _checked_segment(bag, headers)
        except ModelError as error:
            error.path = path
            raise
        return ModelInfo(name, files, weights, segment)

    def has(self, name: str) -> bool:
        """Whether a model is installed and can be used."""
        try:
            self.get(name)
        except ModelError:
            return False
        return True

    def installed(self) -> list[ModelInfo | BrokenModel]:
        """Every model of the folder, by name; broken ones with their error."""
        found: list[ModelInfo | BrokenModel] = []
        for name in self.names():
            try:
                found.append(self.get(name))
            except ModelError as error:
                found.append(BrokenModel(name, error))
        return found

    def hashes(self, info: ModelInfo) -> tuple[str, ...]:
        """SHA-256 (hex) of each file of a model; remembered while size and time stay the same.

        Raises `ModelError` (MODEL_MISSING, MODEL_CORRUPT).
        """
        return tuple(self._hash(info.name, file.path) for file in info.files)

    def _hash(self, name: str, path: Path) -> str:
        try:
            facts = path.stat()
            key = (path, facts.st_size, facts.st_mtime_ns)
            if key not in self._hashes:
                with path.open("rb") as file:
                    self._hashes[key] = hashlib.file_digest(file, "sha256").hexdigest()
            return self._hashes[key]
        except FileNotFoundError as error:
            raise _missing(name, path) from error
        except OSError as error:
            raise ModelError(ErrorCode.MODEL_CORRUPT, str(error), path=path) from error

    def _path(self, signature: str) -> Path:
        return self.folder / f"{signature}.safetensors"

    def _header(self, name: str, signature: str) -> ModelHeader:
        path = self._path(signature)
        if not path.is_file():
            raise _missing(name, path)
        return read_header(path)

    def _file(self, signature: str, header: ModelHeader) -> ModelFile:
        arguments = header.arguments
        samplerate = arguments["samplerate"]
        path = self._path(signature)
        frames = segment_frames(arguments["segment"], samplerate)
        if frames < _fewest_frames(header):
            detail = f"a segment of {frames} frames is shorter than a step of its STFT"
            raise ModelError(ErrorCode.MODEL_REFUSED, detail, path=path)
        return ModelFile(
            signature=signature,
            path=path,
            klass=header.klass,
            sources=tuple(arguments["sources"]),
            samplerate=samplerate,
            audio_channels=arguments["audio_channels"],
            segment=Fraction(frames, samplerate),
            size_bytes=header.size_bytes,
        )


def _missing(name: str, path: Path) -> ModelError:
    return ModelError(
        ErrorCode.MODEL_MISSING, f"no file {path.name}", path=path, model=name, file=path.name
    )


def _fewest_frames(header: ModelHeader) -> int:
    step: int = header.arguments["nfft"] // 4
    return step


def _checked_weights(bag: Bag, files: Sequence[ModelFile]) -> Weights:
    """The weights [files][sources], all 1 by default, once all files agree in what they do."""
    first = files[0]
    for file in files[1:]:
        if (file.sources, file.samplerate) != (first.sources, first.samplerate):
            raise _corrupt(f"{file.signature} and {first.signature} differ in sources or rate")
    if bag.weights is None:
        return tuple((1.0,) * len(first.sources) for _ in files)
    if len(bag.weights) != len(files):
        raise _corrupt(f"{len(bag.weights)} rows of weights for {len(files)} models")
    for row in bag.weights:
        if len(row) != len(first.sources):
            raise _corrupt(f"{len(row)} weights for {len(first.sources)} sources")
    for source, column in zip(first.sources, zip(*bag.weights, strict=True), strict=True):
        if not sum(column) > 0:
            raise _corrupt(f"no model has a weight for {source}")
    return bag.weights


def _checked_segment(bag: Bag, headers: Sequence[ModelHeader]) -> Fraction | None:
    """The yaml's segment in seconds, as a whole number of frames."""
    if bag.segment is None:
        return None
    samplerate = headers[0].arguments["samplerate"]
    frames = segment_frames(bag.segment, samplerate)
    if frames < max(_fewest_frames(header) for header in headers):
        raise _corrupt(f"a segment of {bag.segment} s is too short")
    return Fraction(frames, samplerate)


def _corrupt(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_CORRUPT, detail)


def default_model(library: ModelLibrary, wanted: str) -> str | None:
    """The installed model to use where none is named, as `preferred` says; a broken one, which
    the job will tell about, only where all are. None where there is none; a stand-in never."""
    installed = [model for model in library.installed() if model.name != STAND_IN]
    sound = [model.name for model in installed if isinstance(model, ModelInfo)]
    return preferred(sound or [model.name for model in installed], wanted)


def default_quality(library: ModelLibrary, wanted: str) -> Quality:
    """The quality to use where none is named: `wanted` (the setting) if its model is there."""
    sound = [BEST_MODEL] if library.has(BEST_MODEL) else []
    return within_reach(Quality(wanted), sound)


def preferred(names: Sequence[str], wanted: str) -> str | None:
    """`wanted` (the setting) if it is one of these models, else htdemucs, else the first."""
    for name in (wanted, DEFAULT):
        if name in names:
            return name
    return names[0] if names else None
