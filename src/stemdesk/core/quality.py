"""How carefully a song is split, in words that people understand."""

from __future__ import annotations

from collections.abc import Container
from enum import StrEnum

from stemdesk.core.options import DEFAULT_OVERLAP

BEST_MODEL = "htdemucs_ft"
FAST_OVERLAP = 0.1


class Quality(StrEnum):
    """Fast: segments overlap less, so that there are fewer of them. Best: the model whose
    networks are each fine-tuned to one stem, which takes several times as long."""

    FAST = "fast"
    STANDARD = "standard"
    BEST = "best"

    @property
    def label(self) -> str:
        return self.value.capitalize()


def within_reach(quality: Quality, installed: Container[str]) -> Quality:
    """`quality`, or Standard in place of Best where its model is not one of those `installed`."""
    missing = quality is Quality.BEST and BEST_MODEL not in installed
    return Quality.STANDARD if missing else quality


def model_and_overlap(quality: Quality, model: str) -> tuple[str, float]:
    """What a job is split with if `model` is chosen: Best brings its own."""
    if quality is Quality.BEST:
        return BEST_MODEL, DEFAULT_OVERLAP
    return model, FAST_OVERLAP if quality is Quality.FAST else DEFAULT_OVERLAP
