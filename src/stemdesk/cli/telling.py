"""Counts a run's songs and tells of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stemdesk.cli.display import Display
from stemdesk.core.errors import StemDeskError
from stemdesk.core.job import Job
from stemdesk.jobs.pipeline import Result

Afterwards = Callable[[Job, Result], bool]
"""Does more with a song that is split; returns whether that went well."""


class Telling:
    """`display`: who shows it."""

    def __init__(self, display: Display, afterwards: Afterwards | None = None) -> None:
        self.display = display
        self._afterwards = afterwards
        self._songs = 0
        self._number = 0
        self._done = 0
        self._failed = 0

    def begin(
        self, songs: int, passed_over: tuple[Path, ...], exports: tuple[Path, ...] = ()
    ) -> None:
        self._songs = songs
        self.display.begin(songs, passed_over, exports)

    def song(self, job: Job) -> None:
        """The next song's turn has come."""
        self._number += 1
        self.display.song(self._number, job)

    def listed(self, title: str, site: str, entries: int, total: int) -> None:
        """The present song is a list: its entries come in its place."""
        self._songs += entries - 1
        self._number -= 1
        self.display.listed(title, site, entries, total, self._songs)

    def done(self, job: Job, result: Result) -> None:
        """A song is split. Raises `Cancelled` while more is done with it."""
        self.display.done(result)
        if self._afterwards is None or self._afterwards(job, result):
            self._done += 1
        else:
            self._failed += 1

    def failed(self, error: StemDeskError) -> None:
        self._failed += 1
        self.display.failed(error)

    def end(self, *, stopped: bool = False) -> int:
        """The exit code (0, 1, or 130 for a run that was stopped)."""
        exit_code = 130 if stopped else int(self._failed > 0)
        self.display.end(self._done, self._failed, exit_code)
        return exit_code
