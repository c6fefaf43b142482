"""The words about the app itself: crashes, updates, notifications, versions and licences."""

from __future__ import annotations

# After a crash

ENDED = "StemDesk ended unexpectedly last time. Your songs go on from where they were."
WENT_WRONG = "Something went wrong inside of StemDesk last time, although it went on."
COPY_REPORT = "Copy report"
DISMISS = "Dismiss"
CRASH_COPIED = (
    "The report is copied. It names neither you nor your home folder; read it before you paste it "
    "somewhere, since it may name songs. StemDesk sends nothing by itself."
)
REPORT_PAGE = "Open the page for reports"


def crash_headline(ended: bool, version: str) -> str:
    """The report's first line."""
    what = "ended unexpectedly" if ended else "had an error inside, and went on"
    return f"StemDesk {what} (told by StemDesk {version})"
