"""Questions and explanations in windows of their own. All are opened without blocking: what is
chosen comes through a callback."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from stemdesk import __version__
from stemdesk.core.job import Job
from stemdesk.gui import labels, messages
from stemdesk.gui.announcer import say_copied
from stemdesk.gui.icons import retint
from stemdesk.gui.widgets import muted, push_button

_MARGIN_PX = 48  # of the window, around a dialog


class CloseChoice(StrEnum):
    """What to do with the running song when the window is closed."""

    STOP_NOW = "stop-now"
    FINISH_FIRST = "finish-first"
    STAY = "stay"


class Dialog(QDialog):
    """A headline, a text, a line of buttons at the right. Esc closes it."""

    def __init__(self, parent: QWidget | None, title: str, text: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.headline = QLabel(title)
        self.headline.setTextFormat(Qt.TextFormat.PlainText)
        self.headline.setWordWrap(True)
        font = QFont(self.headline.font())
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setWeight(QFont.Weight.DemiBold)
        self.headline.setFont(font)
        self.text = muted(text)
        self.text.setWordWrap(True)
        self.text.setVisible(bool(text))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        self.body = QVBoxLayout()
        self.body.setSpacing(10)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 20)
        layout.setSpacing(14)
        layout.addWidget(self.headline)
        layout.addWidget(self.text)
        layout.addLayout(self.body)
        layout.addSpacing(4)
        layout.addLayout(self._buttons)
        self.widen(62)

    def widen(self, characters: int) -> None:
        """At least so wide. (A minimum width would let Qt cut what needs more.)"""
        self.body.addStrut(self.fontMetrics().averageCharWidth() * characters)

    def fit(self, width_px: int, height_px: int) -> None:
        """So large, or as large as the window lets it be."""
        window = self.parentWidget()
        if window is not None:
            width_px = min(width_px, window.width() - _MARGIN_PX)
            height_px = min(height_px, window.height() - _MARGIN_PX)
        self.resize(width_px, height_px)

    def reading_box(self, text: str, name: str, fixed: bool = False) -> QPlainTextEdit:
        """A text to read and copy. `name`: what a screen reader says. `fixed`: every letter as
        wide as any other, so that columns stand below each other."""
        box = QPlainTextEdit(text)
        box.setReadOnly(True)
        box.setTabChangesFocus(True)
        box.setAccessibleName(name)
        if fixed:
            font = QFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
            font.setPointSizeF(self.font().pointSizeF())
            box.setFont(font)
        return box

    def add_button(
        self, text: str, act: Callable[[], object], primary: bool = False
    ) -> QPushButton:
        """A button; the primary one is what Enter presses where no other one has the focus."""
        button = push_button(text, primary=primary)
        button.clicked.connect(lambda _=False: act())
        self._buttons.addWidget(button)
        if primary:
            button.setDefault(True)
            button.setFocus()
        return button

    def show_over(self) -> None:
        retint(self)
        self.open()
        layout = self.layout()
        if layout is not None:  # wrapped lines may need more than Qt's first guess
            needed = layout.totalMinimumHeightForWidth(self.width())
            self.resize(self.width(), max(self.height(), needed))


class FailureDialog(Dialog):
    """What happened, what to do, and the details to copy."""

    def __init__(self, parent: QWidget | None, job: Job) -> None:
        happened, remedy = messages.explain(job)
        super().__init__(parent, happened, remedy)
        self.setWindowTitle(labels.FAILURE_TITLE)
        report = messages.failure_report(job, __version__)
        self.details = self.reading_box(report, labels.FAILURE_DETAILS)
        self.details.setMinimumHeight(self.fontMetrics().height() * 8)
        self.body.addWidget(self.details)
        self.copy = self.add_button(labels.COPY_DETAILS, self._copy)
        self.add_button(labels.CLOSE, self.reject, primary=True)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        say_copied(self.copy)


def ask_close(
    parent: QWidget | None, then: Callable[[CloseChoice], object], waiting: int
) -> Dialog:
    """Closing while a song is being split: stop now (the default), finish first, or stay."""
    dialog = Dialog(parent, labels.CLOSE_HEADLINE, messages.close_text(waiting))
    dialog.setWindowTitle(labels.APP_NAME)
    for choice, text in (
        (CloseChoice.STAY, labels.CLOSE_STAY),
        (CloseChoice.FINISH_FIRST, labels.CLOSE_FINISH),
        (CloseChoice.STOP_NOW, labels.CLOSE_STOP),
    ):
        act = partial(_chosen, dialog, then, choice)
        button = dialog.add_button(text, act, primary=choice is CloseChoice.STOP_NOW)
        button.setObjectName(choice.value)
    dialog.show_over()
    return dialog


def _chosen(dialog: Dialog, then: Callable[[CloseChoice], object], choice: CloseChoice) -> None:
    dialog.accept()
    then(choice)


def ask_trash(parent: QWidget | None, job: Job, then: Callable[[], object]) -> Dialog:
    """Before stems go to the trash."""
    headline = messages.trash_headline(messages.song_title(job))
    dialog = Dialog(parent, headline, messages.trash_text(job))
    dialog.setWindowTitle(labels.APP_NAME)
    keep = dialog.add_button(labels.KEEP, dialog.reject, primary=True)
    keep.setObjectName("keep")

    def trash() -> None:
        dialog.accept()
        then()

    dialog.add_button(labels.TRASH, trash).setObjectName("trash")
    dialog.show_over()
    return dialog


class TextDialog(Dialog):
    """A longer text to read and copy, such as the files that were passed over."""

    def __init__(self, parent: QWidget | None, title: str, text: str) -> None:
        super().__init__(parent, title, "")
        self.details = self.reading_box(text, title)
        self.details.setMinimumHeight(self.fontMetrics().height() * 10)
        self.body.addWidget(self.details)
        self.add_button(labels.CLOSE, self.reject, primary=True)


class KeysDialog(Dialog):
    """All keys at a glance."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent, labels.KEYS_TITLE, "")
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(7)
        half = (len(labels.KEYS) + 1) // 2
        for number, (keys, meaning) in enumerate(labels.KEYS):
            row, column = number % half, 2 * (number // half)
            name = QLabel(keys)
            font = QFont(name.font())
            font.setWeight(QFont.Weight.DemiBold)
            name.setFont(font)
            grid.addWidget(name, row, column)
            grid.addWidget(muted(meaning), row, column + 1)
        self.body.addLayout(grid)
        self.add_button(labels.CLOSE, self.reject, primary=True)


def choose_files(parent: QWidget, then: Callable[[list[Path]], object]) -> QFileDialog:
    """Ask for sound and video files."""
    from stemdesk.audio.decode import AUDIO_SUFFIXES

    patterns = " ".join(f"*{suffix}" for suffix in sorted(AUDIO_SUFFIXES))
    filters = labels.FILE_FILTERS.format(patterns=patterns)
    return choose_of_kind(parent, labels.OPEN_FILES_CAPTION, filters, then)


def choose_of_kind(
    parent: QWidget, caption: str, filters: str, then: Callable[[list[Path]], object]
) -> QFileDialog:
    """Ask for files; `filters` as `Kind (*.a *.b);;All files (*)`."""
    dialog = QFileDialog(parent, caption)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters(filters.split(";;"))
    return _open_chooser(dialog, then)


def choose_file(
    parent: QWidget, caption: str, filters: str, then: Callable[[list[Path]], object]
) -> QFileDialog:
    """Ask for one file."""
    dialog = QFileDialog(parent, caption)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters(filters.split(";;"))
    return _open_chooser(dialog, then)


def choose_folder(
    parent: QWidget, caption: str, then: Callable[[list[Path]], object]
) -> QFileDialog:
    """Ask for one folder."""
    dialog = QFileDialog(parent, caption)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _open_chooser(dialog, then)


def _open_chooser(dialog: QFileDialog, then: Callable[[list[Path]], object]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda names: then([Path(name) for name in names]))
    dialog.open()
    return dialog
