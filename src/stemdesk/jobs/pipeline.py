"""One job's way: a file in, a song folder with stems out. No Qt.

acquire → decode (ahead, on a thread of its own) → separate → publish. Everything finished stays in
the job's scratch folder until the job ends, so that the same job goes on where it stopped.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stemdesk.core.errors import ErrorCode, ModelError
from stemdesk.core.files import is_file
from stemdesk.core.job import Job
from stemdesk.core.notices import Notice, NoticeCode
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.core.track import fingerprint
from stemdesk.engine.pass_queue import PassQueue, Wish
from stemdesk.engine.plan import make_plan
from stemdesk.jobs.ahead import Ahead
from stemdesk.jobs.disk import needing, saved_bytes
from stemdesk.jobs.export import bring_along, save_stems
from stemdesk.jobs.folder import Recipe, ensure_writable, find_split, read_manifest
from stemdesk.jobs.locks import compute_lock, job_lock
from stemdesk.jobs.scratch import open_scratch
from stemdesk.jobs.task import Task, Watch
from stemdesk.memory import bring_in, give_back
from stemdesk.models.library import ModelInfo, ModelLibrary
from stemdesk.priority import rush

if TYPE_CHECKING:
    from stemdesk.engine.devices import DeviceInfo
    from stemdesk.engine.separate import Separator
    from stemdesk.jobs.live import Live


# What loading a network and its first pass take, against its file in half precision; measured with
# the full-size HTDemucs, where it is 800 MB at their peak.
_PASS_OVER_FILE = 6
_MOST_BROUGHT_IN = 512 << 20


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where jobs are worked on: `scratch` (a folder a job), the device's lock, the models.

    `device`: preference ("auto", "cpu", "cuda", "mps"). `limit_s`: longest song in seconds.
    `force`: split again even where a matching song folder exists, and take its place.
    `checks`: file that remembers which networks passed their self-check. `live`: where jobs can be
    heard while they run, and keep their mix afterwards. `device_met(preference, device)`: called
    with what computes, when the first job needs it.
    """

    scratch: Path
    compute_lock: Path
    library: ModelLibrary
    device: str = "auto"
    limit_s: float = 24 * 3600.0
    force: bool = False
    checks: Path | None = None
    live: Live | None = None
    device_met: Callable[[str, DeviceInfo], None] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A finished job. `already`: a matching song folder was there and nothing was computed.
    `null_depth`: None where only a part of the model's stems was wanted. `original`, `cover`: of a
    song that came from a link, where they lie beside its stems."""

    folder: Path
    frames: int
    samplerate: int
    notices: tuple[Notice, ...] = ()
    already: bool = False
    null_depth: NullDepth | None = None
    original: Path | None = None
    cover: Path | None = None


class Pipeline:
    """Runs jobs one after the other and keeps the loaded model between them.

    Belongs to the one thread that may touch torch, but for `prioritise` and `final`.
    """

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        self._separators: dict[str, Separator] = {}
        self._queue: PassQueue | None = None  # the running job's
        self._memory = threading.Event()  # set once no more is to be brought in

    def run(self, job: Job, report: Report, cancel: CancelToken) -> Result:
        """Do the job. The first report comes once the job's lock is held.

        Raises `StemDeskError`, `Cancelled`, `Paused`; scratch is kept then.
        """
        place = self.workplace
        with ExitStack() as first, job_lock(place.scratch, job.id, job.source):
            self._rush(first)
            report(Progress(Stage.DECODING, 0.0))
            model, recipe = prepare(job, place.library)
            split = find_split(job, recipe.key)
            if split is not None and not place.force:
                return _already(split, recipe, job, cancel)
            ensure_writable(job)
            self._bring_memory_in(model)
            audio = open_scratch(place.scratch / job.id, recipe)
            task = Task(job, model, recipe, audio, place.limit_s, report, cancel, first.close)
            self._queue = task.queue
            try:
                # Saving is inside: who waits with the same song then finds it split.
                with _shown(place.live, task), task.decoding() as ahead:
                    first.close()  # another StemDesk may compute for hours
                    with compute_lock(place.compute_lock, report, cancel):
                        self._rush(first)
                        return self._split(task, ahead)
            finally:
                self._queue = None
                self._memory.set()

    def _rush(self, first: ExitStack) -> None:
        """Somebody may wait to hear the first passes."""
        if self.workplace.live is not None:
            first.enter_context(rush())

    def _bring_memory_in(self, model: ModelInfo) -> None:
        """Beside what comes before the first pass, where somebody waits for that."""
        loaded = any(separator.networks for separator in self._separators.values())
        if self.workplace.live is not None and not loaded:
            size = min(_MOST_BROUGHT_IN, _PASS_OVER_FILE * model.size_bytes)
            self._memory = threading.Event()
            arguments = size, self._memory
            threading.Thread(target=bring_in, args=arguments, name="memory", daemon=True).start()

    def rest(self) -> None:
        """Let the loaded models go and give their memory back to the system; until the next job."""
        for separator in self._separators.values():
            separator.close()
        give_back()

    def prioritise(self, frame: int) -> None:
        """Separate the place at `frame` of the running job's song next. From any thread."""
        queue = self._queue
        if queue is not None:
            queue.prioritise(Wish(frame))

    def final(self) -> tuple[tuple[int, int], ...]:
        """The parts of the running job's song, as (first frame, end), that are separated. From any
        thread."""
        queue = self._queue
        return () if queue is None else queue.final()

    def _split(self, task: Task, ahead: Ahead) -> Result:
        """Separate and save, holding the device."""
        split = find_split(task.job, task.recipe.key)
        if split is not None and not self.workplace.force:
            return _already(split, task.recipe, task.job, task.cancel)
        notices = self._separate(task, ahead)
        facts = ahead.facts
        if facts is None:
            raise RuntimeError("the queue is empty before the song has ended")
        decoder_notices = tuple(Notice.from_json(item) for item in json.loads(facts.notices))
        with needing(saved_bytes(task.recipe, facts.frames)):
            saved = save_stems(
                task.job,
                task.recipe,
                task.audio,
                make_plan(task.outline, facts.frames).pieces,
                {"computed": task.audio.setups()},
                decoder_notices + notices,
                split,
                task.report,
                task.cancel,
            )
        if self.workplace.live is not None:
            self.workplace.live.keep(task)
        notices = saved.notices + _left_out(task.recipe)
        return Result(
            saved.folder,
            facts.frames,
            facts.samplerate,
            notices,
            null_depth=saved.null_depth,
            original=_in(saved.folder, saved.beside.original),
            cover=_in(saved.folder, saved.beside.cover),
        )

    def _separate(self, task: Task, ahead: Ahead) -> tuple[Notice, ...]:
        """Do all passes that are not in scratch."""
        watch, queue = Watch(task, ahead), task.queue
        watch.begin()
        if queue.complete and queue.done == queue.total:
            return ()  # an earlier run finished them: torch is not even imported
        separator = self._separator()
        separator.full_precision = task.recipe.full_precision
        from stemdesk.engine.separate import Separation

        used = dict(zip(task.model.needed(task.recipe.stems), task.recipe.hashes, strict=True))
        hashes = tuple(used.get(index, "") for index in range(len(task.model.files)))
        song = Separation(task.model, hashes, queue, task.audio, *ahead.normalisation)
        with task.needing():
            notices = separator.run(song, watch.passed, task.cancel)
        watch.begin()  # the song's end may have come after its last pass
        return notices

    def _separator(self) -> Separator:
        from stemdesk.engine.devices import probe
        from stemdesk.engine.self_check import SelfChecks
        from stemdesk.engine.threads import fix_threads

        fix_threads()  # before anything else imports torch
        from stemdesk.engine.separate import Separator

        place = self.workplace
        if place.device not in self._separators:
            device = probe(place.device)
            if place.device_met is not None:
                place.device_met(place.device, device)
            self._separators[place.device] = Separator(device.name, SelfChecks(place.checks))
        return self._separators[place.device]


