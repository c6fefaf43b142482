"""The words about dragging stems and remixes out of the window."""

from __future__ import annotations

from stemdesk.core.sentences import printable

STEM_TIP = "Drag into a folder or a music program: a copy of this stem"
REMIX_TIP = "Drag into a folder or a music program: what you hear, as one file"
NO_SONG = "There is nothing to drag yet."
NOT_FINISHED = "It can be dragged once the song is finished."
GONE = "The stems are not where they were saved."
DRAG_ME = "Drag it from here"
DRAG_ME_TIP = "Drag this into a folder or a music program"
CANCEL = "Cancel"
CANCEL_NAME = "Cancel making the file"


def rendering_text(name: str, fraction: float) -> str:
    return f"Making “{printable(name)}”… {int(fraction * 100 + 1e-6)} %"


def rendered_text(name: str) -> str:
    return f"“{printable(name)}” is ready."
