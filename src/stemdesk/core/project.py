"""Where this project is at home on the web. Nothing is asked there unless people want it."""

from __future__ import annotations

PAGE = "https://github.com/stemdesk/stemdesk"
ISSUES = f"{PAGE}/issues"
RELEASES = f"{PAGE}/releases"
NEWEST_RELEASE = "https://api.github.com/repos/stemdesk/stemdesk/releases/latest"
"""What answers with the newest release as JSON; `fetch.releases` reads it."""
