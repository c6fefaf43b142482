"""Frozen values that the controller hands to the window."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stemdesk.core.errors import free_bytes
from stemdesk.core.job import Job
from stemdesk.core.progress import CancelToken, Report
from stemdesk.gui.export_values import ExportServices
from stemdesk.gui.gpu_values import GpuServices
from stemdesk.gui.link_values import LinkServices
from stemdesk.gui.model_values import ModelServices

if TYPE_CHECKING:  # numpy, and nothing that the first paint needs
    from stemdesk.jobs.pipeline import Result, Workplace

REST_MS = 10_000


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How the jobs ended that ran since the queue was last empty."""

    done: int
    failed: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class UserMessage:
    """Something to tell in passing; `detail` is a click away."""

    text: str
    detail: str = ""


class DeviceLike(Protocol):
    """What computes: "cpu", "CPU", and why it was chosen (`engine.devices.DeviceInfo`)."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def reason(self) -> str: ...


class PipelineLike(Protocol):
    """What runs a job on the compute thread (`jobs.pipeline.Pipeline`)."""

    @property
    def workplace(self) -> Workplace: ...

    def run(self, job: Job, report: Report, cancel: CancelToken) -> Result: ...

    def rest(self) -> None: ...


PipelineFactory = Callable[["Workplace"], PipelineLike]


@dataclass(frozen=True, slots=True)
class NoDevice:
    """The device that the settings ask for cannot be had: what was asked for, and why not."""

    name: str
    label: str
    reason: str


def load_libraries() -> None:
    """Load torch's libraries, where the system has them in memory; not for the GUI thread."""
    from stemdesk.engine.start import load_ahead

    load_ahead()


def probe_device(preference: str) -> DeviceLike:
    """The engine's probe; imports torch, so it belongs on the compute thread."""
    from stemdesk.engine.devices import probe

    device = probe(preference)
    if "torch" in sys.modules:
        import stemdesk.engine.separate  # noqa: F401 - the first song need not wait for it
    return device


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the controller asks the machine, and how often; tests put in their own."""

    load_libraries: Callable[[], None] = load_libraries
    probe: Callable[[str], DeviceLike] = probe_device
    free_bytes: Callable[[Path], int] = free_bytes
    poll_ms: int = 1000  # other processes
    retry_ms: int = 3000  # jobs that wait for disk or a model
    stop_ms: int = 1000  # the longest that `stopped` lets wait
    rest_ms: int = REST_MS  # without a job, until loaded models are let go
    models: ModelServices = field(default_factory=ModelServices)
    links: LinkServices = field(default_factory=LinkServices)
    exports: ExportServices = field(default_factory=ExportServices)
    gpu: GpuServices = field(default_factory=GpuServices)
