"""Notes when a job's steps begin and end, by wrapping what does them; for `heard.py`."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_TICKS_A_S = 100.0  # of /proc/self/stat


class Timeline:
    """`times`: seconds on the clock of `time.monotonic`, by what happened, the first time only."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {"exec": _began()}

    def note(self, name: str) -> None:
        self.times.setdefault(name, time.monotonic())

    def watch(self, owner: Any, function: str, name: str) -> None:
        """Note when `owner.function` begins and ends for the first time."""
        before: Callable[..., Any] = getattr(owner, function)

        @functools.wraps(before)
        def watched(*arguments: Any, **options: Any) -> Any:
            self.note(f"{name}: begin")
            try:
                return before(*arguments, **options)
            finally:
                self.note(f"{name}: end")

        setattr(owner, function, watched)

    def watch_start(self) -> None:
        """The import of torch; call before anything imports it."""
        from stemdesk.engine import start

        self.watch(start, "load_ahead", "torch's libraries ahead")
        self.watch(start, "import_torch", "torch's import")

    def watch_jobs(self) -> None:
        """What jobs do; call when the pipeline is imported. The rest follows torch's import."""
        from stemdesk.jobs import task
        from stemdesk.jobs.ahead import Ahead
        from stemdesk.jobs.pipeline import Pipeline

        self.watch(Pipeline, "run", "job")
        self.watch(task.Task, "decoding", "job: decoder started")
        self.watch(Ahead, "start", "first segment decoded")
        self.watch(Ahead, "wait", "job: wait for the decoder")
        prepare = Pipeline._separator

        def separator(pipeline: Pipeline) -> Any:
            from stemdesk.engine.start import import_torch

            import_torch()  # as `Pipeline._separator` does
            self.note("engine's imports: begin")
            from stemdesk.engine import batch, network, separate

            self.note("engine's imports: end")
            if "our network from it: begin" not in self.times:
                self.watch(network, "load_model", "model's file")
                self.watch(network, "FastHTDemucs", "our network from it")
                self.watch(separate._Run, "_prepare", "load")
                self.watch(batch, "_window", "mix read")
                self.watch(separate._Run, "_begin", "load and first pass")
                self.watch(separate._Run, "_end", "first pass written")
            return prepare(pipeline)

        Pipeline._separator = separator  # type: ignore[method-assign, assignment] # watched


def _began() -> float:
    """When this process was started, to a hundredth of a second; Linux only, else now."""
    try:
        fields = Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()
        return int(fields[19]) / _TICKS_A_S
    except OSError:
        return time.monotonic()
