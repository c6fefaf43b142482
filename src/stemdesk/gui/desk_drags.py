"""The desk's grips: what is dragged by them, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from stemdesk.core.errors import StemDeskError
from stemdesk.gui import messages, reports
from stemdesk.gui.drag_note import DragNote
from stemdesk.gui.drag_out import DragOut
from stemdesk.gui.playback import Playback
from stemdesk.gui.song_source import SongSource
from stemdesk.gui.stems_page import StemsPage

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller


class DeskDrags(QObject):
    """Keeps what can be dragged at the song and the balance that are in the desk. `note`: a line
    for the window, hidden unless a remix is being made into a file."""

    def __init__(self, controller: Controller, page: StemsPage, playback: Playback) -> None:
        super().__init__(page)
        self._controller, self._page, self._playback = controller, page, playback
        self.out = out = DragOut(controller.tasks, lambda: controller.folders.cache, page)
        self.note = DragNote(out)
        page.shown.connect(self._show)
        page.drag_wanted.connect(out.drag_stem)
        page.remix_drag_wanted.connect(out.drag_remix)
        playback.remixed.connect(lambda: out.show_remix(playback.remix))
        playback.changed.connect(self._look)
        out.changed.connect(self._tell)
        out.failed.connect(self._complain)
        self._tell()

    def _show(self, song: SongSource) -> None:
        job = self._controller.job(song.job_id)
        self.out.show_song(song, "" if job is None else messages.song_title(job))

    def _look(self) -> None:
        if self._playback.song is None:  # its files may be moved or deleted now
            self.out.show_song(None)

    def _tell(self) -> None:
        grips = {lane.stem: lane.head.grip for lane in self._page.lanes}
        grips[""] = self._page.transport.grip
        for stem, grip in grips.items():
            grip.setEnabled(not self.out.why_not(stem))
            grip.setToolTip(self.out.tip(stem))

    def _complain(self, error: StemDeskError) -> None:
        self._controller.message.emit(reports.error_message(error))
