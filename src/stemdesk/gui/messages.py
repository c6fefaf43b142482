"""The window's sentences: states in words, counts, what happens next. The words on its controls
are in `labels`; those about errors and notices in `core.sentences`, for both shells.

Functions take what they need and return whole sentences, so that a translation can order words
its own way.
"""

from __future__ import annotations

from pathlib import Path

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import ACTIVE, Failure, Job, JobState
from stemdesk.core.names import safe_name
from stemdesk.core.progress import Progress, Stage
from stemdesk.core.sentences import (
    count_of,
    format_bytes,
    format_duration,
    format_wait,
    printable,
    say,
    say_null_depth,
    say_null_depth_at_length,
)
from stemdesk.gui.fetch_words import (
    LINK_FAILED,
    address,
    fetch_text,
    gone,
    is_about_link,
    queued_text,
)
from stemdesk.gui.labels import APP_NAME

_STATES = {
    JobState.QUEUED: "Queued",
    JobState.WAITING: "Waiting",
    JobState.DOWNLOADING: "Downloading",
    JobState.DECODING: "Decoding",
    JobState.SEPARATING: "Separating",
    JobState.SAVING: "Saving",
    JobState.PAUSED: "Paused",
    JobState.DONE: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
    JobState.INTERRUPTED: "Interrupted",
}
_STAGES = {
    Stage.WAITING: "Waiting for another StemDesk",
    Stage.DOWNLOADING: "Downloading",
    Stage.DECODING: "Decoding",
    Stage.SEPARATING: "Separating",
    Stage.SAVING: "Saving",
}
PAUSING = "Pausing…"
CANCELLING = "Cancelling…"
_ASKED = {PAUSING: "What is finished is kept.", CANCELLING: "Nothing will be saved."}
_STALLED = "The computer may only be busy with other things. If it stays like this, "
_STALLED_ADVICE = _STALLED + "close StemDesk and open it again: the song goes on from here."
_STALLED_CANCELLED = _STALLED + "close StemDesk: that ends it."
_MODEL_CODES = (ErrorCode.MODEL_MISSING, ErrorCode.MODEL_NONE_INSTALLED)


def asked_text(cancelling: bool, pausing: bool) -> str:
    """What a running job was asked for and has not done yet; "" if nothing."""
    if cancelling:
        return CANCELLING
    return PAUSING if pausing else ""


def state_text(
    job: Job, progress: Progress | None, elsewhere: bool = False, asked: str = ""
) -> str:
    """A row's state in words, such as `Separating 43 %, 1:12 left`. `asked`: `asked_text`."""
    if elsewhere:
        return f"{_STATES[job.state]} in another StemDesk"
    if asked:
        stalled = progress is not None and progress.stalled_s is not None
        return f"{asked} {_progress_text(job, progress)}" if progress and stalled else asked
    if job.state in ACTIVE and progress is not None:
        return _progress_text(job, progress)
    if job.state is JobState.WAITING:
        return waiting_text(job.failure)
    if job.state is JobState.FAILED:
        return f"Failed: {explain(job)[0]}"
    return queued_text(job) if job.state is JobState.QUEUED else _STATES[job.state]


def _progress_text(job: Job, progress: Progress) -> str:
    if progress.stage is Stage.WAITING:
        return _STAGES[Stage.WAITING]
    if progress.stage is Stage.DOWNLOADING:
        return fetch_text(job, progress)
    if progress.stalled_s is not None:
        return f"No progress for {format_wait(progress.stalled_s)}, at {progress.percent} %"
    text = f"{_STAGES[progress.stage]} {progress.percent} %"
    if progress.left_s is not None:
        text += f", {format_duration(progress.left_s)} left"
    return text


