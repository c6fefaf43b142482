"""Progress and outcome of `stemdesk export`: a bar, plain lines, or one JSON object a line.

The JSON lines follow `export.schema.json` beside this file; `v` is its version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TextIO

from stemdesk.cli.export_words import (
    exported_facts,
    failure_facts,
    progress_facts,
    say_failure,
    say_left,
    say_song,
)
from stemdesk.cli.lines import JsonLines, TextLines
from stemdesk.core.errors import StemDeskError
from stemdesk.core.sentences import printable
from stemdesk.jobs.exports.values import ExportedSong, ExportProgress

SCHEMA_VERSION = 1


class ExportDisplay(Protocol):
    """What a run of `export` tells. `closed`: whoever read it has gone. `number`: of the song,
    from 1; 0 for what was named but is no song."""

    @property
    def closed(self) -> bool: ...
    def begin(self, songs: int, folder: Path) -> None: ...
    def progress(self, progress: ExportProgress) -> None: ...
    def done(self, number: int, song: ExportedSong) -> None: ...
    def failed(self, number: int, name: str, error: StemDeskError) -> None: ...
    def note(self, text: str) -> None: ...
    def end(self, done: int, failed: int, exit_code: int) -> None: ...


class TextExports(TextLines):
    """A bar that is redrawn on a terminal, plain lines otherwise. The files' names go to stdout,
    all else to stderr."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        super().__init__("Stopped. Files that were finished stay.", out, err)
        self._songs = 0

    def begin(self, songs: int, folder: Path) -> None:
        self._songs = songs

    def progress(self, progress: ExportProgress) -> None:
        label = self._label(progress.index + 1, progress.song)
        self._gauge.show(label, "exporting", progress.fraction, say_left(progress))

    def done(self, number: int, song: ExportedSong) -> None:
        for line in say_song(song):
            self._terminal.say(line)
        for path in song.files:
            self._terminal.result(f"Exported: {printable(str(path))}")

    def failed(self, number: int, name: str, error: StemDeskError) -> None:
        label = f"{self._label(number, name)}  " if number else ""
        self._terminal.say(f"{label}{say_failure(error)}")

    def _label(self, number: int, name: str) -> str:
        return f"[{number}/{self._songs}] {printable(name)}"


class JsonExports(JsonLines):
    """One JSON object a line on stdout, for programs."""

    def __init__(self, out: TextIO | None = None) -> None:
        super().__init__(SCHEMA_VERSION, out)
        self._last: dict[str, Any] = {}

    def begin(self, songs: int, folder: Path) -> None:
        self._put("begin", songs=songs, folder=printable(str(folder)))

    def progress(self, progress: ExportProgress) -> None:
        facts = progress_facts(progress)
        now = {"song": progress.index + 1, "percent": facts["percent"], "file": facts["file"]}
        if now != self._last:
            self._last = now
            name = printable(progress.song)
            self._put("progress", song=progress.index + 1, name=name, **facts)

    def done(self, number: int, song: ExportedSong) -> None:
        name, folder = printable(song.song.title), printable(str(song.song.folder))
        self._put("exported", song=number, name=name, folder=folder, **exported_facts(song))

    def failed(self, number: int, name: str, error: StemDeskError) -> None:
        self._put("failed", song=number, name=printable(name), **failure_facts(error))
