"""Takes out of a text what says who its writer is, before it is shown to others."""

from __future__ import annotations

import getpass
import os
import re
import unicodedata
from pathlib import Path, PurePath
from urllib.parse import quote

_QUERY = re.compile(r"(?<=://)([^\s/?#\"'<>]*@)?([^\s?#\"'<>]*)[?#][^\s\"'<>]*")
_USER_INFO = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")
HOME, USER, HIDDEN = "~", "USER", "…"
_LEAST = 3
"""Shorter names are part of too many words."""


def redact(text: str, home: PurePath | None = None, user: str | None = None) -> str:
    """`text` with the home folder as `~`, the user's name as `USER`, and web addresses without
    what follows their path (which may hold a key) and without passwords.

    `home`, `user`: this process's if None.
    """
    text = _USER_INFO.sub("", _QUERY.sub(rf"\2?{HIDDEN}", text))
    homes = _homes() if home is None else [home]
    places = {form for place in homes for form in _spellings(place)}
    for place in sorted(places, key=len, reverse=True):  # a full stop may end the sentence
        text = re.sub(re.escape(place) + r"(?![\w-]|\.\w)", HOME, text, flags=re.IGNORECASE)
    name = _user() if user is None else user
    if len(name) >= _LEAST:
        for form in _forms(name):  # `name_2` names them, too
            alone = rf"(?<![^\W_]){re.escape(form)}(?![^\W_])"
            text = re.sub(alone, USER, text, flags=re.IGNORECASE)
    return text


def _spellings(home: PurePath) -> set[str]:
    """A path as systems and programs write it: also with slashes, doubled, as an address."""
    if len(home.parts) < 2:
        return set()
    plain, posix = str(home), home.as_posix()
    doubled = plain.replace("\\", "\\\\")
    return {form for text in (plain, posix, doubled) for form in _forms(text)}


def _forms(text: str) -> set[str]:
    """A text with its letters composed and apart (a Mac's disk), as an address, and in ASCII."""
    both = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")} | {text}
    addresses = {quote(one, safe="/:\\", errors="surrogatepass") for one in both}
    escaped = {one.encode("ascii", "backslashreplace").decode("ascii") for one in both}
    return both | addresses | escaped | {text.replace(" ", "%20")}


def _homes() -> list[Path]:
    """As it is named, and where it is in truth: `/home` may be a link."""
    try:
        home = Path.home()
        return [home, home.resolve()]
    except (RuntimeError, OSError):
        return []


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        return os.environ.get("USER", "")
