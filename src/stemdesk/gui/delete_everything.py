"""Deletes everything StemDesk keeps: asks with a list of it; the app does it when it has closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from stemdesk import log
from stemdesk.core.sentences import format_bytes, printable
from stemdesk.gui import labels, settings_words
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.widgets import CheckBox, ElidedLabel, muted

if TYPE_CHECKING:
    from stemdesk.jobs.belongings import Belonging
    from stemdesk.paths import Folders

_MODELS = "models"


class DeleteDialog(Dialog):
    """What would go, and how much. `then(models)`: it is to go, with the models or without."""

    def __init__(
        self,
        parent: QWidget | None,
        items: Sequence[Belonging],
        then: Callable[[bool], object],
    ) -> None:
        text = settings_words.DELETE_TEXT if items else settings_words.NOTHING_KEPT
        super().__init__(parent, settings_words.DELETE_HEADLINE, text)
        self.setWindowTitle(labels.APP_NAME)
        self._then = then
        self.models: QCheckBox | None = None
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(2, 1)
        self.lines: list[str] = []
        for item in items:
            if item.kind.value == _MODELS:
                self.models = CheckBox(settings_words.models_too(item.size_bytes))
            else:
                self._add_line(grid, item)
        self.body.addLayout(grid)
        if self.models is not None:
            self.body.addWidget(self.models)
        self.keep = self.add_button(settings_words.KEEP_EVERYTHING, self.reject, primary=True)
        self.delete = self.add_button(settings_words.DELETE_AND_CLOSE, self._delete)
        self.delete.setEnabled(bool(items))
        self.widen(96)

    def _add_line(self, grid: QGridLayout, item: Belonging) -> None:
        name = settings_words.KEPT_NAMES[item.kind.value]
        size, place = format_bytes(item.size_bytes), printable(str(item.folder))
        self.lines.append(f"{name}: {size}, {place}")
        row = grid.rowCount()
        where = ElidedLabel(place)
        where.setProperty("kind", "muted")
        grid.addWidget(QLabel(name), row, 0)
        grid.addWidget(muted(size), row, 1)
        grid.addWidget(where, row, 2)

    def _delete(self) -> None:
        models = self.models is not None and self.models.isChecked()
        self.accept()
        self._then(models)


def show_at_work(parent: QWidget | None) -> Dialog:
    """A song is being split: not now."""
    words = settings_words
    dialog = Dialog(parent, words.AT_WORK_HEADLINE, words.AT_WORK_TEXT)
    dialog.setWindowTitle(labels.APP_NAME)
    dialog.add_button(labels.CLOSE, dialog.reject, primary=True)
    dialog.show_over()
    return dialog


def find_everything(where: Folders) -> tuple[Belonging, ...] | None:
    """What is kept; None while a song is being split. Slow: not for the window's thread."""
    from stemdesk.jobs.belongings import belongings, is_at_work

    return None if is_at_work(where, window=False) else belongings(where)


def delete_everything(where: Folders, models: bool) -> tuple[Path, ...]:
    """The app has closed, and keeps its right to be the one window so long: delete it all. What
    could not be deleted."""
    from stemdesk.jobs.belongings import Kept, alone, belongings, remove

    with alone(where, window=False) as ours:
        if not ours:  # a command line has begun meanwhile
            return (where.data,)
        items = [item for item in belongings(where) if models or item.kind is not Kept.MODELS]
        log.close()
        return remove(where, items)


def delete_locks(where: Folders) -> None:
    """What was held until everything else was gone."""
    from stemdesk.jobs.belongings import remove_locks

    remove_locks(where)
