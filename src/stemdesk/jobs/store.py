"""Jobs and history in SQLite, shared by the window and any number of command lines.

One row a job: what is looked for or sorted by stands in columns, the rest in a JSON document
(ASCII, so that file names which are no valid UTF-8 survive). Written on state changes, never on
progress. Beside it, a row for each song whose balance, speed, key or loop was changed.
Raises `StoreError`.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from stemdesk.audio.listening import Listening
from stemdesk.core.errors import DiskFullError, ErrorCode, StoreError
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.core.link import Link
from stemdesk.core.notices import Notice
from stemdesk.core.null_depth import NullDepth
from stemdesk.core.options import ExportOptions, SeparationOptions
from stemdesk.core.track import Tags
from stemdesk.jobs.runs import Run, Speed, Totals
from stemdesk.jobs.scheduler import keeps_scratch
from stemdesk.log import log

_MIGRATIONS = (
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        position REAL NOT NULL,
        created REAL NOT NULL,
        state TEXT NOT NULL,
        source TEXT NOT NULL,
        document TEXT NOT NULL
    );
    CREATE INDEX jobs_by_position ON jobs (position);
    CREATE INDEX jobs_by_source ON jobs (source);
    """,
    """
    CREATE TABLE listening (
        job TEXT PRIMARY KEY,
        document TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE runs (
        ended REAL NOT NULL,
        outcome TEXT NOT NULL,
        model TEXT NOT NULL,
        device TEXT NOT NULL,
        music_s REAL NOT NULL,
        spent_s REAL NOT NULL
    );
    """,
    """
    ALTER TABLE jobs ADD COLUMN link TEXT NOT NULL DEFAULT '';
    CREATE INDEX jobs_by_link ON jobs (link);
    """,
)
_COLUMNS = "id, position, created, state, source, document"
_INSERT = f"INSERT INTO jobs ({_COLUMNS}, link) VALUES (?, ?, ?, ?, ?, ?, ?)"