def waiting_text(failure: Failure | None) -> str:
    """What a waiting job waits for: disk, a model, or another StemDesk."""
    if failure is None or failure.code is ErrorCode.JOB_BUSY:
        return _STAGES[Stage.WAITING]
    if failure.code is ErrorCode.DISK_FULL:
        needed = int(failure.facts.get("needed_bytes", 0))
        free = int(failure.facts.get("free_bytes", 0))
        if needed:
            return f"Waiting for disk: needs {format_bytes(needed)}, {format_bytes(free)} free"
        return f"Waiting for disk: {format_bytes(free)} free"
    if failure.code in _MODEL_CODES:
        return f"Waiting for the model “{printable(str(failure.facts.get('model', '?')))}”"
    return "Waiting"


def explain(job: Job) -> tuple[str, str]:
    """What happened and what to do, for a job's failure."""
    failure, path = job.failure, job.source
    if failure is None:
        return say(ErrorCode.INTERNAL, path, {})
    path = failure.path or path
    if job.link is not None and path == job.source:  # its name says nothing to people
        path = path.with_name(safe_name(job.name))
    return gone(job) or say(failure.code, path, failure.facts, failure.detail)


def failure_report(job: Job, version: str) -> str:
    """What "Copy details" copies: the sentence, the code and the technical cause."""
    happened, remedy = explain(job)
    code = job.failure.code.value if job.failure else ErrorCode.INTERNAL.value
    detail = job.failure.detail if job.failure else ""
    lines = [
        f"{happened} {remedy}",
        f"Code: {code}",
        f"File: {printable(str(job.source))}",
        *([] if job.link is None else [f"Link: {address(job.link)}"]),
        f"Model: {job.separation.model}",
        f"Details: {printable(detail) or 'none'}",
        f"{APP_NAME} {version}",
    ]
    return "\n".join(lines)


def song_title(job: Job) -> str:
    """`Title — Artist`, or the file's name, or a link's address."""
    title = printable(job.tags.title or job.name)
    return f"{title} — {printable(job.tags.artist)}" if job.tags.artist else title


def song_facts(job: Job) -> list[str]:
    """Site, duration, rate, model and null depth, as far as they are known."""
    facts = [printable(job.link.site)] if job.link is not None and job.link.site else []
    if job.frames and job.samplerate:
        facts.append(format_duration(job.frames / job.samplerate))
    elif job.tags.duration_s:
        facts.append(format_duration(job.tags.duration_s))
    if job.samplerate:
        facts.append(f"{job.samplerate / 1000:g} kHz")
    if job.separation.model:
        facts.append(printable(job.separation.model))
    if job.null_depth is not None and job.state is JobState.DONE:
        facts.append(say_null_depth(job.null_depth))
    return facts


def song_facts_tip(job: Job) -> str:
    """The same at length: where the song lies, and what its stems are added up."""
    source = printable(str(job.source))
    if job.link is not None:
        source = f"{address(job.link)}\n{source}"
    if job.null_depth is None or job.state is not JobState.DONE:
        return source
    return f"{source}\n{say_null_depth_at_length(job.null_depth)}"


def state_headline(job: Job, elsewhere: bool = False, asked: str = "") -> str:
    """The large line where the stems of an unfinished song will be."""
    if elsewhere:
        return "Another StemDesk is splitting this song"
    if asked:
        return asked
    return {
        JobState.QUEUED: "Waiting for its turn",
        JobState.WAITING: "Waiting",
        JobState.DOWNLOADING: "Downloading…",
        JobState.DECODING: "Reading the song…",
        JobState.SEPARATING: "Splitting…",
        JobState.SAVING: "Saving the stems…",
        JobState.PAUSED: "Paused",
        JobState.DONE: "Opening the stems…",
        JobState.FAILED: LINK_FAILED if is_about_link(job) else "This song could not be split",
        JobState.CANCELLED: "Cancelled",
        JobState.INTERRUPTED: "Interrupted",
    }[job.state]


def state_explained(
    job: Job, progress: Progress | None, elsewhere: bool = False, asked: str = ""
) -> str:
    """The lines below it: what happens next or what to do."""
    if elsewhere:
        return "It shows up here as soon as it is done there."
    if asked or job.state in ACTIVE:
        return _running_explained(job, progress, asked)
    if job.state in (JobState.WAITING, JobState.FAILED):
        if job.failure is None:
            return waiting_text(None)
        return "\n".join(explain(job))
    return {
        JobState.QUEUED: "Songs are split one after the other. Drag it up to have it sooner.",
        JobState.PAUSED: "What is finished is kept. Resume whenever you like.",
        JobState.DONE: "",
        JobState.CANCELLED: "Nothing was saved.",
        JobState.INTERRUPTED: "StemDesk ended while it worked on this song. "
        "What was finished is kept: it goes on from there.",
    }[job.state]


