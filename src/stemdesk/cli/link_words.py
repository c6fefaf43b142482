"""What the command line says about links."""

from __future__ import annotations

from stemdesk.core.errors import ErrorCode, LinkError, StemDeskError
from stemdesk.core.job import Job
from stemdesk.core.link_sentences import NOTICE_LINES
from stemdesk.core.progress import Progress
from stemdesk.core.sentences import count_of, format_bytes, format_duration, printable, say
from stemdesk.fetch.links import entry_words
from stemdesk.fetch.links.values import LinkEntry, LinkRules

NOTICE = " ".join((*NOTICE_LINES, "(This is said once.)"))
LOOKING = "looking at the link"

_COOKIES = "Here: --cookies-from-browser BROWSER, or --cookies FILE."
_UPDATE = "Here: stemdesk update-downloader."
_HINTS = {
    ErrorCode.LINK_PRIVATE: _COOKIES,
    ErrorCode.LINK_LOGIN: _COOKIES,
    ErrorCode.LINK_AGE: _COOKIES,
    ErrorCode.LINK_COOKIES: _COOKIES,
    ErrorCode.LINK_EMPTY: _COOKIES,
    ErrorCode.LINK_SITE_CHANGED: _UPDATE,
    ErrorCode.LINK_REFUSED: _UPDATE,
    ErrorCode.LINK_TOOL_FAILED: _UPDATE,
}
_TROUBLES = {
    entry_words.PRIVATE: ErrorCode.LINK_PRIVATE,
    entry_words.LOGIN: ErrorCode.LINK_LOGIN,
    entry_words.LIVE: ErrorCode.LINK_LIVE,
    entry_words.TOO_LONG: ErrorCode.LINK_TOO_LONG,
}
_COOKIES_HELP = (ErrorCode.LINK_PRIVATE, ErrorCode.LINK_LOGIN)


def say_here(error: StemDeskError) -> tuple[str, str]:
    """What happened and what to do, with the option or command that does it here."""
    happened, remedy = say(error.code, error.path, error.facts, error.detail)
    hint = _HINTS.get(error.code)
    return happened, f"{remedy} {hint}" if hint else remedy


def broken_entry(entry: LinkEntry, site: str, rules: LinkRules) -> LinkError | None:
    """Why an entry of a list cannot be had; None for one that is worth a try."""
    if not entry.trouble:
        return None
    code = _TROUBLES.get(entry.trouble, ErrorCode.LINK_NOT_FOUND)
    if code in _COOKIES_HELP and (rules.cookies_browser or rules.cookies_file):
        return None
    return LinkError(
        code,
        entry.trouble,
        site=site,
        duration_s=entry.duration_s or 0.0,
        limit_s=rules.max_duration_s,
    )


def say_found(job: Job) -> str:
    """`Artist - Title, 3:45, from YouTube`, as far as it is known."""
    parts = [printable(job.name)]
    if job.tags.duration_s:
        parts.append(format_duration(job.tags.duration_s))
    if job.link is not None and job.link.site:
        parts.append(f"from {printable(job.link.site)}")
    return ", ".join(parts)


def say_listed(title: str, site: str, entries: int, total: int) -> str:
    """`“Album” at Bandcamp: 3 of 12 songs`; `total`: what the list has."""
    songs = count_of(total, "song")
    of = f"{entries} of {songs}" if entries < total else songs
    name = f"“{printable(title)}”" if title else "A list"
    return f"{name} at {printable(site)}: {of}"


def say_transfer(progress: Progress) -> str:
    """`1.2 MB/s, 0:12 left`, with the bytes that came where nobody knows how many there will
    be; "" before anything came."""
    transfer = progress.transfer
    if transfer is None:
        return ""
    parts = [] if transfer.total_bytes > 0 else [format_bytes(transfer.done_bytes)]
    if transfer.bytes_per_s is not None:
        parts.append(f"{format_bytes(transfer.bytes_per_s)}/s")
    if transfer.left_s is not None:
        parts.append(f"{format_duration(transfer.left_s)} left")
    return ", ".join(parts)
