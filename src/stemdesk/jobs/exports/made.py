"""What has been made of a song so far: the same for its result, a project and the manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stemdesk.core.errors import StemDeskError
from stemdesk.core.notices import Notice
from stemdesk.core.null_depth import NullDepth
from stemdesk.jobs.exports.values import ExportedSong, ExportSong
from stemdesk.jobs.exports.writing import Output


@dataclass(slots=True)
class Made:
    """`sounds`: finished sound files under their final names, with what they hold. `files`: all
    finished files. `skipped`: were there already. `error`: why something could not be made though
    the rest was."""

    song: ExportSong
    sounds: list[tuple[Path, Output]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    gain_db: float = 0.0
    exact_sum: bool = False
    null_depth: NullDepth | None = None
    error: StemDeskError | None = None

    def result(self) -> ExportedSong:
        """As the shells get it."""
        return ExportedSong(
            self.song,
            tuple(self.files),
            tuple(self.skipped),
            tuple(self.notices),
            self.gain_db,
            self.null_depth,
            self.error,
        )

    def note(self, notice: Notice) -> None:
        """Tell it, once."""
        if notice not in self.notices:
            self.notices.append(notice)
