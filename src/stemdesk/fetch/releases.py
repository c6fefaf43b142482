"""Whether there is a newer StemDesk: asked of the project's releases, at most once a day, and only
where people want that. It only tells: nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stemdesk.core import project
from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.core.files import replace_file
from stemdesk.core.progress import CancelToken
from stemdesk.fetch.answer import web_page
from stemdesk.fetch.configured import checked
from stemdesk.fetch.limits import LIMITS, Limits
from stemdesk.fetch.page import read_page
from stemdesk.fetch.versions import is_newer, release

VARIABLE = "STEMDESK_RELEASES"
"""Names another address that answers as GitHub does: a company's own mirror, or a test's."""
FILE = "updates.json"  # in the data folder
EVERY_S = 24 * 3600.0
_ACCEPT = "application/vnd.github+json, application/json;q=0.9"
_PAGE_BYTES = 1 << 20
_LINK_CHARS = 2000
_NOT_REACHED = (ErrorCode.DOWNLOAD_OFFLINE, ErrorCode.DOWNLOAD_PROXY)


@dataclass(frozen=True, slots=True)
class Release:
    """`page`: an https address for people."""

    version: str
    page: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered. `looked_s`: when a server was asked last, in seconds since 1970;
    `version`, `page`: what it said; `passed`: the version that the person wants to hear no more
    of."""

    looked_s: float = 0.0
    version: str = ""
    page: str = project.RELEASES
    passed: str = ""

    def newer_than(self, version: str) -> Release | None:
        """What there is to tell a StemDesk of `version`."""
        if self.version == self.passed or not is_newer(self.version, version):
            return None
        return Release(self.version, self.page)


def look_for_release(
    data: Path, now_s: float, cancel: CancelToken, limits: Limits = LIMITS
) -> Known:
    """What is known, after asking if that is due. Raises `FetchError`, `Cancelled`; who could not
    be reached may be asked again on the same day."""
    known = read_known(data)
    if 0.0 <= now_s - known.looked_s < EVERY_S:
        return known
    try:
        newest = newest_release(cancel, limits)
    except FetchError as error:
        if error.code not in _NOT_REACHED:
            _write(data, replace(read_known(data), looked_s=now_s))
        raise
    # Read anew: a version may have been passed over meanwhile.
    known = replace(read_known(data), looked_s=now_s, version=newest.version, page=newest.page)
    _write(data, known)
    return known


def newest_release(cancel: CancelToken, limits: Limits = LIMITS) -> Release:
    """Ask the project's releases. Raises `FetchError`, `Cancelled`."""
    address = checked(os.environ.get(VARIABLE, "").strip() or project.NEWEST_RELEASE)
    answer, page = read_page(address, _ACCEPT, _PAGE_BYTES, cancel, limits)
    try:
        found = _release_of(json.loads(page))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise web_page(answer) from error
    return found


def pass_over(data: Path, version: str) -> None:
    """Tell of this version no more."""
    _write(data, replace(read_known(data), passed=version))


def read_known(data: Path) -> Known:
    """What is remembered; a file that cannot be read is as good as none."""
    try:
        values = json.loads((data / FILE).read_text("utf-8"))
        known = Known(
            float(values["looked_s"]),
            str(values["version"]),
            _safe(values["page"]),
            str(values["passed"]),
        )
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return Known()
    return known


def _write(data: Path, known: Known) -> None:
    with contextlib.suppress(OSError):  # a full disk: it is asked again
        data.mkdir(parents=True, exist_ok=True)
        replace_file(data / FILE, json.dumps(asdict(known)).encode("ascii"))


def _release_of(value: Any) -> Release:
    """Raises `ValueError`, `TypeError`, `KeyError` for what is no release for everybody."""
    tag = value["tag_name"]
    version = tag.strip().removeprefix("v") if isinstance(tag, str) else ""
    if release(version) is None or value.get("draft") or value.get("prerelease"):
        raise ValueError(f"no release: {version[:80]!r}")
    return Release(version, _safe(value.get("html_url")))


def _safe(address: object) -> str:
    """An address that a browser may be sent to: https; else the project's own page."""
    if isinstance(address, str) and len(address) <= _LINK_CHARS:
        with contextlib.suppress(ValueError):
            parts = urlsplit(address)
            if parts.scheme == "https" and parts.hostname and parts.username is None:
                return address
    return project.RELEASES
