"""What the settings window says of the downloader: its version, and a button to update it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from stemdesk.gui import fetch_words, settings_words
from stemdesk.gui.link_values import Equipment
from stemdesk.gui.widgets import muted, push_button

if TYPE_CHECKING:
    from stemdesk.gui.downloader import Downloader


class DownloaderBox(QWidget):
    """Two lines (the downloader, and the JavaScript runtime that some sites need), a button, and
    below how far an update is or how it ended."""

    def __init__(self, downloader: Downloader) -> None:
        super().__init__()
        self._downloader = downloader
        self._over = False
        self.version = QLabel(settings_words.ASKING)
        self.runtime = muted()
        self.status = muted()
        for label in (self.version, self.runtime, self.status):
            label.setWordWrap(True)
        self.update_it = push_button(fetch_words.UPDATE_BUTTON, fetch_words.UPDATE_TIP)
        self.update_it.setAccessibleName(fetch_words.UPDATE)
        self.update_it.clicked.connect(self._pressed)
        line = QHBoxLayout()
        line.addWidget(self.version, 1)
        line.addWidget(self.update_it)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.runtime)
        layout.addWidget(self.status)
        downloader.changed.connect(self._show)
        downloader.ask(self._know)
        self._show()

    def end(self) -> None:
        """The widgets are gone: what is still asked is not shown."""
        self._over = True
        self._downloader.changed.disconnect(self._show)

    def _pressed(self) -> None:
        update = self._downloader.update
        if update is not None and update.running:
            self._downloader.cancel()
        else:
            self._downloader.start()

    def _show(self) -> None:
        update = self._downloader.update
        running = update is not None and update.running
        self.update_it.setText(fetch_words.CANCEL_UPDATE if running else fetch_words.UPDATE_BUTTON)
        name = fetch_words.CANCEL_UPDATE_NAME if running else fetch_words.UPDATE
        self.update_it.setAccessibleName(name)
        text = fetch_words.update_text(update) if update is not None else ""
        self.status.setText(text)
        self.status.setVisible(bool(text))
        if update is not None and not running:
            self._downloader.ask(self._know)

    def _know(self, found: Equipment | None) -> None:
        if self._over:
            return
        if found is None:
            self.version.setText(settings_words.UNKNOWN)
            return
        self.version.setText(fetch_words.version_text(found.version, found.bundled))
        self.runtime.setText(fetch_words.runtime_text(found.runtime, found.runtime_usable))
