"""What an exported file says about itself: texts and a cover, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self
from unicodedata import category, normalize

from stemdesk.audio.writing.picture import picture_type

TEXT_KEYS = (
    "title", "artist", "album", "album_artist", "track", "disc", "date", "genre", "composer",
    "comment", "lyrics", "copyright", "isrc", "bpm", "key", "publisher", "grouping", "language",
    "lyricist", "conductor", "remixer", "compilation",
)  # fmt: skip
"""Our names of texts. `track` and `disc`: "3" or "3/12"."""
LARGEST_COVER = 20_000_000  # bytes
_LINES = frozenset({"comment", "lyrics"})  # texts of more than one line
_LONGEST = 1 << 17  # characters: all keys together fit into a block of FLAC (16 MiB)


@dataclass(frozen=True, slots=True)
class FileTags:
    """`texts`: key (one of `TEXT_KEYS`) and text, in order; a key may stand there twice (two
    artists). `cover`: a picture file's bytes; `cover_type`: its MIME type, found here from the
    bytes. All is made safe here: no control characters, no halves of surrogate pairs, no empty
    texts, no cover that is no picture or larger than `LARGEST_COVER`."""

    texts: tuple[tuple[str, str], ...] = ()
    cover: bytes = b""
    cover_type: str = ""

    def __post_init__(self) -> None:
        safe = ((key, _safe(text, key in _LINES)) for key, text in self.texts if key in TEXT_KEYS)
        object.__setattr__(self, "texts", tuple((key, text) for key, text in safe if text))
        kind = picture_type(self.cover) if len(self.cover) <= LARGEST_COVER else ""
        object.__setattr__(self, "cover", self.cover if kind else b"")
        object.__setattr__(self, "cover_type", kind)

    def get(self, key: str) -> str:
        """The first text of this key, "" where there is none."""
        return next(self.all(key), "")

    def all(self, key: str) -> Iterator[str]:
        """All texts of this key."""
        return (text for known, text in self.texts if known == key)

    def joined(self) -> dict[str, str]:
        """Each key once, in order; several texts of one key as `one; other`."""
        return {key: "; ".join(self.all(key)) for key, _ in self.texts}

    def with_text(self, key: str, text: str) -> Self:
        """The same with one text for this key, instead of those that it had."""
        kept = tuple(pair for pair in self.texts if pair[0] != key)
        return replace(self, texts=(*kept, (key, text)))

    def with_part(self, name: str) -> Self:
        """For one part of a song: the title is marked with its `name` (`Title (vocals)`)."""
        title = self.get("title")
        return self.with_text("title", f"{title} ({name})" if title else name)

    def with_comment(self, text: str) -> Self:
        """`text` stands behind the song's own comment."""
        return self.with_text("comment", "\n".join((*self.all("comment"), text)))


NO_FILE_TAGS = FileTags()


def _safe(text: str, lines: bool) -> str:
    """`text` in NFC without what no file should hold; line ends stay where `lines`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not lines:
        text = " ".join(text.split())
    kept = (
        character
        for character in text[:_LONGEST]
        if character in "\n\t" or category(character) not in ("Cc", "Cs")
    )
    return normalize("NFC", "".join(kept)).strip()
