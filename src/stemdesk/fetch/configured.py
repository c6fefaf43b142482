"""Which package index this computer is set up for: pip's settings, where there is a pip."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from urllib.parse import urlsplit

from stemdesk.core.errors import ErrorCode, FetchError
from stemdesk.fetch.answer import host_of
from stemdesk.paths import resources

RESOURCE = "package-index.txt"  # written by the build of the frozen app
_PIP_S = 30.0
_NONE = "none is set up"
_SECTIONS = ("download", "install", "global")  # the first that has it


def configured_index() -> str:
    """The address of the index: `PIP_INDEX_URL`, pip's settings, or the one that pip or the build
    of this app has by default. Raises `FetchError` (UPDATE_NO_INDEX)."""
    found = os.environ.get("PIP_INDEX_URL", "").strip() or _of_pip() or _of_build() or _default()
    return checked(found)


def checked(index: str) -> str:
    """`index`, if it is safe to use: https. Raises `FetchError` (UPDATE_NO_INDEX)."""
    try:
        parts = urlsplit(index)
        safe = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, safe = urlsplit(""), False
    if not safe:
        shown = f"{parts.scheme}://{host_of(index)}" if parts.scheme and parts.netloc else _NONE
        raise FetchError(ErrorCode.UPDATE_NO_INDEX, index=shown)
    return index


def _of_pip() -> str:
    """What `pip config` says, "" if nothing."""
    if getattr(sys, "frozen", False):
        return ""  # the program is no Python
    try:
        done = subprocess.run(
            # -P: not a folder named pip in whatever folder this was started in.
            [sys.executable, "-P", "-m", "pip", "config", "list"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PIP_S,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = dict(
        line.partition("=")[::2] for line in done.stdout.decode("utf-8", "replace").splitlines()
    )
    for section in _SECTIONS:
        written = found.get(f"{section}.index-url")
        if written:
            try:
                return str(ast.literal_eval(written)).strip()
            except (ValueError, SyntaxError):
                return written.strip()
    return ""


def _of_build() -> str:
    try:
        return (resources() / RESOURCE).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _default() -> str:
    """Pip's own."""
    try:
        module = importlib.import_module("pip._internal.models.index")
        return str(module.PyPI.simple_url)
    except (ImportError, AttributeError):  # no pip, or one that keeps it elsewhere
        return ""
