"""Takes out of a text what says who its writer is, before it is shown to others."""

from __future__ import annotations

import getpass
import os
import re
from pathlib import Path

_QUERY = re.compile(r"(?<=://)([^\s/?#\"'<>]*@)?([^\s?#\"'<>]*)[?#][^\s\"'<>]*")
_USER_INFO = re.compile(r"(?<=://)[^\s/?#\"'<>@]*@")
HOME, USER, HIDDEN = "~", "USER", "…"
_LEAST = 3
"""Shorter names are part of too many words."""


def redact(text: str, home: Path | None = None, user: str | None = None) -> str:
    """`text` with the home folder as `~`, the user's name as `USER`, and web addresses without
    what follows their path (which may hold a key) and without passwords.

    `home`, `user`: this process's if None.
    """
    text = _USER_INFO.sub("", _QUERY.sub(rf"\2?{HIDDEN}", text))
    for place in _spellings(home or _home()):
        text = re.sub(re.escape(place) + r"(?![\w.-])", HOME, text, flags=re.IGNORECASE)
    name = _user() if user is None else user
    if len(name) >= _LEAST:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", USER, text, flags=re.IGNORECASE)
    return text


def _spellings(home: Path | None) -> list[str]:
    """A path as systems and programs write it: also with slashes, doubled, as an address."""
    if home is None or len(home.parts) < 2:
        return []
    plain = str(home)
    forms = [plain, plain.replace("\\", "\\\\"), home.as_posix(), plain.replace(" ", "%20")]
    return sorted(set(forms), key=len, reverse=True)


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        return os.environ.get("USER", "")
