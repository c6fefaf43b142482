"""What is said and offered where a finished song's stems are gone or damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stemdesk.core.job import Job
from stemdesk.gui import labels, messages
from stemdesk.gui.row_actions import ICONS, LABELS, RowAction, RowCommands
from stemdesk.gui.state_panel import Button

_A = RowAction


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the stems in `folder` are not shown: one is `damaged`, or (None) they are gone."""

    folder: Path
    damaged: Path | None


def trouble_state(
    job: Job,
    damaged: Path | None,
    commands: RowCommands,
    locate: Callable[[], object],
    split_beside: Callable[[Path], object],
) -> tuple[str, str, list[Button]]:
    """Headline, text, and the ways out. `split_beside` is given the folder that looks complete and
    is not."""
    again: Callable[[], object] = partial(commands.run, _A.SPLIT_AGAIN, [job.id])
    first: Button = (labels.LOCATE, "locate", locate)
    headline, text = labels.MISSING_HEADLINE, messages.missing_text(job.output)
    if damaged is not None:
        again = partial(split_beside, damaged.parent)
        show = partial(commands.run, _A.SHOW_FOLDER, [job.id])
        first = (LABELS[_A.SHOW_FOLDER], ICONS[_A.SHOW_FOLDER], show)
        headline, text = labels.DAMAGED_HEADLINE, messages.damaged_text(damaged)
    remove = partial(commands.run, _A.REMOVE, [job.id])
    return (
        headline,
        text,
        [
            first,
            (LABELS[_A.SPLIT_AGAIN], ICONS[_A.SPLIT_AGAIN], again),
            (LABELS[_A.REMOVE], ICONS[_A.REMOVE], remove),
        ],
    )
