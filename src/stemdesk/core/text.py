"""Texts from elsewhere (tags, pages) as one line that is safe to show."""

from __future__ import annotations

from contextlib import suppress
from unicodedata import category

_LONGEST = 1000  # characters


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
