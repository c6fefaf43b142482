"""What comes into the window from outside: pasted, dropped, opened or typed, and who takes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from stemdesk.gui import link_words
from stemdesk.gui.drop import DropOverlay, drop_text, model_files
from stemdesk.gui.given import Given, given_by_mime
from stemdesk.gui.link_asks import LinkAsks
from stemdesk.gui.model_asks import ModelAsks
from stemdesk.gui.values import UserMessage

if TYPE_CHECKING:
    from stemdesk.gui.controller import Controller


class Adds(QObject):
    """Songs and folders go to the controller, links and models to who asks about them."""

    def __init__(
        self, controller: Controller, models: ModelAsks, links: LinkAsks, window: QWidget
    ) -> None:
        super().__init__(window)
        self._controller = controller
        self._models = models
        self._links = links

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Add songs and folders; model files among them are imported."""
        models = model_files(paths)
        songs = [path for path in paths if path not in models]
        if songs:
            self._controller.add_paths(songs)
        if models:
            self._models.import_files(models)

    def take(self, given: Given) -> None:
        """Add what can be split, and say what cannot."""
        self.take_paths(given.paths)
        self._links.take(given.links)
        if given.others:
            text = link_words.not_taken_text(given.others)
            detail = "\n".join(given.others) if len(given.others) > 1 else ""
            self._controller.message.emit(UserMessage(text, detail))

    def paste(self) -> None:
        """Add the files, links, or lines of them that were copied elsewhere."""
        data = QApplication.clipboard().mimeData()
        if data is not None:
            self.take(given_by_mime(data))

    # Drops

    def drag(self, event: QDragEnterEvent, overlay: DropOverlay) -> None:
        given = _dragged(event)
        if given:
            overlay.show_text(drop_text(given.paths, len(given.links)))
            event.acceptProposedAction()

    def drag_on(self, event: QDragMoveEvent, overlay: DropOverlay) -> None:
        if overlay.isVisible():
            event.acceptProposedAction()

    def drop(self, event: QDropEvent, overlay: DropOverlay) -> None:
        overlay.hide()
        given = _dragged(event)
        if given:
            event.acceptProposedAction()
            self.take(given)


def _dragged(event: QDropEvent) -> Given:
    """What comes from another program. A stem that is dragged out passes here on its way, and is
    no song to split."""
    return Given() if event.source() is not None else given_by_mime(event.mimeData())
