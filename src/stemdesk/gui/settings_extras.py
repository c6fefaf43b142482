"""What stands in the settings window beside fields: what the folders hold."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from stemdesk.gui import settings_words
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.widgets import push_button
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
