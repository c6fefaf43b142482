"""What is known of an installed model: its files' headers, put together as its yaml says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.models.arguments import HTDEMUCS, segment_frames
from stemdesk.models.bag import Bag, Weights
from stemdesk.models.catalogue import CatalogueModel
from stemdesk.models.header import ModelHeader, read_header


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One network in a file. `segment`: its own, in seconds, a whole number of frames. `step`:
    frames from one spectrum of its STFT to the next."""

    signature: str
    path: Path
    klass: str
    sources: tuple[str, ...]
    samplerate: int
    audio_channels: int
    segment: Fraction
    size_bytes: int
    step: int = 1024


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """An installed model: one network, or a bag of several whose outputs are averaged.

    `weights`: [files][sources]. `segment`: the yaml's, in seconds, or None. `missing`: indexes of
    files that are not there: of a released model not on the disk, or damaged and not needed for
    what was asked. The stems without weight there can be had all the same.
    """

    name: str
    files: tuple[ModelFile, ...]
    weights: Weights
    segment: Fraction | None = None
    built_in: bool = False
    missing: tuple[int, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        return self.files[0].sources

    @property
    def usable(self) -> tuple[str, ...]:
        """The sources for which every file is there."""
        return tuple(
            source for source in self.sources if not set(self.needed((source,))) & set(self.missing)
        )

    @property
    def samplerate(self) -> int:
        return self.files[0].samplerate

    @property
    def size_bytes(self) -> int:
        """Of the files on the disk."""
        there = {
            file.path: file.size_bytes
            for index, file in enumerate(self.files)
            if index not in self.missing
        }
        return sum(there.values())

    def needed(self, stems: Collection[str] = ()) -> tuple[int, ...]:
        """Indexes of the files with weight in one of these stems; of all files for ()."""
        columns = [index for index, source in enumerate(self.sources) if source in stems]
        return tuple(
            index
            for index, row in enumerate(self.weights)
            if not stems or any(row[column] > 0 for column in columns)
        )

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


def read_model(
    name: str,
    bag: Bag,
    folder: Path,
    released: CatalogueModel | None = None,
    stems: Collection[str] = (),
) -> ModelInfo:
    """The model that `bag` makes of files in `folder`.

    `released`: what the catalogue knows of just this bag; files that are not there may be
    `missing` then, as long as one is. Damaged files may be, too, if none of `stems` needs them.
    Raises `ModelError` (MODEL_MISSING with the facts `model` and `file`, MODEL_CORRUPT,
    MODEL_REFUSED).
    """
    paths = [folder / f"{signature}.safetensors" for signature in bag.signatures]
    there = [path.is_file() for path in paths]
    if not (all(there) or (released is not None and any(there))):
        raise missing_file(name, paths[there.index(False)])
    found, damaged = _read_files(bag, paths, there)
    if not found or (damaged and not stems):
        raise next(iter(damaged.values()))
    first = next(iter(found.values()))
    files = tuple(
        found.get(index) or replace(first, signature=signature, path=path, size_bytes=0)
        for index, (signature, path) in enumerate(zip(bag.signatures, paths, strict=True))
    )
    info = ModelInfo(
        name,
        files,
        _checked_weights(bag, files),
        _checked_segment(bag, files),
        missing=tuple(index for index in range(len(files)) if index not in found),
    )
    for index in info.needed(stems):
        if index in damaged:
            raise damaged[index]
    return info


def _read_files(
    bag: Bag, paths: Sequence[Path], there: Sequence[bool]
) -> tuple[dict[int, ModelFile], dict[int, ModelError]]:
    """What the files say that are there, by their index, and why some say nothing."""
    found: dict[int, ModelFile] = {}
    damaged: dict[int, ModelError] = {}
    for index, (signature, path) in enumerate(zip(bag.signatures, paths, strict=True)):
        if there[index]:
            try:
                found[index] = read_file(path, signature)
            except ModelError as error:
                damaged[index] = error
    return found, damaged


def read_file(path: Path, signature: str) -> ModelFile:
    """What a model file's header says. Raises `ModelError` (MODEL_MISSING, MODEL_CORRUPT,
    MODEL_REFUSED)."""
    header = read_header(path)
    arguments = header.arguments
    samplerate = arguments["samplerate"]
    frames = segment_frames(arguments["segment"], samplerate)
    if frames < _step(header):
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
        step=_step(header),
    )


def missing_file(name: str, path: Path) -> ModelError:
    return ModelError(
        ErrorCode.MODEL_MISSING, f"no file {path.name}", path=path, model=name, file=path.name
    )


def _step(header: ModelHeader) -> int:
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


def _checked_segment(bag: Bag, files: Sequence[ModelFile]) -> Fraction | None:
    """The yaml's segment in seconds, as a whole number of frames."""
    if bag.segment is None:
        return None
    samplerate = files[0].samplerate
    frames = segment_frames(bag.segment, samplerate)
    if frames < max(file.step for file in files):
        raise _corrupt(f"a segment of {bag.segment} s is too short")
    return Fraction(frames, samplerate)


def _corrupt(detail: str) -> ModelError:
    return ModelError(ErrorCode.MODEL_CORRUPT, detail)
