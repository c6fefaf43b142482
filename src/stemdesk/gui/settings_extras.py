"""What stands in the settings window beside fields: what the folders hold, where they are."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stemdesk import __version__
from stemdesk.core.files import is_folder
from stemdesk.core.sentences import printable
from stemdesk.gui import settings_words
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.widgets import ElidedLabel, FlowLayout, muted, push_button
from stemdesk.paths import Folders


class SpaceBox:
    """What working files and cache take, asked in the io pool, and a button for the cache.
    `rows`: a label and a widget each. (No widget itself: its rows stand among the fields.)"""

    def __init__(self, tasks: Tasks, folders: Folders) -> None:
        self._tasks = tasks
        self._folders = folders
        self._over = False
        self.working = QLabel(settings_words.ASKING)
        self.cached = QLabel(settings_words.ASKING)
        for label in (self.working, self.cached):
            label.setWordWrap(True)
        self.empty = push_button(settings_words.EMPTY_CACHE, settings_words.EMPTY_CACHE_TIP)
        self.empty.clicked.connect(self._empty)
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.cached, 1)
        layout.addWidget(self.empty)
        names = settings_words.PLACE_NAMES
        self.rows: tuple[tuple[str, QWidget], ...] = (
            (names["scratch"], self.working),
            (names["cache"], line),
        )
        self.buttons = (self.empty,)

    def look(self) -> None:
        folders = self._folders

        def sizes() -> tuple[int, int]:
            from stemdesk.jobs.space import cache_bytes, size_bytes

            return size_bytes(folders.scratch), cache_bytes(folders.cache)

        self._tasks.io(sizes, self._looked)

    def end(self) -> None:
        """The widgets are gone: what is still asked is not shown."""
        self._over = True

    def _looked(self, outcome: Outcome[tuple[int, int]]) -> None:
        if self._over:
            return
        if outcome.value is None:
            self.working.setText(settings_words.UNKNOWN)
            self.cached.setText(settings_words.UNKNOWN)
            return
        working, cached = outcome.value
        self.working.setText(settings_words.working_files_text(working))
        self.cached.setText(settings_words.cache_text(cached))

    def _empty(self) -> None:
        cache = self._folders.cache

        def work() -> int:
            from stemdesk.jobs.space import empty_cache

            return empty_cache(cache)

        self.empty.setEnabled(False)
        self.cached.setText(settings_words.EMPTYING)
        self._tasks.io(work, self._emptied)

    def _emptied(self, outcome: Outcome[int]) -> None:
        if self._over:
            return
        self.empty.setEnabled(True)
        freed = outcome.value
        text = settings_words.UNKNOWN if freed is None else settings_words.freed_text(freed)
        self.cached.setText(text)


class AboutBox(QWidget):
    """Version, places, and what is asked of the app as a whole."""

    def __init__(self, tasks: Tasks, folders: Folders) -> None:
        super().__init__()
        self._tasks = tasks
        text = QLabel(settings_words.about_text(__version__))
        text.setWordWrap(True)
        self.places: dict[str, ElidedLabel] = {}
        self.open: dict[str, QPushButton] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (name, path) in enumerate(_places(folders).items()):
            self._add_place(grid, row, name, path)
        self.diagnostics = push_button(settings_words.DIAGNOSTICS, settings_words.DIAGNOSTICS_TIP)
        self.delete = push_button(
            settings_words.DELETE_EVERYTHING, settings_words.DELETE_EVERYTHING_TIP
        )
        line = FlowLayout(8)
        line.addWidget(self.diagnostics)
        line.addWidget(self.delete)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(text)
        layout.addWidget(muted(settings_words.PLACES))
        layout.addLayout(grid)
        layout.addSpacing(8)
        layout.addLayout(line)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """In the order of the tab key."""
        return (*self.open.values(), self.diagnostics, self.delete)

    def _add_place(self, grid: QGridLayout, row: int, name: str, path: Path) -> None:
        words = settings_words.PLACE_NAMES[name]
        label = self.places[name] = ElidedLabel(printable(str(path)))
        button = self.open[name] = push_button(settings_words.SHOW, settings_words.open_name(words))
        button.setAccessibleName(settings_words.open_name(words))
        button.clicked.connect(partial(self._open, path))
        grid.addWidget(muted(words), row, 0)
        grid.addWidget(label, row, 1)
        grid.addWidget(button, row, 2)

    def _open(self, path: Path, _: bool = False) -> None:
        """In the system's file manager, once the disk has said which folder is there."""

        def found(outcome: Outcome[Path]) -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(outcome.value or path)))

        self._tasks.io(partial(_nearest, path), found)


def _places(folders: Folders) -> dict[str, Path]:
    return {
        "output": folders.output,
        "settings": folders.config,
        "data": folders.data,
        "models": folders.models,
        "scratch": folders.scratch,
        "cache": folders.cache,
        "logs": folders.logs,
    }


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there. Asks the disk."""
    return next((item for item in (path, *path.parents) if is_folder(item)), path)
