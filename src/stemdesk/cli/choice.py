"""Which model a run takes where none is named, and why, in words."""

from __future__ import annotations

from collections.abc import Sequence

from stemdesk.core.quality import BEST_MODEL, Quality
from stemdesk.core.sentences import format_bytes, printable
from stemdesk.models.catalogue import known
from stemdesk.models.library import DEFAULT, Choice, ModelLibrary, Why, download_command


def say_choice(
    choice: Choice, quality: Quality, library: ModelLibrary, stems: Sequence[str]
) -> str:
    """`Model: starter, quality: standard. It is the built-in draft: htdemucs is not …`"""
    parts = [f"Model: {choice.name}, quality: {quality.value}."]
    if choice.passed_over:
        passed_over = printable(choice.passed_over)
        parts.append(f"The settings' model {passed_over} {_lacks(library, choice.passed_over)}.")
    if choice.why is Why.SETTING:
        parts.append("It is the one in the settings.")
    elif choice.why is Why.USUAL:
        parts.append("It is the usual one.")
    elif choice.why is Why.ANOTHER:
        parts.append(f"{choice.name} is installed, and {DEFAULT} {_lacks(library, DEFAULT)}.")
    else:
        parts.append(f"It is the built-in draft: {DEFAULT} {_lacks(library, DEFAULT)}.")
        parts.append(_better(library, stems))
    return " ".join(parts)


def say_best_is_missing(stems: Sequence[str]) -> str:
    """Why the settings' quality was not taken."""
    model = known(BEST_MODEL)
    wanted = tuple(stem for stem in stems if model is not None and stem in model.sources)
    return (
        f"The settings ask for the best quality, but its model {BEST_MODEL} is not installed: "
        f"{download_command(BEST_MODEL, wanted)}"
    )


def _lacks(library: ModelLibrary, name: str) -> str:
    return "cannot be used" if name in library.names() else "is not installed"


def _better(library: ModelLibrary, stems: Sequence[str]) -> str:
    model = known(DEFAULT)
    if model is None:
        return ""
    wanted = tuple(stem for stem in stems if stem in model.sources)
    needed = sum(file.size_bytes for file in library.absent(model, wanted))
    return f"Better: {download_command(DEFAULT, wanted)} ({format_bytes(needed)})"
