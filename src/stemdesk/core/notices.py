"""Notices: what a person should know about a job that went well all the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class NoticeCode(StrEnum):
    """One code for each sentence in `core/sentences.py`."""

    TRUNCATED = "truncated"  # facts: decoded_s, declared_s
    NOT_FINITE = "not_finite"  # facts: samples (set to 0)
    DOWNMIXED = "downmixed"  # facts: channels
    CLIPPED = "clipped"  # facts: stem, peak_db (over full scale)
    RENAMED = "renamed"  # facts: name
    SUM_LEFT_OUT = "sum_left_out"  # only a part of the stems was wanted
    BATCH_REDUCED = "batch_reduced"  # facts: device
    DEVICE_LEFT = "device_left"  # facts: device
    PART_CLIPPED = "part_clipped"  # facts: part, peak_db (over full scale)
    SONG_CLIPPED = "song_clipped"  # facts: peak_db; what exact stems sum to
    PART_LIMITED = "part_limited"  # facts: part, peak_db (over full scale)
    ORIGINAL_GONE = "original_gone"  # facts: samplerate_hz (the model's, which was taken)
    ORIGINAL_DIFFERS = "original_differs"  # facts: samplerate_hz (the same)
    EXACT_SUM_LEFT_OUT = "exact_sum_left_out"  # of an export: the song's own sound is not there
    RESIDUAL_LEFT_OUT = "residual_left_out"  # with exact sum it is silence
    NO_LOOP = "no_loop"
    NO_VIDEO = "no_video"
    NOT_FOR_PROJECT = "not_for_project"  # no files that a project could use


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice's code and the numbers for its sentence."""

    code: NoticeCode
    facts: dict[str, str | int | float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code.value, "facts": self.facts}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(NoticeCode(value["code"]), dict(value["facts"]))
