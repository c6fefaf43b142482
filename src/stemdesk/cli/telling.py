"""Counts a run's songs and tells of them."""

from __future__ import annotations

from pathlib import Path

from stemdesk.cli.display import Display
from stemdesk.core.errors import StemDeskError
from stemdesk.core.job import Job
from stemdesk.jobs.pipeline import Result


class Telling:
    """`display`: who shows it."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self._songs = 0
        self._number = 0
        self._done = 0
        self._failed = 0

    def begin(self, songs: int, passed_over: tuple[Path, ...]) -> None:
        self._songs = songs
        self.display.begin(songs, passed_over)

    def song(self, job: Job) -> None:
        """The next song's turn has come."""
        self._number += 1
        self.display.song(self._number, job)

    def listed(self, title: str, site: str, entries: int, total: int) -> None:
        """The present song is a list: its entries come in its place."""
        self._songs += entries - 1
        self._number -= 1
        self.display.listed(title, site, entries, total, self._songs)

    def done(self, result: Result) -> None:
        self._done += 1
        self.display.done(result)

    def failed(self, error: StemDeskError) -> None:
        self._failed += 1
        self.display.failed(error)

    def end(self, *, stopped: bool = False) -> int:
        """The exit code (0, 1, or 130 for a run that was stopped)."""
        exit_code = 130 if stopped else int(self._failed > 0)
        self.display.end(self._done, self._failed, exit_code)
        return exit_code