def _shown(live: Live | None, task: Task) -> AbstractContextManager[None]:
    """Lets the job be heard while it runs, where somebody may want to."""
    return nullcontext() if live is None else live.showing(task)


def prepare(job: Job, library: ModelLibrary) -> tuple[ModelInfo, Recipe]:
    """The job's model and the recipe of its stems, in which only those of the model's files stand
    that these stems need: what else gets installed or changed is no reason to split again.

    Raises `ModelError` (missing, corrupt, refused, a wrong hash, no such stem) and `SourceError`.
    """
    mark = fingerprint(job.source)
    model = library.get(job.separation.model, job.separation.stems)
    stems = wanted_stems(model, job.separation.stems)
    needed = model.needed(stems)
    recipe = Recipe(
        fingerprint=mark,
        model=model.name,
        hashes=library.hashes(model, stems),
        weights=tuple(model.weights[index] for index in needed),
        segments=tuple(str(model.segment_of(index)) for index in needed),
        stems=stems,
        overlap=job.separation.overlap,
        shifts=job.separation.shifts,
        format=job.export.format.value,
        bits=job.export.bits,
        exact_sum=job.export.exact_sum,
        full_precision=job.separation.full_precision,
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


def _already(folder: Path, recipe: Recipe, job: Job, cancel: CancelToken) -> Result:
    bring_along(folder, job, cancel)
    manifest = read_manifest(folder)
    if manifest is None:  # it was there a moment ago
        return Result(folder, 0, 0, already=True)
    notices = manifest.notices + _left_out(recipe)
    return Result(
        folder,
        manifest.frames,
        manifest.samplerate,
        notices,
        already=True,
        null_depth=manifest.null_depth,
        original=_in(folder, manifest.beside.original),
        cover=_in(folder, manifest.beside.cover),
    )


def _in(folder: Path, name: str) -> Path | None:
    """The file of this name, if it is there."""
    return folder / name if name and is_file(folder / name) else None


def _left_out(recipe: Recipe) -> tuple[Notice, ...]:
    """What was asked of the stems and had no effect. Not for the manifest: the same folder also
    serves who did not ask."""
    asked_in_vain = recipe.exact_sum and not recipe.complete
    return (Notice(NoticeCode.SUM_LEFT_OUT),) if asked_in_vain else ()
