"""The settings window's last section: versions, licences, where everything lies."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stemdesk import __version__
from stemdesk.core import project
from stemdesk.core.files import is_folder
from stemdesk.core.sentences import printable
from stemdesk.gui import app_words, labels, settings_words
from stemdesk.gui.announcer import say_copied
from stemdesk.gui.licences_dialog import LicencesDialog
from stemdesk.gui.outside import show_folder, show_page
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.widgets import ElidedLabel, FlowLayout, muted, push_button
from stemdesk.paths import Folders

Diagnose = Callable[[Callable[[bool], None]], None]


class AboutBox(QWidget):
    """Versions, places, and what is asked of the app as a whole. `diagnose`: copies diagnostics and
    calls what it is given with whether that was done; None where nobody can."""

    def __init__(
        self, tasks: Tasks, folders: Folders, model: str = "", diagnose: Diagnose | None = None
    ) -> None:
        """`model`: the settings' one."""
        super().__init__()
        self._tasks = tasks
        self._over = False
        self._copying = False
        text = QLabel(settings_words.about_text(__version__))
        text.setWordWrap(True)
        self.versions = muted(app_words.LOOKING)
        self.versions.setWordWrap(True)
        self.versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
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
        self._make_links(diagnose)
        line = FlowLayout(8)
        for button in (self.licences, self.copy, self.page, self.report):
            line.addWidget(button)
        more = FlowLayout(8)
        more.addWidget(self.diagnostics)
        more.addWidget(self.delete)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(text)
        layout.addWidget(self.versions)
        layout.addLayout(line)
        layout.addSpacing(4)
        layout.addWidget(muted(settings_words.PLACES))
        layout.addLayout(grid)
        layout.addSpacing(8)
        layout.addLayout(more)
        qt = qVersion()
        tasks.io(lambda: _versions(folders, model, qt), self._show_versions)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """In the order of the tab key."""
        asked = (self.licences, self.copy, self.page, self.report)
        return (*asked, *self.open.values(), self.diagnostics, self.delete)

    def end(self) -> None:
        """The widgets are gone: what is still asked is not shown."""
        self._over = True

    def _make_links(self, diagnose: Diagnose | None) -> None:
        self.licences = push_button(app_words.LICENCES, app_words.LICENCES_TIP)
        self.licences.clicked.connect(self._show_licences)
        self.copy = push_button(settings_words.COPY_DIAGNOSTICS, app_words.COPY_NOW_TIP)
        self.copy.clicked.connect(partial(self._copy, diagnose))
        self.copy.setVisible(diagnose is not None)
        self.page = push_button(app_words.PROJECT_PAGE, app_words.opens(project.PAGE))
        self.page.clicked.connect(lambda: show_page(project.PAGE))
        self.report = push_button(app_words.REPORT_PROBLEM, app_words.opens(project.ISSUES))
        self.report.clicked.connect(lambda: show_page(project.ISSUES))

    def _show_versions(self, outcome: Outcome[dict[str, str]]) -> None:
        if self._over:
            return
        found = outcome.value
        text = settings_words.UNKNOWN if found is None else app_words.versions_text(found)
        self.versions.setText(text)

    def _show_licences(self) -> None:
        LicencesDialog(self.window(), self._tasks).show_over()

    def _copy(self, diagnose: Diagnose | None, _: bool = False) -> None:
        if diagnose is not None and not self._copying:
            self._copying = True  # not disabled: the focus would go to a button that leads away
            diagnose(self._copied)

    def _copied(self, there: bool) -> None:
        self._copying = False
        if not self._over:
            say_copied(self.copy, labels.COPIED if there else app_words.NOT_COPIED)

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
            show_folder(outcome.value or path)

        self._tasks.io(partial(_nearest, path), found)


def _places(folders: Folders) -> dict[str, Path]:
    return {
        "output": folders.output,
        "exports": folders.exports,
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


def _versions(folders: Folders, model: str, qt: str) -> dict[str, str]:
    """What StemDesk runs on. Reads files and loads FFmpeg: not for the window's thread."""
    from stemdesk.fetch.tool import tool_in_use
    from stemdesk.jobs.versions import MISSING, ffmpeg_version, package_version
    from stemdesk.models.library import ModelLibrary, default_reason

    return {
        "Python": platform.python_version(),
        "Qt": qt,
        "PyTorch": package_version("torch"),
        "FFmpeg": ffmpeg_version(),
        "yt-dlp": tool_in_use(folders.data).version or MISSING,
        "model": default_reason(ModelLibrary(folders.models), model).name,
    }
