"""Progress for people and for programs: a bar, plain lines, or one JSON object a line.

The JSON lines follow `events.schema.json` beside this file; `v` is its version.
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
from stemdesk.cli.link_words import LOOKING, say_found, say_here, say_listed, say_transfer
from stemdesk.core.errors import LinkError, StemDeskError
from stemdesk.core.job import Job
from stemdesk.core.notices import Notice
from stemdesk.core.progress import Progress, Stage
from stemdesk.core.sentences import (
    format_duration,
    format_wait,
    printable,
    say_notice,
    say_null_depth,
)
from stemdesk.jobs.exports.values import ExportedSong, ExportProgress
from stemdesk.jobs.pipeline import Result

SCHEMA_VERSION = 1


class Display(Protocol):
    """What a run of `split` tells. `closed`: whoever read it has gone.

    A link's song is told of by `song`, `looking`, then `found` or, for a list, `listed`: its
    entries are songs of their own, in the list's place. `songs`: how many there are in all now.
    """

    @property
    def closed(self) -> bool: ...
    def begin(
        self, songs: int, passed_over: tuple[Path, ...], exports: tuple[Path, ...] = ()
    ) -> None: ...
    def song(self, number: int, job: Job) -> None: ...
    def looking(self) -> None: ...
    def found(self, job: Job) -> None: ...
    def listed(self, title: str, site: str, entries: int, total: int, songs: int) -> None: ...
    def progress(self, progress: Progress) -> None: ...
    def done(self, result: Result) -> None: ...
    def exporting(self, progress: ExportProgress) -> None: ...
    def exported(self, song: ExportedSong) -> None: ...
    def failed(self, error: StemDeskError) -> None: ...
    def note(self, text: str) -> None: ...
    def end(self, done: int, failed: int, exit_code: int) -> None: ...


class TextDisplay(TextLines):
    """A bar that is redrawn on a terminal, plain lines otherwise. Results go to stdout, all
    else to stderr."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        super().__init__("Stopped. The same command goes on where it stopped.", out, err)
        self._songs = 0
        self._number = 0
        self._found = False
        self._label = ""
        self._stalled = False

    def begin(
        self, songs: int, passed_over: tuple[Path, ...], exports: tuple[Path, ...] = ()
    ) -> None:
        self._songs = songs
        for path in passed_over:
            self._terminal.say(f"Passed over (not audio): {printable(str(path))}")
        for path in exports:
            self._terminal.say(f"Passed over (exported by StemDesk): {printable(str(path))}")

    def song(self, number: int, job: Job) -> None:
        self._number, self._found = number, False
        self._name(job)

    def _name(self, job: Job) -> None:
        self._label = f"[{self._number}/{self._songs}] {printable(job.name)}"

    def looking(self) -> None:
        if self._terminal.has_bar:
            self._terminal.draw(self._label, LOOKING)
        else:
            self._terminal.say(f"{self._label}  {LOOKING}")

    def found(self, job: Job) -> None:
        before = self._label
        self._name(job)
        if self._found and self._label == before:
            return  # only its length is known better by now
        self._found = True
        self._terminal.say(f"[{self._number}/{self._songs}] {say_found(job)}")

    def listed(self, title: str, site: str, entries: int, total: int, songs: int) -> None:
        self._songs = songs
        self._terminal.say(say_listed(title, site, entries, total))

    def progress(self, progress: Progress) -> None:
        stalled = progress.stalled_s is not None
        changed, self._stalled = stalled != self._stalled, stalled
        self._gauge.show(
            self._label,
            progress.stage.value,
            progress.fraction,
            _outlook(progress),
            endless=_endless(progress),
            changed=changed,
        )

    def done(self, result: Result) -> None:
        for notice in result.notices:
            self._terminal.say(f"Note: {say_notice(notice)}")
        if result.null_depth is not None:
            self._terminal.say(f"{self._label}  {say_null_depth(result.null_depth)}")
        word = "Already split" if result.already else "Saved"
        self._terminal.result(f"{word}: {printable(str(result.folder))}")

    def exporting(self, progress: ExportProgress) -> None:
        self._gauge.show(self._label, "exporting", progress.fraction, say_left(progress))

    def exported(self, song: ExportedSong) -> None:
        for line in say_song(song):
            self._terminal.say(line)
        for path in song.files:
            self._terminal.result(f"Exported: {printable(str(path))}")
        if song.error is not None:
            self._terminal.say(f"{self._label}  {say_failure(song.error)}")

    def failed(self, error: StemDeskError) -> None:
        happened, remedy = say_here(error)
        which = f"{self._label}  " if isinstance(error, LinkError) and self._label else ""
        self._terminal.say(f"{which}Failed: {happened} {remedy}")


