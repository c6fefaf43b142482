"""What a file says about itself: title, artist, album, length."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from unicodedata import category

from stemdesk.audio.open_media import open_media
from stemdesk.core.errors import StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.core.track import Tags

_LONGEST = 1000  # characters of a tag


def read_tags(path: Path) -> Tags:
    """The tags of a media file; `Tags()` where it cannot be read, for whatever reason.

    Only headers are read, so that hundreds of dropped files take seconds. `duration_s` is what
    the file declares.
    """
    try:
        with open_media(path, CancelToken()) as media:
            found = _lower_keys(media.stream.metadata) | _lower_keys(media.container.metadata)
            declared_s = media.info.declared_s
    except StemDeskError:
        return Tags()
    return Tags(
        title=clean(found.get("title", "")),
        artist=clean(found.get("artist", "") or found.get("album_artist", "")),
        album=clean(found.get("album", "")),
        duration_s=declared_s,
    )


def clean(text: str) -> str:
    """One line without control or other invisible characters, stripped, of bounded length.

    `text` may hold surrogate escapes, where a tag was no UTF-8: old tools wrote Latin-1.
    """
    if any(category(character) == "Cs" for character in text):
        with suppress(UnicodeEncodeError):  # other surrogates are dropped below
            text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    # Cc: control, Cf: direction marks and other format characters, Cs/Co/Cn: not characters.
    # Zero-width joiners stay: they hold emoji together.
    kept = (
        " " if character.isspace() else character
        for character in text
        if character.isspace()
        or character in "\u200c\u200d"
        or category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join("".join(kept).split())[:_LONGEST].strip()


def _lower_keys(metadata: dict[str, str]) -> dict[str, str]:
    """Ogg writes TITLE, MP3 title; empty values would hide those of the other place."""
    return {key.lower(): value for key, value in metadata.items() if value.strip()}
