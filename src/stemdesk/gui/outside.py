"""Opens what is outside of StemDesk: folders in the file manager, pages in the browser."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from stemdesk.core.sentences import printable
from stemdesk.gui import app_words
from stemdesk.gui.announcer import say_copied
from stemdesk.gui.dialogs import TextDialog


def show_folder(folder: Path) -> None:
    """Open a folder in the system's file manager, or say where it is."""
    _open(QUrl.fromLocalFile(str(folder)), app_words.NO_FILE_MANAGER, printable(str(folder)))


def show_page(address: str) -> None:
    """Open a page in the system's browser, or say its address."""
    _open(QUrl(address), app_words.NO_BROWSER, address)


def _open(url: QUrl, refused: str, place: str) -> None:
    if QDesktopServices.openUrl(url):
        return
    dialog = TextDialog(_in_front(), refused, place)

    def copy() -> None:
        QGuiApplication.clipboard().setText(place)
        say_copied(button)

    button = dialog.add_button(app_words.COPY_PLACE, copy)
    button.setObjectName("copy")
    dialog.show_over()


def _in_front() -> QWidget | None:
    """The dialog that is open, else the window."""
    windows = (one for one in QApplication.topLevelWidgets() if isinstance(one, QMainWindow))
    return QApplication.activeModalWidget() or next(windows, None)
