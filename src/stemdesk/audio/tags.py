"""What a file says about itself: title, artist, album, length."""

from __future__ import annotations

from pathlib import Path

from stemdesk.audio.open_media import open_media
from stemdesk.core.errors import StemDeskError
from stemdesk.core.progress import CancelToken
from stemdesk.core.text import clean
from stemdesk.core.track import Tags


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


def _lower_keys(metadata: dict[str, str]) -> dict[str, str]:
    """Ogg writes TITLE, MP3 title; empty values would hide those of the other place."""
    return {key.lower(): value for key, value in metadata.items() if value.strip()}