def _running_explained(job: Job, progress: Progress | None, asked: str) -> str:
    if progress is not None and progress.stalled_s is not None:
        advice = _STALLED_CANCELLED if asked == CANCELLING else _STALLED_ADVICE
        return f"{_progress_text(job, progress)}\n{advice}"
    return _ASKED[asked] if asked else state_text(job, progress)


def missing_text(folder: Path | None) -> str:
    return (
        f"They were in {printable(str(folder or '?'))}\n"
        "If you moved the folder, show StemDesk where it is now."
    )


def damaged_text(path: Path) -> str:
    return (
        f"{printable(str(path))} is damaged, or you may not read it.\n"
        "Splitting again makes a new folder beside this one."
    )


def drop_text(files: int, folders: int, links: int = 0) -> str:
    """What a drop will do: `Split 3 files`."""
    counts = ((files, "file"), (folders, "folder"), (links, "link"))
    parts = [count_of(number, word) for number, word in counts if number]
    return "Split " + " and ".join([", ".join(parts[:-1]), *parts[-1:]] if parts[1:] else parts)


def drop_many_text(items: int) -> str:
    """The same where files and folders were not told apart: `Split 300 items`."""
    return f"Split {items} items"


def time_text(position_s: float, length_s: float) -> str:
    return f"{_clock(position_s)} / {format_duration(length_s)}"


def _clock(seconds: float) -> str:
    return format_duration(int(seconds))  # a clock that runs shows whole seconds that have passed


def interrupted_text(count: int) -> str:
    if count == 1:
        return "1 song was interrupted. What was finished is kept."
    return f"{count} songs were interrupted. What was finished is kept."


def batch_text(done: int, failed: int, cancelled: int) -> str:
    """`497 done, 3 failed`."""
    parts = [f"{done} done"]
    if failed:
        parts.append(f"{failed} failed")
    if cancelled:
        parts.append(f"{cancelled} cancelled")
    return ", ".join(parts)


def device_text(label: str, reason: str) -> str:
    return f"{label} — {reason}" if reason else label


def queue_text(waiting: int, running: bool, fetching: int = 0) -> str:
    counts = ((int(running), "running"), (fetching, "downloading"), (waiting, "waiting"))
    return ", ".join(f"{count} {what}" for count, what in counts if count) or "Nothing to do"


def disk_text(free: int) -> str:
    return f"{format_bytes(free)} free"


def close_text(waiting: int) -> str:
    """What stopping means. `waiting`: how many songs are in the queue behind it, or downloaded."""
    text = "Nothing is lost: it goes on from where it is when you open StemDesk again."
    if waiting == 1:
        return f"{text} So does the song behind it."
    return f"{text} So do the {waiting} songs behind it." if waiting else text


def trash_headline(title: str) -> str:
    return f"Move the stems of “{title}” to the trash?"


def trash_text(job: Job) -> str:
    folder = printable(str(job.output or "?"))
    if job.link is not None:
        return (
            f"The folder {folder} goes to the trash, with the downloaded song if it is in there, "
            "and the song off the list."
        )
    return (
        f"The folder {folder} goes to the trash and the song off the list. "
        "Your original file stays where it is."
    )


def quarter_text(job: Job, quarter: int, stage: Stage = Stage.SEPARATING) -> str:
    """`Viper: 50 % separated`, for screen readers."""
    what = "downloaded" if stage is Stage.DOWNLOADING else "separated"
    return f"{song_title(job)}: {quarter * 25} % {what}"


def window_title(progress: Progress | None) -> str:
    return APP_NAME if progress is None else f"{progress.percent} % — {APP_NAME}"
