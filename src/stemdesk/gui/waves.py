"""Skeleton, to build against."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemdesk.gui.song_source import SongSource
from stemdesk.gui.tasks import Tasks

ORIGINAL = "original"


class WaveReader(QObject):
    """`drawn`: job id, a stem's name or ORIGINAL, its `Pyramid`, again whenever more is known.
    `measured`: job id, `Energies`, once all is final. `failed`: job id, the StemDeskError."""

    drawn = Signal(str, str, object)
    measured = Signal(str, object)
    failed = Signal(str, object)

    def __init__(
        self, tasks: Tasks, cache: Path | None = None, parent: QObject | None = None
    ) -> None:
        """`cache`: the folder whose part `waves` is used; None: nothing is kept on disk."""
        super().__init__(parent)

    def read(self, source: SongSource) -> None:
        """Read another song, or the same from other files; what was read before stays."""

    def stop(self) -> None:
        """Read no more; the files are let go."""
