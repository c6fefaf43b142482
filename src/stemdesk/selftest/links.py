"""What gets songs from links: yt-dlp in its child process, deno, certificates."""

from __future__ import annotations

import sys

from stemdesk.core.progress import CancelToken
from stemdesk.fetch.limits import LIMITS
from stemdesk.fetch.links.client import self_test
from stemdesk.fetch.runtime import NEEDED, look_for_runtime
from stemdesk.fetch.stream import try_client
from stemdesk.fetch.tool import bundled_version, tool_in_use
from stemdesk.paths import Folders
from stemdesk.selftest.report import TroubleError


def check_downloader(where: Folders) -> str:
    """Tries the yt-dlp that came with the app and, where there is one, the newer one in use: each
    in a child process, without a network. Raises `TroubleError`, `LinkError`."""
    found = self_test(None, CancelToken())
    listed = bundled_version()
    if not listed:
        raise TroubleError(f"yt-dlp {found} works, but nothing says which version it is")
    text = f"yt-dlp {found} came with StemDesk"
    newer = tool_in_use(where.data)
    if newer.folder is None:
        return text
    return f"{text}; {self_test(newer.folder, CancelToken())} is used"


def check_runtime() -> str:
    """Where deno is. Only the frozen app brings one: elsewhere none is no failure. Raises
    `TroubleError`."""
    runtime = look_for_runtime()
    if runtime is not None and runtime.usable:
        return f"deno {runtime.version} ({runtime.path})"
    said = "no deno" if runtime is None else f"deno {runtime.version} is older than {NEEDED}"
    if getattr(sys, "frozen", False):
        raise TroubleError(f"{said}; it should have come with the app")
    return f"{said}; YouTube needs {NEEDED} or newer"


def check_certificates() -> str:
    """Makes a client for the web; nothing is asked. Raises `FetchError`."""
    try_client(LIMITS)
    return "ready for https; nothing was sent"
