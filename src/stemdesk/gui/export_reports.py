"""How an export goes and how it ended, in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stemdesk.core.errors import ErrorCode, StemDeskError
from stemdesk.core.job import Failure
from stemdesk.core.sentences import (
    count_of,
    format_duration,
    printable,
    say,
    say_notice,
    say_null_depth_at_length,
)
from stemdesk.gui.export_values import Batch, Ended
from stemdesk.gui.labels import APP_NAME
from stemdesk.gui.link_words import shortened
from stemdesk.jobs.exports.values import ExportedSong, ExportProgress

CANCEL = "Cancel"
CANCEL_NAME = "Cancel the export"
CANCELLING = "Cancelling the export…"
DETAILS = "Details…"
DETAILS_TITLE = "What was exported"
DETAILS_NAME = "What was exported, as text"
TRY_AGAIN = "Try again"
CHANGE = "Change…"
SHOW = "Show in folder"
DISMISS = "Close this report"
CLOSES_AFTER = "StemDesk closes when the export is done."
STAY_OPEN = "Stay open"
CLOSE_HEADLINE = "An export is still running"
CLOSE_TEXT = (
    "What is cut off is not kept: files appear when they are whole. Songs that are finished stay."
)
CLOSE_STAY = "Stay"
CLOSE_FINISH = "Finish it first"
CLOSE_STOP = "Stop it and close"
PRESET_GONE = (
    "Songs are to be exported after each split, but their preset is not there any more. "
    "Choose another one in the settings."
)


def running_text(batch: Batch, progress: ExportProgress | None, cancelling: bool) -> str:
    """`Exporting “Viper”: vocals.wav`, `Exporting “Viper” (2 of 3)`."""
    if cancelling:
        return CANCELLING
    if progress is None:
        return f"Exporting {_name(batch.songs[0].called)}"
    text = f"Exporting {_name(progress.song)}"
    if progress.count > 1:
        text += f" ({progress.index + 1} of {progress.count})"
    return f"{text}: {printable(progress.file)}" if progress.file else text


def share_text(progress: ExportProgress | None) -> str:
    """`43 %, 1:12 left`."""
    if progress is None:
        return ""
    text = f"{int(progress.fraction * 100 + 1e-6)} %"
    return text if progress.left_s is None else f"{text}, {format_duration(progress.left_s)} left"


def waiting_text(count: int) -> str:
    return "" if not count else f"{count_of(count, 'more export')} after it"


def ended_text(ended: Ended) -> str:
    """`5 files of “Viper” exported.`, with what is to be known of it."""
    done = [one for one in ended.exported.songs if one.error is None]
    files = len(ended.files)
    if ended.exported.cancelled:
        kept = f"{count_of(files, 'finished file')} stay." if files else "Nothing was written."
        return f"The export was cancelled. {kept}"
    if len(ended.batch.songs) == 1:
        return _one_text(ended)
    if not done:
        return f"None of the {len(ended.batch.songs)} songs could be exported. {_why(ended)}"
    text = f"{files_of(files, len(done))} exported."
    if ended.failed:
        text = f"{text} {_failed_text(ended)} {_why(ended)}"
    return text


def _one_text(ended: Ended) -> str:
    title = _name(ended.batch.songs[0].called)
    if ended.failed:
        return f"{title} could not be exported. {_why(ended)}"
    song = ended.exported.songs[0]
    if not song.files:
        return f"{title}: all files are there already and were left as they are."
    text = f"{count_of(len(song.files), 'file')} of {title} exported."
    short = _short_facts(song)
    return f"{text} {short}" if short else text


def files_of(files: int, songs: int) -> str:
    return f"{count_of(files, 'file')} of {count_of(songs, 'song')}"


def _failed_text(ended: Ended) -> str:
    first, count = _name(ended.failed[0].called), len(ended.failed)
    if count == 1:
        return f"{first} could not be exported."
    return f"{count} songs could not be exported, {first} among them."


def _short_facts(song: ExportedSong) -> str:
    """The most important of `facts`, in short."""
    said = []
    if song.null_depth is not None and song.null_depth.saved_db is None:
        said.append("The stems sum to the song exactly.")
    if song.gain_db:
        said.append(f"All are {abs(song.gain_db):.1f} dB quieter, so that none clips.")
    said += [say_notice(notice) for notice in song.notices[:1]]
    return " ".join(said)


def _why(ended: Ended) -> str:
    """Of the first that failed."""
    error = ended.error or next(one.error for one in ended.exported.songs if one.error is not None)
    return " ".join(explain(error))


def explain(error: BaseException, path: Path | None = None) -> tuple[str, str]:
    """What happened and what to do."""
    if not isinstance(error, StemDeskError):
        return say(ErrorCode.INTERNAL, path, {})
    failure = Failure.of(error)
    return say(failure.code, failure.path or path, failure.facts, failure.detail)


def report(ended: Ended, version: str) -> str:
    """What `Details` shows and copies: of each song what was written and done, and why not."""
    lines = [ended_text(ended), ""]
    for song in ended.exported.songs:
        lines += [*_song_lines(song), ""]
    if ended.error is not None:
        lines += [f"Details: {_detail(ended.error)}", ""]
    return "\n".join([*lines, f"{APP_NAME} {version}"])


def _song_lines(song: ExportedSong) -> list[str]:
    lines = [printable(song.song.called)]
    if song.error is not None:
        happened, remedy = explain(song.error, song.song.folder)
        lines += [f"  Failed: {happened} {remedy}", f"  Details: {_detail(song.error)}"]
    lines += [f"  {text}" for text in facts(song)]
    folder = common_folder(song.files)
    if folder is not None:
        lines.append(f"  In {printable(str(folder))}:")
        lines += [f"    {below(path, folder)}" for path in song.files]
    lines += [f"  Was there already, left as it is: {printable(str(p))}" for p in song.skipped]
    return lines


def facts(song: ExportedSong) -> list[str]:
    """What was done to a song's sound, in whole sentences."""
    said = []
    if song.gain_db:
        said.append(
            f"All of its files are {abs(song.gain_db):.1f} dB quieter, so that none of them clips; "
            "their balance stays."
        )
    if song.null_depth is not None:
        said.append(say_null_depth_at_length(song.null_depth))
    return said + [say_notice(notice) for notice in song.notices]


def _detail(error: BaseException) -> str:
    if isinstance(error, StemDeskError):
        return f"{error.code.value}, {printable(error.detail) or 'nothing more'}"
    return printable(f"{type(error).__name__}: {error}")


def common_folder(paths: Sequence[Path]) -> Path | None:
    """Where files lie together, below a disk's root; else that of the first; None for none."""
    if not paths:
        return None
    folder = first = paths[0].parent
    while not all(path.is_relative_to(folder) for path in paths):
        folder = folder.parent
        if folder == folder.parent:  # all over the disk, or on several
            return first
    return folder


def below(path: Path, folder: Path) -> str:
    """A file's name as seen from `folder`; whole where it is elsewhere."""
    return printable(str(path.relative_to(folder) if path.is_relative_to(folder) else path))


def _name(title: str) -> str:
    return f"“{shortened(printable(title))}”"
