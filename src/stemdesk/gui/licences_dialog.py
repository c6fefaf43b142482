"""The licences of everything inside, to read and to search."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from stemdesk.gui import app_words, labels, settings_words
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.widgets import chain, muted

_WIDTH_PX = 860
_HEIGHT_PX = 680
_BACK = QTextDocument.FindFlag.FindBackward


class LicencesDialog(Dialog):
    """Reads the text in the io pool."""

    def __init__(self, parent: QWidget | None, tasks: Tasks) -> None:
        super().__init__(parent, app_words.LICENCES_TITLE, "")
        self._over = False
        self.search = QLineEdit()
        self.search.setPlaceholderText(app_words.FIND_HINT)
        self.search.setAccessibleName(app_words.FIND_NAME)
        self.search.setToolTip(labels.native_keys(app_words.FIND_TIP))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._find_first)
        self.found = muted(app_words.NOT_FOUND)
        self.found.hide()
        asking, name = settings_words.ASKING, app_words.LICENCES_NAME
        self.text_box = self.reading_box(asking, name, fixed=True)
        line = QHBoxLayout()
        line.addWidget(self.search, 1)
        line.addWidget(self.found)
        self.body.addLayout(line)
        self.body.addWidget(self.text_box, 1)
        self.close_it = self.add_button(labels.CLOSE, self.reject)
        for box in (self.search, self.text_box):
            for key in ("Return", "Enter"):
                _on(box, key, self.find_next)
                _on(box, f"Shift+{key}", partial(self.find_next, back=True))
        QShortcut(QKeySequence("Ctrl+F"), self).activated.connect(self._to_search)
        chain(self.search, self.text_box, self.close_it)
        self.search.setFocus()
        self.finished.connect(self._end)
        self.fit(_WIDTH_PX, _HEIGHT_PX)
        tasks.io(_read, self._show)

    def find_next(self, back: bool = False) -> None:
        """Go to the next place with what is looked for, from the other end after the last one."""
        wanted = self.search.text()
        flags = _BACK if back else QTextDocument.FindFlag(0)
        there = not wanted or self.text_box.find(wanted, flags)
        if not there:
            cursor = self.text_box.textCursor()
            before = QTextCursor(cursor)
            end = QTextCursor.MoveOperation.End if back else QTextCursor.MoveOperation.Start
            cursor.movePosition(end)
            self.text_box.setTextCursor(cursor)
            there = self.text_box.find(wanted, flags)
            if not there:
                self.text_box.setTextCursor(before)
        self.found.setVisible(not there)

    def _to_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _find_first(self) -> None:
        """From where the last place begins: it may go on to fit while more is typed."""
        cursor = self.text_box.textCursor()
        cursor.setPosition(cursor.selectionStart())
        self.text_box.setTextCursor(cursor)
        self.find_next()

    def _show(self, outcome: Outcome[str]) -> None:
        if not self._over:
            self.text_box.setPlainText(outcome.value or settings_words.UNKNOWN)
            self._find_first()  # what was typed meanwhile

    def _end(self) -> None:
        self._over = True


def _on(box: QWidget, keys: str, act: Callable[[], object]) -> None:
    """Not on the button below, which Enter presses."""
    shortcut = QShortcut(QKeySequence(keys), box)
    shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
    shortcut.activated.connect(act)


def _read() -> str:
    from stemdesk.jobs.licences import licences

    return licences()
