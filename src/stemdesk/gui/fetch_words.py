"""What the window says of songs that come from links: on their way, and where they stop. (How links
are asked for is in `link_words`.)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Job, JobState
from stemdesk.core.link import Link, shown
from stemdesk.core.progress import Progress
from stemdesk.core.sentences import count_of, format_bytes, format_duration, printable
from stemdesk.gui.model_values import Download, Phase

if TYPE_CHECKING:
    from stemdesk.fetch.links.values import LinkList

LOOKING = "Looking at the link…"
BEGINNING = "The download begins…"
SILENT = "waiting for the server"
CHOOSE_ENTRIES = "Choose songs…"
SETTINGS = "Settings…"
UPDATE = "Update the downloader"
UPDATING = "Updating the downloader"
TRYING = "Trying the new downloader…"
LINK_FAILED = "This link did not become a song"
_GONE = (
    "The downloaded song is not there any more.",
    "Try again: it is downloaded again.",
)


def fetch_text(job: Job, progress: Progress) -> str:
    """A row: `Downloading 43 %, 1.2 MB/s, 0:12 left`."""
    transfer = progress.transfer
    if transfer is None:
        return _begins(job)
    parts = [_how_far(progress)]
    if transfer.silent:
        parts.append(SILENT)
    elif transfer.bytes_per_s is not None:
        parts.append(f"{format_bytes(transfer.bytes_per_s)}/s")
    return ", ".join([*parts, *_left(progress)])


def fetch_briefly(job: Job, progress: Progress) -> str:
    """The same in a narrow row: `Downloading 43 %, 0:12 left`."""
    if progress.transfer is None:
        return _begins(job)
    silent = [SILENT] if progress.transfer.silent else []
    return ", ".join([_how_far(progress), *silent, *_left(progress)])


def _left(progress: Progress) -> list[str]:
    """`0:12 left`; nothing where it is not known, or where all is there and only looked at."""
    if progress.left_s is None or progress.percent >= 100:
        return []
    return [f"{format_duration(progress.left_s)} left"]


def _begins(job: Job) -> str:
    known = job.link is not None and job.link.key
    return BEGINNING if known else LOOKING


def _how_far(progress: Progress) -> str:
    transfer = progress.transfer
    if transfer is not None and not transfer.done_bytes:
        return "Downloading"
    if transfer is not None and not transfer.total_bytes and not progress.fraction:
        return f"Downloading, {format_bytes(transfer.done_bytes)} so far"
    return f"Downloading {progress.percent} %"


def queued_text(job: Job) -> str:
    """A row: `Queued · 3:41`, as soon as it is known how long the song is."""
    if job.link is None or job.tags.duration_s is None:
        return "Queued"
    return f"Queued · {format_duration(job.tags.duration_s)}"


def headline(job: Job, progress: Progress | None) -> str:
    """The large line where the stems of a link's song will be; "" where any song's does."""
    return _begins(job) if progress is not None and progress.transfer is None else ""


def explained(job: Job, progress: Progress | None) -> str:
    """The lines below it, for a song that is still to be fetched; "" where any song's do."""
    link = job.link
    if link is None:
        return ""
    where = printable(shown(link.url))
    if progress is not None:
        return where if progress.transfer is None else fetch_text(job, progress)
    return {
        JobState.QUEUED: "It is downloaded while other songs are split. "
        "Drag it up to have it sooner.",
        JobState.DOWNLOADING: where,
        JobState.PAUSED: "What is downloaded is kept. Resume whenever you like.",
        JobState.INTERRUPTED: "StemDesk ended while it downloaded this song. "
        "What is there is kept: it goes on from there.",
    }.get(job.state, "")


def address(link: Link) -> str:
    """Where the song is on the web."""
    return printable(link.public)


def is_about_link(job: Job) -> bool:
    """Whether a job failed since its link did not become a song, and not later."""
    return job.failure is not None and job.failure.code.value.startswith("link_")


def gone(job: Job) -> tuple[str, str] | None:
    """What happened and what to do where a downloaded file has gone; None if it is not that."""
    missing = job.failure is not None and job.failure.code is ErrorCode.SOURCE_MISSING
    return _GONE if missing and job.link is not None else None


