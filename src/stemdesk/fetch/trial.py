"""Tries a yt-dlp in a child process (until the links' own worker does)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from stemdesk.core.errors import ErrorCode, LinkError
from stemdesk.core.progress import CancelToken

_CODE = """
import sys
from pathlib import Path
from stemdesk.fetch.tool import put_first
folder = Path(sys.argv[1])
put_first(folder)
import yt_dlp, yt_dlp.extractor.extractors, yt_dlp.extractor._extractors, yt_dlp_ejs
assert Path(yt_dlp.__file__).is_relative_to(folder), yt_dlp.__file__
assert Path(yt_dlp_ejs.__file__).is_relative_to(folder), yt_dlp_ejs.__file__
print(yt_dlp.version.__version__)
"""


def self_test(tool: Path, cancel: CancelToken) -> str:
    """The version that the yt-dlp in `tool` tells. Raises `LinkError`, `Cancelled`."""
    child = subprocess.Popen(
        [sys.executable, "-c", _CODE, str(tool)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        end = time.monotonic() + 60
        while child.poll() is None and time.monotonic() < end:
            cancel.wait(0.1)
        out, err = child.communicate(timeout=1) if child.poll() is not None else (b"", b"too slow")
    finally:
        child.kill()
        child.wait()
    if child.returncode:
        raise LinkError(ErrorCode.LINK_TOOL_FAILED, err.decode(errors="replace")[-2000:])
    return out.decode().strip()