def _outlook(progress: Progress) -> str:
    """What is left, or that nothing comes."""
    if progress.stalled_s is not None:
        return f"no progress for {format_wait(progress.stalled_s)}"
    if progress.stage is Stage.DOWNLOADING:
        return say_transfer(progress)
    return "" if progress.left_s is None else f"{format_duration(progress.left_s)} left"


def _endless(progress: Progress) -> bool:
    """Whether nobody knows how much there is to come."""
    return progress.transfer is not None and progress.transfer.total_bytes <= 0


class JsonDisplay(JsonLines):
    """One JSON object a line on stdout, for programs."""

    def __init__(self, out: TextIO | None = None) -> None:
        super().__init__(SCHEMA_VERSION, out)
        self._number = 0
        self._file = ""
        self._last: tuple[str, float, int] = ("", -1.0, 0)

    def begin(
        self, songs: int, passed_over: tuple[Path, ...], exports: tuple[Path, ...] = ()
    ) -> None:
        self._put(
            "begin",
            songs=songs,
            passed_over=[printable(str(path)) for path in passed_over],
            exports=[printable(str(path)) for path in exports],
        )

    def song(self, number: int, job: Job) -> None:
        self._number, self._file = number, _named(job)
        self._last = ("", -1.0, 0)
        self._put("song", song=number, file=self._file, name=printable(job.name))

    def looking(self) -> None:
        """The song's event has said it."""

    def found(self, job: Job) -> None:
        tags, link = job.tags, job.link
        self._put(
            "found",
            song=self._number,
            link="" if link is None else printable(link.url),
            site="" if link is None else printable(link.site),
            title=printable(tags.title),
            artist=printable(tags.artist),
            album=printable(tags.album),
            duration_s=_rounded(tags.duration_s),
        )

    def listed(self, title: str, site: str, entries: int, total: int, songs: int) -> None:
        self._put(
            "list",
            song=self._number,
            link=self._file,
            site=printable(site),
            title=printable(title),
            entries=entries,
            total=total,
            songs=songs,
        )

    def progress(self, progress: Progress) -> None:
        percent = int(1000 * progress.fraction + 1e-6) / 10  # rounded down: 100 is everything
        come = _come(progress) if progress.stage is Stage.DOWNLOADING else 0
        now = (progress.stage.value, percent, come)
        if self._last != now or progress.stalled_s is not None:
            self._last = now
            self._put(
                "progress",
                song=self._number,
                stage=progress.stage.value,
                percent=percent,
                left_s=_rounded(progress.left_s),
                stalled_s=_rounded(progress.stalled_s),
                **_transferred(progress),
            )

    def done(self, result: Result) -> None:
        self._put(
            "done",
            song=self._number,
            file=self._file,
            folder=printable(str(result.folder)),
            already=result.already,
            frames=result.frames,
            samplerate=result.samplerate,
            null_depth_db=None if result.null_depth is None else result.null_depth.to_json(),
            notices=[_notice(notice) for notice in result.notices],
        )

    def exporting(self, progress: ExportProgress) -> None:
        facts = progress_facts(progress)
        now = (facts["file"], facts["percent"], 0)
        if self._last != now:
            self._last = now
            self._put("exporting", song=self._number, **facts)

    def exported(self, song: ExportedSong) -> None:
        if song.error is None or song.files:
            self._put("exported", song=self._number, **exported_facts(song))
        if song.error is not None:
            facts = failure_facts(song.error)
            self._put("failed", song=self._number, file=self._file, **facts)

    def failed(self, error: StemDeskError) -> None:
        happened, remedy = say_here(error)
        self._put(
            "failed",
            song=self._number,
            file=self._file or printable(str(error.path or error.facts.get("address", ""))),
            code=error.code.value,
            happened=happened,
            remedy=remedy,
            detail=printable(error.detail),
        )


def _come(progress: Progress) -> int:
    """What tells a download's progress besides its percent: that it has begun, or its bytes where
    nobody knows how many there will be."""
    transfer = progress.transfer
    if transfer is None:
        return 0
    return 1 + (transfer.done_bytes if _endless(progress) else 0)


def _named(job: Job) -> str:
    """What a person has named: a file, or a link's address."""
    return printable(str(job.source) if job.link is None else job.link.url)


def _transferred(progress: Progress) -> dict[str, Any]:
    """How much has come of a link's song; nothing of any other stage."""
    transfer = progress.transfer
    if transfer is None:
        return {}
    return {
        "done_bytes": transfer.done_bytes,
        "total_bytes": transfer.total_bytes or None,
        "bytes_per_s": _rounded(transfer.bytes_per_s),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _notice(notice: Notice) -> dict[str, str]:
    return {"code": notice.code.value, "text": say_notice(notice)}
