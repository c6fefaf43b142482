"""Notes how the sound does, for `stemdesk doctor`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from stemdesk.gui.tasks import ignore

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller
    from stemdesk.gui.playback import Playback

EVERY_MS = 30_000  # while it plays


class SoundNotes(QObject):
    """Follows the player; writes in the io pool, and only what is new."""

    def __init__(self, controller: Controller, playback: Playback) -> None:
        super().__init__(playback)
        self._controller = controller
        self._playback = playback
        self._noted = ("", 0)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._look)
        playback.changed.connect(self._look)

    def _look(self) -> None:
        playback = self._playback
        if playback.playing and not self._timer.isActive():
            self._timer.start()
        elif not playback.playing:
            self._timer.stop()
        now = (playback.output_label, playback.underruns)
        if playback.output_label and now != self._noted:
            self._noted = now
            data = self._controller.folders.data
            self._controller.tasks.io(partial(_write, data, *now), ignore)


def _write(data: Path, output: str, underruns: int) -> None:
    from stemdesk.jobs.sound_note import SoundNote, write_sound_note

    write_sound_note(data, SoundNote(output, underruns))
