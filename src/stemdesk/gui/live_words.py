"""The sentences of the strip above a song that is not finished and can be heard."""

from __future__ import annotations

from stemdesk.core.job import Job
from stemdesk.core.progress import Progress
from stemdesk.gui.messages import state_explained, state_text


def strip_words(job: Job, progress: Progress | None, asked: str) -> tuple[str, str]:
    """How far the song is, in a line, and what else is to be known, "" if nothing. `asked`: as for
    `state_text`."""
    text = state_text(job, progress, asked=asked)
    lines = state_explained(job, progress, asked=asked).splitlines()
    if lines and lines[0] in text:
        del lines[0]
    return text, "\n".join(lines)
