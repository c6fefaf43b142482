"""The words about the app itself: crashes, updates, notifications, versions and licences."""

from __future__ import annotations

from stemdesk.core.sentences import printable

# After a crash

ENDED = "StemDesk ended unexpectedly last time. You can copy a report of it; none is sent."
WENT_WRONG = "Something went wrong inside StemDesk last time. You can copy a report; none is sent."
COPY_REPORT = "Copy report"
DISMISS = "Dismiss"
CRASH_COPIED = (
    "The report is copied. It names neither you nor your home folder; read it before you paste it "
    "somewhere, since it may name songs."
)
REPORT_PAGE = "Open the page for reports"


def crash_headline(ended: bool, version: str) -> str:
    """The report's first line."""
    what = "ended unexpectedly" if ended else "had an error inside, and went on"
    return f"StemDesk {what} (told by StemDesk {version})"


# About

LOOKING = "Looking for versions…"
LICENCES = "Licences…"
LICENCES_TIP = "The licences of everything inside of StemDesk"
LICENCES_TITLE = "Licences of everything inside"
LICENCES_NAME = "Licences as text"
FIND_HINT = "Find, for example a name"
FIND_NAME = "Find in the licences"
FIND_TIP = "Enter goes to the next place, Shift+Enter to the one before (Ctrl+F)"
NOT_FOUND = "Not found"
PROJECT_PAGE = "Project page"
NOT_COPIED = "It could not be copied"
REPORT_PROBLEM = "Report a problem"
COPY_NOW_TIP = (
    "Copy how StemDesk does on this computer, for a report or a question; it names neither you nor "
    "your home folder"
)


def opens(address: str) -> str:
    """A button's tooltip."""
    return f"Opens {address} in your browser"


def versions_text(versions: dict[str, str]) -> str:
    """`Python 3.11.2 · Qt 6.8 · …`"""
    return " · ".join(f"{name} {printable(version)}" for name, version in versions.items())


# What no other program opens

NO_BROWSER = "No program opens this page"
PAGE_HERE = "Copy its address into a browser."
NO_FILE_MANAGER = "No program opens this folder"
FOLDER_HERE = "It is here:"
COPY_PLACE = "Copy"

# Updates

OPEN_PAGE = "Open page"
NOT_THIS_VERSION = "Not this version"


def update_text(version: str) -> str:
    return f"StemDesk {printable(version)} is out."


# Notifications

NOTE_DONE = "Song split"
NOTE_EXPORTED = "Export finished"
NOTE_NOT_EXPORTED = "Not everything could be exported"
NOTE_FAILED = "A song could not be split"
