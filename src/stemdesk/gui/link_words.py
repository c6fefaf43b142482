"""The window's words about links: what is none, the notice, lists, songs that are there already."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stemdesk.core.sentences import count_of, format_duration, printable

if TYPE_CHECKING:
    from stemdesk.fetch.links.values import LinkEntry

_LONGEST = 60  # characters of something that a message names
_NAMED = 5  # songs that a question names

# Fields

LINK_HINT = "Paste a link to a song, an album or a playlist"
LINK_NAME = "Link to a song, an album or a playlist"
LINK_TIP = "Paste a link, then press Enter; several at once are fine"
LINK_SPLIT_NAME = "Split what is at the link"
LINK_BEGINS = "A link begins with http:// or https://."
MAYBE_LINK = "If this is a link, let it begin with https://"


def shortened(text: str) -> str:
    """One printable line that fits into a sentence."""
    line = printable(text)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def no_link_text(others: Sequence[str]) -> str:
    """What is said about a typed line that was meant as a link."""
    if len(others) > 1:
        return f"{len(others)} of these are no links. {LINK_BEGINS}"
    return f"“{shortened(others[0])}” is no link. {LINK_BEGINS}"


def not_taken_text(others: Sequence[str]) -> str:
    """The same about what was pasted or dropped."""
    if len(others) > 1:
        return f"{len(others)} lines are neither links nor files. {LINK_BEGINS}"
    return f"“{shortened(others[0])}” is neither a link nor a file. {LINK_BEGINS}"


def links_text(count: int) -> str:
    """Below a field that holds several."""
    return count_of(count, "link") if count > 1 else ""


# The notice

NOTICE_TITLE = "Before the first link"
NOTICE_ONCE = "This is said once."
NOTICE_TAKE = "I understand"
NOTICE_LEAVE = "Not now"

# What is in the library already

SPLIT_AGAIN = "Split again"
ADD_AGAIN = "Add again"
SHOW_IT = "Show it"
SHOW_FIRST = "Show the first"
LEAVE = "Cancel"


def known_headline(count: int, done: bool) -> str:
    """`done`: whether all of them were split; else some are still in the queue."""
    if count > 1:
        where = "in your library" if done else "in your list"
        verb = "split" if done else "add"
        return f"{count} of these are already {where} — {verb} them again?"
    return "Already in your library — split again?" if done else "Already in your list — add again?"


def known_text(titles: Sequence[str]) -> str:
    """The songs' titles, a line each; of many only some."""
    lines = [f"“{shortened(title)}”" for title in titles[:_NAMED]]
    more = len(titles) - len(lines)
    return "\n".join([*lines, f"and {more} more"] if more else lines)


# Lists

LIST_NAME = "Songs in this list"
ALL = "All"
ALL_TIP = "Choose every song that can be had (Ctrl+A)"
NONE = "None"
NONE_TIP = "Choose nothing (Ctrl+Shift+A)"
FIRST = "The first"
FIRST_TIP = "Choose only so many songs from the top"
FIRST_COUNT_NAME = "How many songs from the top"
LATER = "Not now"
LATER_TIP = "The list stays in the queue, paused; its row asks again when you resume it (Esc)"
REMOVE_TIP = "Take the list off the queue"
IN_LIBRARY = "Already in your library"
UNTITLED = "Without a title"
LIST_KEYS = "Space or a click chooses a song or leaves it out; with Shift, several."


def list_title(title: str, site: str) -> str:
    return printable(title) or f"A list at {printable(site)}"


def list_text(site: str, shown: int, total: int | None) -> str:
    """Below the list's title: `Bandcamp: 12 songs`."""
    text = f"{printable(site)}: {count_of(shown, 'song')}" if site else count_of(shown, "song")
    if total is not None and total > shown:
        text += f", the first of {total}"
    return text


def chosen_text(chosen: int, of: int, seconds: float, vague: bool) -> str:
    """`12 of 40 songs, 48:10`; `vague`: some of their durations are unknown."""
    if not chosen:
        return "Nothing is chosen"
    text = f"{chosen} of {count_of(of, 'song')}"
    if seconds:
        text += f", {'more than ' if vague else ''}{format_duration(seconds)}"
    return text


def split_text(chosen: int) -> str:
    return f"Split {count_of(chosen, 'song')}" if chosen else "Split"


def entry_title(title: str) -> str:
    return printable(title) or UNTITLED


def entry_name(entry: LinkEntry, note: str, choosable: bool, chosen: bool) -> str:
    """A row as a screen reader says it."""
    state = ("chosen" if chosen else "not chosen") if choosable else "cannot be had"
    length = duration_text(entry.duration_s)
    parts = [entry_title(entry.title), printable(entry.artist), length, printable(note), state]
    return ", ".join(part for part in parts if part)


def entry_tip(entry: LinkEntry, note: str) -> str:
    """All that a row may have to cut, in lines."""
    lines = [entry_title(entry.title), printable(entry.artist), printable(note)]
    return "\n".join(line for line in lines if line)


def duration_text(duration_s: float | None) -> str:
    """ "" where it is unknown, or nothing that a site can mean."""
    return format_duration(duration_s) if duration_s and 0 < duration_s < math.inf else ""
