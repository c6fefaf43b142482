"""What exports tell, in words and as JSON members, for `stemdesk export` and `stemdesk split`."""

from __future__ import annotations

import math
from typing import Any

from stemdesk.core.errors import StemDeskError
from stemdesk.core.export_order import ExportOrder, Part, PartKind
from stemdesk.core.sentences import (
    format_duration,
    printable,
    say,
    say_notice,
    say_null_depth_at_length,
)
from stemdesk.jobs.exports.values import ExportedSong, ExportProgress


def say_song(song: ExportedSong) -> list[str]:
    """What was done to a song, one sentence a line: gain, sum, what a person should know."""
    lines = [f"There already: {printable(str(path))}" for path in song.skipped]
    if song.gain_db:
        quieter = f"{-song.gain_db:.1f} dB"
        lines.append(f"All files are {quieter} quieter, so that none is too loud for its format.")
    if song.null_depth is not None and song.files:
        lines.append(say_null_depth_at_length(song.null_depth))
    return [*lines, *(f"Note: {say_notice(notice)}" for notice in song.notices)]


def say_left(progress: ExportProgress) -> str:
    """`0:12 left`; "" while that is not known."""
    return "" if progress.left_s is None else f"{format_duration(progress.left_s)} left"


def say_order(order: ExportOrder) -> str:
    """`each stem, original; WAV 24-bit; sums to the song; reaper`."""
    parts = ", ".join(_part(part) for part in order.parts)
    formats = ", ".join(one.label for one in order.formats)
    exact = "sums to the song" if order.exact_sum else ""
    extras = ", ".join(sorted(extra.value for extra in order.extras))
    return "; ".join(text for text in (parts, formats, exact, extras) if text)


def say_failure(error: StemDeskError) -> str:
    happened, remedy = say(error.code, error.path, error.facts, error.detail)
    return f"Failed: {happened} {remedy}"


def exported_facts(song: ExportedSong) -> dict[str, Any]:
    """The members of the event `exported`."""
    depth = song.null_depth
    return {
        "files": [printable(str(path)) for path in song.files],
        "skipped": [printable(str(path)) for path in song.skipped],
        "gain_db": round(song.gain_db, 3),
        "null_depth_db": None if depth is None else depth.to_json(),
        "notices": [
            {"code": notice.code.value, "text": say_notice(notice)} for notice in song.notices
        ],
    }


def failure_facts(error: StemDeskError) -> dict[str, Any]:
    """Members of the event `failed`."""
    happened, remedy = say(error.code, error.path, error.facts, error.detail)
    return {
        "code": error.code.value,
        "happened": happened,
        "remedy": remedy,
        "detail": printable(error.detail),
    }


def progress_facts(progress: ExportProgress) -> dict[str, Any]:
    """Members of a progress event."""
    return {
        "percent": math.floor(1000 * progress.fraction + 1e-6) / 10,  # 100 is everything
        "left_s": None if progress.left_s is None else round(progress.left_s, 1),
        "file": printable(progress.file),
    }


def _part(part: Part) -> str:
    if part == Part(PartKind.STEM):
        return "each stem"
    return part.stem if part.kind is PartKind.STEM else str(part)
