"""Runs one job at a time on the compute thread, and can stop it from the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, Progress
from stemdesk.core.settings import Settings
from stemdesk.gui.stalls import Stalls
from stemdesk.gui.tasks import Outcome, Tasks, ignore
from stemdesk.gui.values import REST_MS, PipelineFactory, PipelineLike
from stemdesk.models.library import ModelLibrary
from stemdesk.paths import Folders

if TYPE_CHECKING:
    from stemdesk.jobs.live import Live
    from stemdesk.jobs.pipeline import Result, Workplace


def load_pipeline() -> None:
    """Import what jobs need, but for torch."""
    import stemdesk.jobs.live  # so that they are there when they are needed
    import stemdesk.jobs.pipeline  # noqa: F401 - imported so that the first job need not wait


def workplace(where: Folders, settings: Settings, live: Live | None = None) -> Workplace:
    """Where and how the window's jobs are worked on; `live`: and heard meanwhile."""
    from stemdesk.jobs.pipeline import Workplace

    return Workplace(
        scratch=where.scratch,
        compute_lock=where.compute_lock,
        library=ModelLibrary(where.models),
        device=settings.device,
        limit_s=settings.longest_hours * 3600,
        checks=where.self_checks,
        live=live,
    )


def make_pipeline(place: Workplace) -> PipelineLike:
    """The real pipeline; imported after the first paint, when it is needed."""
    from stemdesk.jobs.pipeline import Pipeline

    return Pipeline(place)


class Runner(QObject):
    """When `ended` is heard, the runner is free for the next job."""

    progressed = Signal(str, object)  # job id, Progress
    ended = Signal(str, object)  # job id, Outcome[Result]

    def __init__(
        self,
        tasks: Tasks,
        factory: PipelineFactory,
        parent: QObject | None = None,
        rest_ms: int = REST_MS,
    ) -> None:
        super().__init__(parent)
        self._stalls = Stalls(self)
        self._stalls.found.connect(self._tell)
        self._tasks = tasks
        self._factory = factory
        self._pipeline: PipelineLike | None = None
        self._token = CancelToken()
        self.job_id: str | None = None
        self.progress: Progress | None = None
        self.pausing = False
        self.cancelled = False  # a person does not want the job any more
        self._resting = QTimer(self, singleShot=True, interval=rest_ms)
        self._resting.timeout.connect(self._rest)

    def set_workplace(self, place: Workplace) -> None:
        """Work elsewhere or otherwise from the next job on; loaded models are let go."""
        given_up = [self._pipeline]
        self._pipeline = self._factory(place)
        if given_up[0] is not None:
            # The compute thread lets the models go: freeing gigabytes takes a moment.
            self._tasks.compute(lambda _: given_up.clear(), ignore)

    def run(self, job: Job) -> None:
        """Start `job`; only when no other one runs."""
        pipeline = self._pipeline
        if pipeline is None or self.job_id is not None:
            raise RuntimeError("the runner has no pipeline or is busy")
        self._resting.stop()
        token = self._token = CancelToken()
        self.job_id, self.progress = job.id, None
        self.pausing = self.cancelled = False
        self._stalls.start(job.id)
        self._tasks.compute(
            lambda tell: pipeline.run(job, tell, token),
            lambda outcome: self._on_ended(job.id, outcome),
            self._on_progress,
        )

    def cancel(self) -> None:
        """Stop the running job for good, within a layer of its network."""
        self.cancelled = self.job_id is not None
        self._token.cancel()

    def stop(self) -> None:
        """Stop the running job as `cancel` does, at the app's end; it may go on another time."""
        self._stalls.stop()  # whether or not the job's end is still heard
        self._token.cancel()

    def pause(self) -> None:
        """Rest the running job; what is finished is kept."""
        self.pausing = True
        self._token.pause()

    def close(self) -> None:
        """Start nothing any more by itself."""
        self._resting.stop()

    def _rest(self) -> None:
        """No job has come for a while: the memory that the last one needed is for others."""
        pipeline = self._pipeline
        if pipeline is not None:
            self._tasks.compute(lambda _: pipeline.rest(), ignore)

    def _on_progress(self, progress: Progress) -> None:
        self._stalls.hear(progress)
        self._tell(progress)

    def _tell(self, progress: Progress) -> None:
        if self.job_id is not None:
            self.progress = progress
            self.progressed.emit(self.job_id, progress)

    def _on_ended(self, job_id: str, outcome: Outcome[Result]) -> None:
        self._stalls.stop()
        self.job_id = self.progress = None
        self.pausing = self.cancelled = False
        self._resting.start()  # until the next job, which may start within `ended`
        self.ended.emit(job_id, outcome)
