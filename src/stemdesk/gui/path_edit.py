"""The field for paths and links. It says at once what is no link."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from stemdesk.gui import link_words
from stemdesk.gui.given import LONGEST, Given, given_by_field, given_by_mime, may_be_link
from stemdesk.gui.labels import native_keys
from stemdesk.gui.widgets import muted


class PathEdit(QLineEdit):
    """`given`: what was entered, with Enter, with its button, or by pasting files or several
    lines: those are added instead of becoming text. `note`: the line that belongs below it."""

    given = Signal(object)  # Given

    def __init__(self, hint: str, name: str, tip: str) -> None:
        super().__init__()
        self.setMaxLength(LONGEST)
        self.setPlaceholderText(hint)
        self.setAccessibleName(name)
        self.setToolTip(native_keys(tip))
        self.setAcceptDrops(False)  # the whole window takes them
        self.setClearButtonEnabled(True)
        self.note: QLabel = muted()
        self.note.setWordWrap(True)
        self.note.hide()
        self._button: QPushButton | None = None
        self._given = Given()
        self.textChanged.connect(self._look)
        self.returnPressed.connect(self.give)

    def bind(self, button: QPushButton) -> None:
        """A button that does what Enter does; it is enabled when there is something to split."""
        self._button = button
        button.clicked.connect(self.give)
        self._look()

    def give(self) -> None:
        """Hand over what stands here, unless some of it is no link."""
        if self._given and not self._given.others:
            given = self._given
            self.clear()
            self.given.emit(given)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        data = QApplication.clipboard().mimeData()
        if event.matches(QKeySequence.StandardKey.Paste) and data is not None:
            given = given_by_mime(data)
            files = data.hasUrls() and given.paths
            lines = len(given.links) + len(given.others) + len(given.paths)
            if files or (given.links and lines > 1):
                self.given.emit(given)
                return
        super().keyPressEvent(event)

    def _look(self) -> None:
        given = self._given = given_by_field(self.text())
        if self._button is not None:
            self._button.setEnabled(bool(given) and not given.others)
        if given.others:
            self._say(link_words.no_link_text(given.others), wrong=True)
        elif given.paths and may_be_link(self.text()):
            self._say(link_words.MAYBE_LINK)
        else:
            self._say(link_words.links_text(len(given.links)))

    def _say(self, text: str, wrong: bool = False) -> None:
        if text == self.note.text():
            return
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.note.setProperty("kind", "danger" if wrong else "muted")
        self.note.style().polish(self.note)
        self.setAccessibleDescription(text)  # screen readers say it when it changes
