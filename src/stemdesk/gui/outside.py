"""Opens what is outside of StemDesk: folders in the file manager, pages in the browser."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from stemdesk.core.sentences import printable
from stemdesk.gui import app_words, labels
from stemdesk.gui.announcer import say_copied
from stemdesk.gui.dialogs import Dialog


def show_folder(folder: Path) -> None:
    """Open a folder in the system's file manager, or say where it is."""
    url, words = QUrl.fromLocalFile(str(folder)), (app_words.NO_FILE_MANAGER, app_words.FOLDER_HERE)
    if not QDesktopServices.openUrl(url):
        PlaceDialog(_in_front(), *words, printable(str(folder))).show_over()


def show_page(address: str) -> None:
    """Open a page in the system's browser, or say its address."""
    if not QDesktopServices.openUrl(QUrl(address)):
        words = app_words.NO_BROWSER, app_words.PAGE_HERE
        PlaceDialog(_in_front(), *words, address).show_over()


class PlaceDialog(Dialog):
    """Where something is that no program opens, to copy."""

    def __init__(self, parent: QWidget | None, title: str, text: str, place: str) -> None:
        super().__init__(parent, title, text)
        self.place = self.reading_box(place, title)
        self.place.setFixedHeight(self.fontMetrics().lineSpacing() * 4)
        self.body.addWidget(self.place)
        self.copy = self.add_button(app_words.COPY_PLACE, self._copy)
        self.add_button(labels.CLOSE, self.reject, primary=True)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.place.toPlainText())
        say_copied(self.copy)


def _in_front() -> QWidget | None:
    """The dialog that is open, else the window."""
    windows = (one for one in QApplication.topLevelWidgets() if isinstance(one, QMainWindow))
    return QApplication.activeModalWidget() or next(windows, None)