_BRIEFLY = {
    ErrorCode.LINK_INVALID: "no link",
    ErrorCode.LINK_UNSUPPORTED: "no song found there",
    ErrorCode.LINK_NOT_FOUND: "not found",
    ErrorCode.LINK_PRIVATE: "it is private",
    ErrorCode.LINK_LOGIN: "needs a login",
    ErrorCode.LINK_AGE: "needs an age check",
    ErrorCode.LINK_REGION: "not in your country",
    ErrorCode.LINK_LIVE: "a live stream",
    ErrorCode.LINK_DRM: "encrypted (DRM)",
    ErrorCode.LINK_TOO_LONG: "too long",
    ErrorCode.LINK_TOO_LARGE: "too large",
    ErrorCode.LINK_SITE_CHANGED: "the site has changed",
    ErrorCode.LINK_OFFLINE: "not reached",
    ErrorCode.LINK_PROXY: "the proxy refused",
    ErrorCode.LINK_UNTRUSTED: "no safe connection",
    ErrorCode.LINK_RUNTIME_MISSING: "needs deno",
    ErrorCode.LINK_ADDRESS_REFUSED: "local address",
    ErrorCode.LINK_REFUSED: "the site refused",
    ErrorCode.LINK_TOO_MANY: "asked too often",
    ErrorCode.LINK_STALLED: "nothing more comes",
    ErrorCode.LINK_BROKEN: "connection broke",
    ErrorCode.LINK_EMPTY: "an empty list",
    ErrorCode.LINK_COOKIES: "cookies not read",
    ErrorCode.LINK_TOOL_FAILED: "the downloader failed",
}


def failed_briefly(code: ErrorCode) -> str:
    """A narrow row, why a link did not become a song: `Failed: needs a login`; "" for what
    happens to any song."""
    return f"Failed: {_BRIEFLY[code]}" if code in _BRIEFLY else ""


# Lists


def list_text(found: LinkList) -> str:
    """A row: `A list of 12 songs: choose which`."""
    return f"{list_headline(found)}: choose which"


def list_headline(found: LinkList) -> str:
    return f"A list of {count_of(len(found.entries), 'song')}"


def list_explained(found: LinkList) -> str:
    if found.total is not None and found.total > len(found.entries):
        return (
            f"The site says that there are {found.total}; the first {len(found.entries)} can be "
            "chosen here."
        )
    return "Choose which of them are to be split."


# The downloader

DOWNLOADER = "Downloader"
UPDATE_BUTTON = "Update"
UPDATE_TIP = "Look for a newer yt-dlp and use it: that helps where a site has changed"
CANCEL_UPDATE = "Cancel"
CANCEL_UPDATE_NAME = "Cancel the update"


def version_text(version: str, bundled: str) -> str:
    """`yt-dlp 2026.10.26 (came with StemDesk)`."""
    if not version:
        return "yt-dlp is not installed: links cannot be downloaded"
    origin = "came with StemDesk" if version == bundled else "updated"
    return f"yt-dlp {printable(version)} ({origin})"


def runtime_text(version: str, usable: bool) -> str:
    """Of the JavaScript runtime: `deno 2.9.8`, or what does not work without it."""
    if usable:
        return f"JavaScript runtime: deno {printable(version)}"
    have = f"deno {printable(version)} is too old" if version else "none"
    return (
        f"JavaScript runtime: {have}. YouTube and some other sites need deno, version 2.3 or "
        "newer: “pip install deno” beside StemDesk, or from deno.com."
    )


def update_text(update: Download) -> str:
    """How far an update is, or how it ended."""
    if update.phase is Phase.RUNNING and update.fraction:
        percent = int(update.fraction * 100 + 1e-6)
        return f"{UPDATING}: {percent} %" if percent < 100 else TRYING
    return {
        Phase.STOPPING: "Stopping…",
        Phase.STOPPED: "The update was stopped.",
        Phase.FAILED: update.error,
        Phase.DONE: "",
    }.get(update.phase, f"{UPDATING}…")


# Settings

NO_COOKIES = "No browser"
BROWSERS = {
    "": NO_COOKIES,
    "brave": "Brave",
    "chrome": "Chrome",
    "chromium": "Chromium",
    "edge": "Edge",
    "firefox": "Firefox",
    "opera": "Opera",
    "safari": "Safari",
    "vivaldi": "Vivaldi",
}
NO_FILE = "None"
COOKIES_FILTERS = "Cookies (*.txt);;All files (*)"