class JobStore:
    """The database. `busy_timeout_s`: how long a call waits for another process's write."""

    def __init__(self, path: Path, busy_timeout_s: float = 5.0) -> None:
        self._path = path
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            # check_same_thread stays on: the connection belongs to the thread that made it.
            self._db = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None)
            self._use_wal(busy_timeout_s)
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate()

    def close(self) -> None:
        self._db.close()

    def add(self, jobs: Iterable[Job]) -> list[Job]:
        """Append jobs at the end of the queue, in one transaction; returns them with their
        positions."""
        with self._translated(), self._transaction():
            last = self._db.execute("SELECT max(position) FROM jobs").fetchone()[0] or 0.0
            placed = [
                replace(job, position=last + index) for index, job in enumerate(jobs, start=1)
            ]
            self._db.executemany(
                _INSERT,
                [_row(job) for job in placed],
            )
        return placed

    def put_in_place(self, job_id: str, jobs: Sequence[Job]) -> list[Job]:
        """Put jobs where another one stands, which goes, in one transaction; returns them with
        their positions. None of them where that one is gone already."""
        with self._translated(), self._transaction():
            row = self._db.execute("SELECT position FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if row is None:
                return []
            (here,) = row
            after = self._db.execute(
                "SELECT min(position) FROM jobs WHERE position > ?", (here,)
            ).fetchone()[0]
            step = ((here + len(jobs) if after is None else after) - here) / max(1, len(jobs))
            placed = [replace(job, position=here + step * at) for at, job in enumerate(jobs)]
            self._db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            self._db.executemany(_INSERT, [_row(job) for job in placed])
        return placed

    def update(self, jobs: Iterable[Job]) -> None:
        """Write jobs that are there already; one that was removed meanwhile stays removed."""
        with self._translated(), self._transaction():
            self._db.executemany(
                "UPDATE jobs SET position = ?2, created = ?3, state = ?4, source = ?5, "
                "document = ?6, link = ?7 WHERE id = ?1",
                [_row(job) for job in jobs],
            )

    def remove(self, ids: Iterable[str]) -> None:
        """Remove jobs, and how they were listened to."""
        gone = [(job_id,) for job_id in ids]
        with self._translated(), self._transaction():
            self._db.executemany("DELETE FROM jobs WHERE id = ?", gone)
            self._db.executemany("DELETE FROM listening WHERE job = ?", gone)

    def remember(self, listening: Mapping[str, Listening]) -> None:
        """Write how songs are listened to, by job id; jobs that are gone are passed over."""
        rows = [(job_id, json.dumps(item.to_json())) for job_id, item in listening.items()]
        with self._translated(), self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO listening (job, document) "
                "SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM jobs WHERE id = ?1)",
                rows,
            )

    def recall(self, job_id: str) -> Listening | None:
        """How the song was listened to last; None if that is not known or cannot be read."""
        with self._translated():
            row = self._db.execute(
                "SELECT document FROM listening WHERE job = ?", (job_id,)
            ).fetchone()
        try:
            return None if row is None else Listening.from_json(json.loads(row[0]))
        except (ValueError, TypeError) as error:
            log.warning("how job %s was listened to cannot be read: %r", job_id, error)
            return None

    def get(self, job_id: str) -> Job | None:
        with self._translated():
            row = self._db.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job_id,)
            ).fetchone()
        return next(iter(_jobs([row] if row else [])), None)

    def can_go_on(self, job_id: str) -> bool:
        """Whether the job is there and its scratch may serve again."""
        job = self.get(job_id)
        return job is not None and keeps_scratch(job)

    def all(self) -> list[Job]:
        """Every job, in the order of the queue."""
        with self._translated():
            return _jobs(self._db.execute(f"SELECT {_COLUMNS} FROM jobs ORDER BY position"))

    def by_source(self, source: Path) -> list[Job]:
        """The jobs of one file, the newest first."""
        with self._translated():
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE source = ? ORDER BY created DESC",
                (json.dumps(str(source)),),
            )
            return _jobs(rows)

    def by_link(self, key: str) -> list[Job]:
        """The jobs of one recording on the web (`link_key`), the newest first."""
        with self._translated():
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE link = ? ORDER BY created DESC", (key,)
            )
            return _jobs(rows)

    def note_run(self, run: Run) -> None:
        """Keep how a job went; it stays when the job is taken off the list."""
        with self._translated(), self._transaction():
            self._db.execute(
                "INSERT INTO runs (outcome, ended, model, device, music_s, spent_s) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (run.outcome.value, run.ended, run.model, run.device, run.music_s, run.spent_s),
            )

    def totals(self) -> Totals:
        """How all jobs went."""
        with self._translated():
            counts = dict(self._db.execute("SELECT outcome, count(*) FROM runs GROUP BY outcome"))
            speeds = self._db.execute(
                "SELECT model, device, count(*), sum(music_s), sum(spent_s) FROM runs "
                "WHERE music_s > 0 GROUP BY model, device ORDER BY max(ended) DESC"
            )
            return Totals(
                done=counts.get(JobState.DONE.value, 0),
                failed=counts.get(JobState.FAILED.value, 0),
                cancelled=counts.get(JobState.CANCELLED.value, 0),
                speeds=tuple(Speed(*row) for row in speeds),
            )

    def change_count(self) -> int:
        """Grows whenever another process has written."""
        with self._translated():
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def _use_wal(self, timeout_s: float) -> None:
        """Switch to write-ahead logging. SQLite does not wait for a lock here, so we do."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= end:
                    raise
                time.sleep(0.01)  # at the opening only; another process holds it for moments

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_MIGRATIONS):
            raise StoreError(ErrorCode.STORE_NEWER, f"version {version}", path=self._path)
        for number, script in enumerate(_MIGRATIONS[version:], start=version + 1):
            # Another process may have migrated since: its version is read under the lock.
            with self._transaction():
                if self._db.execute("PRAGMA user_version").fetchone()[0] < number:
                    for statement in filter(str.strip, script.split(";")):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:  # also Ctrl+C: a transaction never stays open
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if "full" in str(error):
                raise DiskFullError(self._path, 0, str(error)) from error
            busy = "locked" in str(error)
            code = ErrorCode.STORE_BUSY if busy else ErrorCode.STORE_FAILED
            raise StoreError(code, str(error), path=self._path, retryable=busy) from error


def _row(job: Job) -> tuple[str, float, float, str, str, str, str]:
    document = {
        "separation": job.separation.to_json(),
        "export": job.export.to_json(),
        "root": str(job.root),
        "relative": str(job.relative),
        "tags": asdict(job.tags),
        "failure": None if job.failure is None else job.failure.to_json(),
        "notices": [notice.to_json() for notice in job.notices],
        "output": None if job.output is None else str(job.output),
        "frames": job.frames,
        "samplerate": job.samplerate,
        "null_depth_db": None if job.null_depth is None else job.null_depth.to_json(),
        "link": None if job.link is None else job.link.to_json(),
    }
    source, link = json.dumps(str(job.source)), link_key(job)
    state, text = job.state.value, json.dumps(document)
    return job.id, job.position, job.created, state, source, text, link


def link_key(job: Job) -> str:
    """What names the job's recording on the web: its key, before that its address; "" for
    files."""
    return "" if job.link is None else job.link.key or job.link.url


def _jobs(rows: Iterable[tuple[Any, ...]]) -> list[Job]:
    """The jobs of these rows; one that cannot be understood is left out, not the whole list."""
    jobs = []
    for row in rows:
        try:
            jobs.append(_job(row))
        except (ValueError, KeyError, TypeError) as error:
            log.error("job %s cannot be read: %r", row[0], error)
    return jobs


def _job(row: tuple[Any, ...]) -> Job:
    job_id, position, created, state, source, text = row
    document = json.loads(text)
    failure, output, link = document["failure"], document["output"], document.get("link")
    return Job(
        id=job_id,
        source=Path(json.loads(source)),
        separation=SeparationOptions.from_json(document["separation"]),
        export=ExportOptions.from_json(document["export"]),
        root=Path(document["root"]),
        relative=Path(document["relative"]),
        tags=Tags(**document["tags"]),
        state=JobState(state),
        position=position,
        created=created,
        failure=None if failure is None else Failure.from_json(failure),
        notices=tuple(Notice.from_json(item) for item in document["notices"]),
        output=None if output is None else Path(output),
        frames=document["frames"],
        samplerate=document["samplerate"],
        null_depth=NullDepth.from_json(document.get("null_depth_db")),  # older rows have none
        link=None if link is None else Link.from_json(link),
    )
