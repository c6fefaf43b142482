"""A job while it runs: what belongs to it, its decoding, and how far its separation is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from stemdesk.audio.originals import Original
from stemdesk.audio.store import JobAudio, MixFacts
from stemdesk.core.errors import DiskFullError
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, Estimate, Progress, Report, Stage
from stemdesk.engine.pass_queue import PassQueue
from stemdesk.engine.plan import make_outline, make_plan
from stemdesk.jobs.ahead import Ahead, decoded, decoding
from stemdesk.jobs.beside import beside_bytes
from stemdesk.jobs.disk import check_disk, needing, saved_bytes, scratch_bytes
from stemdesk.jobs.folder import Recipe
from stemdesk.jobs.scratch import declared_frames, decode_mix
from stemdesk.models.library import ModelInfo

ENOUGH_PASSES = 3
"""So many passes, a player has something to play that is separated while more follow."""


class Task:
    """One job, its model and recipe, its audio in scratch, and the passes that are to do."""

    def __init__(
        self,
        job: Job,
        model: ModelInfo,
        recipe: Recipe,
        audio: JobAudio,
        limit_s: float,
        report: Report,
        cancel: CancelToken,
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        """`begun`: called when a player has enough finished before it. Raises `SourceError` where
        the file cannot be opened."""
        self.job = job
        self.model = model
        self.recipe = recipe
        self.audio = audio
        self.limit_s = limit_s
        self.report = report
        self.cancel = cancel
        self.begun = begun
        self.outline = make_outline(model, recipe.stems, recipe.overlap, recipe.shifts)
        known = audio.facts() is not None
        frames = 0 if known else declared_frames(job.source, model.samplerate, limit_s)
        self.queue = PassQueue(self.outline, audio.has_pass, frames)
        self.declared = frames
        self.shared: Original | None = None  # where the song is decoded for the player, too
        self._looked = False

    def decoding(self) -> AbstractContextManager[Ahead]:
        """The song's decoding, on a thread of its own; from scratch if an earlier run finished it.
        The disk is checked before, from the declared length."""
        facts = self.audio.facts()
        if facts is not None:
            return decoded(self.queue, facts)
        self._check_disk(self.declared)
        return decoding(self.queue, self._decode, self.report, self.cancel)

    def look(self, ahead: Ahead) -> None:
        """Check the disk exactly, once, as soon as the song's length is known. Raises
        `DiskFullError`."""
        if self._looked or ahead.facts is None:
            return
        self._looked = True
        self._check_disk(ahead.facts.frames)

    @contextmanager
    def needing(self) -> Iterator[None]:
        """A disk that fills on the way says how much scratch still needs, as far as it is known
        then."""
        try:
            yield
        except DiskFullError as error:
            with needing(self._needed_bytes()):
                raise error

    def _needed_bytes(self) -> int:
        """What scratch still needs: exactly once the song is decoded, before that from its
        declared length. A mix that is not complete does not stay."""
        facts = self.audio.facts()
        if facts is None:
            needed = scratch_bytes(self.outline, self.declared, self.recipe.overlap)
            return max(0, needed - self.audio.passes_bytes())
        pieces = make_plan(self.outline, facts.frames).pieces
        return sum(piece.size_bytes for piece in pieces if not self.audio.has_pass(piece))

    def _check_disk(self, frames: int) -> None:
        saved = saved_bytes(self.recipe, frames) + beside_bytes(self.job)
        check_disk(self.audio.folder, self._needed_bytes(), self.job.root, saved)

    def _decode(self, ahead: Ahead, cancel: CancelToken) -> MixFacts:
        def note(fraction: float) -> None:
            ahead.fraction = fraction

        rate, mark = self.model.samplerate, self.recipe.fingerprint
        with self.needing():
            return decode_mix(
                self.job.source,
                self.audio,
                rate,
                mark,
                self.limit_s,
                ahead,
                note,
                cancel,
                self.shared,
            )


class Watch:
    """Tells how far the separation of a task is, and looks at the disk."""

    def __init__(self, task: Task, ahead: Ahead) -> None:
        self._task = task
        self._ahead = ahead
        self._estimate = Estimate(task.queue.done)
        self._fraction = 0.0
        self._passes = 0

    def begin(self) -> None:
        """Nothing was done yet in this run."""
        self._tell(None)

    def passed(self, done: int, total: int) -> None:
        """One more pass, `done` of `total`, is finished."""
        self._passes += 1
        if self._passes == ENOUGH_PASSES:
            self._task.begun()
        self._tell(self._estimate.step(done, total))

    def _tell(self, left_s: float | None) -> None:
        self._task.look(self._ahead)
        queue = self._task.queue
        # A song may turn out longer than it says, and progress never goes back.
        self._fraction = max(self._fraction, queue.done / queue.total)
        step_s = self._estimate.step_s
        self._task.report(Progress(Stage.SEPARATING, self._fraction, left_s, step_s))
