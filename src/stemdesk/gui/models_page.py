"""The models page: what is built in, installed and to be downloaded; import of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from stemdesk.gui import dialogs, labels, model_words, theme
from stemdesk.gui.ask_model import ask_remove
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.drop import model_files, paths_from_mime
from stemdesk.gui.icons import retint
from stemdesk.gui.model_desk import IMPORTING, ModelDesk
from stemdesk.gui.model_row import ModelRow
from stemdesk.gui.model_values import ModelChoice, Phase
from stemdesk.gui.values import UserMessage
from stemdesk.gui.widgets import chain, muted, push_button

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH_PX = 760
_HEIGHT_PX = 720


class ModelsPage(Dialog):
    """Stays true while it is open: rows follow the desk."""

    def __init__(self, parent: QWidget, desk: ModelDesk) -> None:
        super().__init__(parent, model_words.TITLE, model_words.TEXT)
        self._desk = desk
        self.rows: dict[str, ModelRow] = {}
        self.setAcceptDrops(True)
        self._list = QWidget()
        self._layout = QVBoxLayout(self._list)
        self._layout.setContentsMargins(0, 0, 8, 0)
        self._layout.setSpacing(10)
        self.looking = muted(model_words.LOOKING)
        self._layout.addWidget(self.looking)
        self._layout.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName(model_words.LIST_NAME)
        self.area.setWidget(self._list)
        self.body.addWidget(self.area, 1)
        self.body.addWidget(self._make_import_line())
        self.import_ = push_button(model_words.IMPORT, model_words.IMPORT_TIP, "folder")
        self.import_.clicked.connect(self.choose_file)
        self._buttons.insertWidget(0, self.import_)
        self.close_ = self.add_button(labels.CLOSE, self.reject, primary=True)
        QShortcut(QKeySequence("Ctrl+I"), self).activated.connect(self.choose_file)
        self._show_list(desk.choices)
        self._show_import()
        desk.known.connect(self._show_list)
        desk.changed.connect(self._show_one)
        self.finished.connect(desk.close_imports)
        theme.watch().changed.connect(self._retint)
        self.fit(max(self.sizeHint().width(), _WIDTH_PX), _HEIGHT_PX)

    def _make_import_line(self) -> QWidget:
        """What happens to the file that is imported."""
        self.importing = QWidget()
        self.import_note = QLabel()
        self.import_note.setTextFormat(Qt.TextFormat.PlainText)
        self.import_note.setWordWrap(True)
        self.import_cancel = push_button(model_words.CANCEL)
        self.import_cancel.setAccessibleName(model_words.for_model(model_words.CANCEL, "import"))
        self.import_cancel.clicked.connect(lambda: self._desk.cancel(IMPORTING))
        line = QHBoxLayout(self.importing)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.import_note, 1)
        line.addWidget(self.import_cancel)
        return self.importing

    # What is shown

    def _show_list(self, choices: Sequence[ModelChoice]) -> None:
        self.looking.setVisible(not choices)
        names = [choice.name for choice in choices]
        if names != list(self.rows):
            for row in self.rows.values():
                row.hide()
                row.deleteLater()
            self.rows = {choice.name: self._make_row(choice) for choice in choices}
            for place, row in enumerate(self.rows.values()):
                self._layout.insertWidget(place, row)
                row.show()  # a layout that is shown already would do it a turn later
            buttons = [button for row in self.rows.values() for button in row.buttons]
            chain(*buttons, self.import_cancel, self.import_, self.close_)
        for choice in choices:
            self.rows[choice.name].show_model(choice, self._desk.downloads.get(choice.name))

    def _make_row(self, choice: ModelChoice) -> ModelRow:
        row, desk = ModelRow(choice), self._desk
        row.download_wanted.connect(desk.download)
        row.cancel_wanted.connect(desk.cancel)
        row.verify_wanted.connect(desk.verify)
        row.remove_wanted.connect(self._ask_remove)
        return row

    def _show_one(self, name: str) -> None:
        if name == IMPORTING:
            self._show_import()
            return
        choice, row = self._desk.choice(name), self.rows.get(name)
        if choice is not None and row is not None:
            row.show_model(choice, self._desk.downloads.get(name))

    def _show_import(self) -> None:
        state = self._desk.downloads.get(IMPORTING)
        shown = state is not None and (state.running or state.phase is Phase.FAILED)
        self.importing.setVisible(shown)
        if state is not None and shown:
            self._say(model_words.import_text(state), state.running)

    def _say(self, text: str, running: bool) -> None:
        """In the line about imports: how far one is, or what was wrong."""
        self.importing.show()
        self.import_note.setText(text)
        self.import_note.setProperty("kind", "" if running else "danger")
        self.import_note.style().polish(self.import_note)
        self.import_cancel.setVisible(running)

    def _retint(self) -> None:
        retint(self)

    # What is asked

    def _ask_remove(self, name: str) -> None:
        choice = self._desk.choice(name)
        if choice is not None:
            ask_remove(self, choice, lambda: self._desk.remove(name))

    def choose_file(self) -> None:
        """Ask for a model file."""
        caption, filters = model_words.IMPORT_CAPTION, model_words.IMPORT_FILTERS
        dialogs.choose_of_kind(self, caption, filters, self._import)

    def _import(self, paths: list[Path]) -> None:
        files, state = model_files(paths), self._desk.downloads.get(IMPORTING)
        if files:
            self._desk.import_files(files)
        elif state is not None and state.running:  # the line is about that one
            self._desk.message.emit(UserMessage(model_words.NOT_A_MODEL_FILE))
        else:
            self._say(model_words.NOT_A_MODEL_FILE, running=False)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if model_files(paths_from_mime(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = model_files(paths_from_mime(event.mimeData()))
        if files:
            event.acceptProposedAction()
            self._import(files)
