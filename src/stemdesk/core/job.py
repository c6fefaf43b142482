"""A job: a track plus options, its state, and which state may follow which."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.link import Link, shown
from stemdesk.core.notices import Notice
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.track import NO_TAGS, Tags, Track, display_name


class JobState(StrEnum):
    """The states of a job; `WAITING` is for a model, for disk, or for another StemDesk."""

    QUEUED = "queued"
    WAITING = "waiting"
    DOWNLOADING = "downloading"
    DECODING = "decoding"
    SEPARATING = "separating"
    SAVING = "saving"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


ACTIVE = frozenset({JobState.DOWNLOADING, JobState.DECODING, JobState.SEPARATING, JobState.SAVING})
ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
RESTARTABLE = frozenset(
    {JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED, JobState.DONE, JobState.WAITING}
)

_STOPS = frozenset(
    {
        JobState.QUEUED,
        JobState.WAITING,
        JobState.PAUSED,
        JobState.FAILED,
        JobState.CANCELLED,
        JobState.INTERRUPTED,
    }
)
_TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: ACTIVE | _STOPS,
    JobState.WAITING: ACTIVE | _STOPS,
    JobState.DOWNLOADING: ACTIVE | _STOPS,
    JobState.DECODING: ACTIVE | _STOPS,
    JobState.SEPARATING: ACTIVE | _STOPS,
    JobState.SAVING: _STOPS | {JobState.DONE},
    JobState.PAUSED: frozenset({JobState.QUEUED, JobState.CANCELLED, JobState.INTERRUPTED}),
    JobState.DONE: frozenset({JobState.QUEUED}),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
    JobState.INTERRUPTED: frozenset({JobState.QUEUED, JobState.CANCELLED}),
}


def may_follow(before: JobState, after: JobState) -> bool:
    """Whether a job may go from `before` to `after` (staying is always allowed)."""
    return before is after or after in _TRANSITIONS[before]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed or waits: an error as plain data, so that it can be stored."""

    code: ErrorCode
    detail: str = ""
    path: Path | None = None
    facts: dict[str, str | int | float] = field(default_factory=dict)

    @classmethod
    def of(cls, error: StemDeskError) -> Self:
        return cls(error.code, error.detail, error.path, dict(error.facts))

    def to_json(self) -> str:
        path = None if self.path is None else str(self.path)
        return json.dumps(
            {"code": self.code.value, "detail": self.detail, "path": path, "facts": self.facts}
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        value = json.loads(text)
        path = None if value["path"] is None else Path(value["path"])
        return cls(ErrorCode(value["code"]), value["detail"], path, value["facts"])


@dataclass(frozen=True, slots=True)
class Job:
    """One song to split.

    `root`: the folder that stems are saved under; `relative`: the song's folder below it (a
    dropped folder's tree is kept). `output`: the finished song folder. `frames` at
    `samplerate` (hertz), 0 until known. `position` orders the queue. `created`: Unix seconds.
    `null_depth`: of a finished song with all of its model's stems. `link`: where a song comes from
    that was no file; while it `needs_fetch`, `source` is the folder that its file comes into.
    """

    id: str
    source: Path
    separation: SeparationOptions
    export: ExportOptions
    root: Path
    relative: Path = Path()
    tags: Tags = NO_TAGS
    state: JobState = JobState.QUEUED
    position: float = 0.0
    created: float = 0.0
    failure: Failure | None = None
    notices: tuple[Notice, ...] = ()
    output: Path | None = None
    frames: int = 0
    samplerate: int = 0
    null_depth: NullDepth | None = None
    link: Link | None = None

    @property
    def name(self) -> str:
        if self.link is not None and not self.tags.title:  # its file's name says nothing
            return shown(self.link.url)
        return display_name(self.source, self.tags)

    @property
    def needs_fetch(self) -> bool:
        """Whether its song is still to be fetched from its link."""
        return self.link is not None and not self.link.fetched

    def moved_to(self, state: JobState, failure: Failure | None = None) -> Job:
        """The job in another state. Raises `ValueError` if that state may not follow (a bug)."""
        if not may_follow(self.state, state):
            raise ValueError(f"{self.state} cannot become {state}")
        return replace(self, state=state, failure=failure)


def new_job(track: Track, separation: SeparationOptions, export: ExportOptions, root: Path) -> Job:
    """A queued job for `track`, with an id of its own."""
    return Job(
        id=uuid.uuid4().hex,
        source=track.path,
        separation=separation,
        export=export,
        root=root,
        relative=track.relative,
        tags=track.tags,
        created=time.time(),
    )
