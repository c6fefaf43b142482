"""Names that every file system takes: Windows, macOS and Linux."""

from __future__ import annotations

import re
import unicodedata

from stemdesk.core.sentences import printable

# A name component may have 255 bytes; ours leave room for " (99)" and for the job's id in the
# temporary name beside it.
MAX_BYTES = 150
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


def safe_name(text: str, fallback: str = "Untitled") -> str:
    """`text` as one file or folder name: NFC, no reserved characters or words, no leading or
    trailing dots and spaces, at most `MAX_BYTES` of UTF-8, cut between characters."""
    name = unicodedata.normalize("NFC", printable(text))
    name = _FORBIDDEN.sub("_", name).strip(". ")
    name = name.encode()[:MAX_BYTES].decode("utf-8", "ignore").rstrip(". ")
    if not name:
        return fallback
    return f"_{name}" if _RESERVED.match(name) else name
