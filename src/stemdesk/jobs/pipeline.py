"""One job's way: a file in, a song folder with stems out. Plain functions, no threads, no Qt.

acquire → decode → plan → separate → publish. Everything finished stays in the job's scratch
folder until the job ends, so that the same job goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemdesk.audio.store import JobAudio, MixFacts
from stemdesk.core.errors import DiskFullError, ErrorCode, ModelError, free_bytes
from stemdesk.core.job import Job
from stemdesk.core.notices import Notice
from stemdesk.core.progress import CancelToken, Estimate, Progress, Report, Stage
from stemdesk.core.track import fingerprint
from stemdesk.jobs.export import save_stems, stems_size_bytes
from stemdesk.jobs.folder import Recipe, ensure_writable, find_split, read_manifest
from stemdesk.jobs.locks import compute_lock, job_lock
from stemdesk.jobs.scratch import declared_frames, decode_mix, open_scratch
from stemdesk.models.library import ModelInfo, ModelLibrary

if TYPE_CHECKING:
    from stemdesk.engine.plan import Plan
    from stemdesk.engine.separate import Separator


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where jobs are worked on: `scratch` (a folder a job), the device's lock, the models.

    `device`: preference ("auto", "cpu", "cuda", "mps"). `limit_s`: longest song in seconds.
    `force`: split again even where a matching song folder exists, and take its place.
    `full_precision`: a GPU computes with 32 bits even where 16 are as good.
    """

    scratch: Path
    compute_lock: Path
    library: ModelLibrary
    device: str = "auto"
    limit_s: float = 24 * 3600.0
    force: bool = False
    full_precision: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A finished job. `already`: a matching song folder was there and nothing was computed."""

    folder: Path
    frames: int
    samplerate: int
    notices: tuple[Notice, ...] = ()
    already: bool = False


class Pipeline:
    """Runs jobs one after the other and keeps the loaded model between them.

    Belongs to the one thread that may touch torch.
    """

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        self._separators: dict[str, Separator] = {}

    def run(self, job: Job, report: Report, cancel: CancelToken) -> Result:
        """Do the job. The first report comes once the job's lock is held.

        Raises `StemDeskError`, `Cancelled`, `Paused`; scratch is kept then.
        """
        place = self.workplace
        with job_lock(place.scratch, job.id, job.source):
            report(Progress(Stage.DECODING, 0.0))
            model, recipe = prepare(job, place.library)
            split = find_split(job, recipe.key)
            if split is not None and not place.force:
                return _already(split)
            ensure_writable(job)
            audio = open_scratch(place.scratch / job.id, recipe)
            facts = self._decode(job, model, recipe, audio, report, cancel)
            # Saving is inside: who waits with the same song then finds it split.
            with compute_lock(place.compute_lock, report, cancel):
                split = find_split(job, recipe.key)
                if split is not None and not place.force:
                    return _already(split)
                plan, device = self._separate(job, model, recipe, audio, facts, report, cancel)
                notices = tuple(Notice.from_json(item) for item in json.loads(facts.notices))
                with _needing(_saved_bytes(recipe, facts.frames)):
                    folder, notices = save_stems(
                        job, recipe, audio, plan.pieces, device, notices, split, report, cancel
                    )
            return Result(folder, facts.frames, facts.samplerate, notices)

    def _decode(
        self,
        job: Job,
        model: ModelInfo,
        recipe: Recipe,
        audio: JobAudio,
        report: Report,
        cancel: CancelToken,
    ) -> MixFacts:
        """The decoded mix, from scratch if an earlier run finished it. The disk is checked
        before, from the declared length, and after, exactly."""
        facts = audio.facts()
        if facts is None:
            declared = declared_frames(job.source, model.samplerate, self.workplace.limit_s)
            needed = _scratch_bytes(model, recipe, declared)
            _check_disk(audio.folder, needed, job.root, _saved_bytes(recipe, declared))
            with _needing(needed):
                facts = decode_mix(
                    job.source,
                    audio,
                    model.samplerate,
                    recipe.fingerprint,
                    self.workplace.limit_s,
                    lambda fraction: report(Progress(Stage.DECODING, fraction)),
                    cancel,
                )
        return facts

    def _separate(
        self,
        job: Job,
        model: ModelInfo,
        recipe: Recipe,
        audio: JobAudio,
        facts: MixFacts,
        report: Report,
        cancel: CancelToken,
    ) -> tuple[Plan, dict[str, Any]]:
        from stemdesk.engine.plan import make_plan

        plan = make_plan(model, recipe.stems, facts.frames, recipe.overlap)
        todo = [piece for piece in plan.pieces if not audio.has_pass(piece)]
        needed = sum(piece.size_bytes for piece in todo)
        _check_disk(audio.folder, needed, job.root, _saved_bytes(recipe, facts.frames))
        already = len(plan.pieces) - len(todo)
        report(Progress(Stage.SEPARATING, already / len(plan.pieces)))
        if not todo:  # an earlier run finished them: torch is not even imported
            return plan, {}
        separator = self._separator()
        estimate = Estimate(len(plan.pieces))

        def passed(done: int, total: int) -> None:
            left_s = estimate.step(done)
            report(Progress(Stage.SEPARATING, done / total, left_s, estimate.step_s))

        with _needing(needed):
            separator.run(model, plan, audio, facts.mean, facts.deviation, passed, cancel)
        return plan, {"device": separator.device}

    def _separator(self) -> Separator:
        from stemdesk.engine.devices import probe
        from stemdesk.engine.separate import Separator

        preference = self.workplace.device
        if preference not in self._separators:
            self._separators[preference] = Separator(probe(preference).name)
        return self._separators[preference]


def prepare(job: Job, library: ModelLibrary) -> tuple[ModelInfo, Recipe]:
    """The job's model and the recipe of its stems.

    Raises `ModelError` (missing, corrupt, refused, no such stem) and `SourceError`.
    """
    mark = fingerprint(job.source)
    model = library.get(job.separation.model)
    recipe = Recipe(
        fingerprint=mark,
        model=model.name,
        hashes=library.hashes(model),
        weights=model.weights,
        segments=tuple(str(model.segment_of(index)) for index in range(len(model.files))),
        stems=wanted_stems(model, job.separation.stems),
        overlap=job.separation.overlap,
        format=job.export.format.value,
        bits=job.export.bits,
    )
    return model, recipe


def wanted_stems(model: ModelInfo, stems: tuple[str, ...]) -> tuple[str, ...]:
    """The stems that were asked for (none: all) in the model's order. Raises `ModelError`
    (STEM_UNKNOWN)."""
    for stem in stems:
        if stem not in model.sources:
            raise ModelError(
                ErrorCode.STEM_UNKNOWN, stem=stem, known=", ".join(sorted(model.sources))
            )
    return tuple(stem for stem in model.sources if stem in stems or not stems)


def _already(folder: Path) -> Result:
    manifest = read_manifest(folder)
    if manifest is None:  # it was there a moment ago
        return Result(folder, 0, 0, already=True)
    return Result(folder, manifest.frames, manifest.samplerate, manifest.notices, already=True)


def _scratch_bytes(model: ModelInfo, recipe: Recipe, frames: int) -> int:
    """What a job of `frames` needs in scratch: the mix, and the passes with their overlap."""
    mix = stems_size_bytes(frames, 1, 32)
    passes = 0
    for weights in model.weights:
        used = sum(
            1
            for stem, weight in zip(model.sources, weights, strict=True)
            if stem in recipe.stems and weight > 0
        )
        passes += stems_size_bytes(frames, used, 32)
    return mix + int(passes / (1 - recipe.overlap))


def _saved_bytes(recipe: Recipe, frames: int) -> int:
    """What the saved stems take at most."""
    return stems_size_bytes(frames, len(recipe.stems), recipe.bits)


def _check_disk(scratch: Path, needed_bytes: int, root: Path, saved_bytes: int) -> None:
    """Look for room for scratch and for the saved stems, on one volume for both. Raises
    `DiskFullError`."""
    together = scratch.stat().st_dev == root.stat().st_dev
    if together:
        needed_bytes += saved_bytes
    elif free_bytes(root) < saved_bytes:
        raise DiskFullError(root, saved_bytes)
    if free_bytes(scratch) < needed_bytes:
        raise DiskFullError(scratch, needed_bytes)


@contextmanager
def _needing(needed_bytes: int) -> Iterator[None]:
    """A disk that fills on the way says how much the stage needs, not just one block."""
    try:
        yield
    except DiskFullError as error:
        if error.path is None or int(error.facts["needed_bytes"]) >= needed_bytes:
            raise
        raise DiskFullError(error.path, needed_bytes, error.detail) from error
