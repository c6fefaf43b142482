"""For the self-test: whether Qt is whole, tried without a screen."""

from __future__ import annotations

import os

from PySide6.QtCore import QCoreApplication, QLibraryInfo, qVersion
from PySide6.QtGui import QImageReader
from PySide6.QtNetwork import QLocalServer, QSslSocket
from PySide6.QtWidgets import QApplication, QLabel

from stemdesk.gui import icons, theme

_PICTURES = {"svg", "png", "jpeg", "webp"}  # icons; covers of songs


class WindowError(Exception):
    """What is missing for the window, as one plain sentence."""


def try_window() -> str:
    """Paint a widget with a text and one with an icon into pictures, and look at them. Raises
    `WindowError`. Not where there is an application object of another kind.

    A screen is not asked for: the self-test also runs where there is none.
    """
    app = QApplication.instance() or _without_screen()
    if not isinstance(app, QApplication):
        raise WindowError("another program's Qt runs in this process")
    known = {bytes(name.data()).decode() for name in QImageReader.supportedImageFormats()}
    if not known >= _PICTURES:
        raise WindowError(f"Qt cannot read {', '.join(sorted(_PICTURES - known))}")
    theme.install(app)
    if not _paints(QLabel("StemDesk")):
        raise WindowError("Qt paints no text: are there fonts?")
    picture = QLabel()
    picture.setPixmap(icons.app_pixmap(64))
    if not _paints(picture) or icons.app_icon().pixmap(32, 32).isNull():
        raise WindowError("Qt paints no icon")
    if not hasattr(QLocalServer, "listen"):
        raise WindowError("Qt's local sockets are missing")
    secure = "" if QSslSocket.supportsSsl() else ", without TLS of its own"
    plugins = QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)
    return f"Qt {qVersion()} paints text and icons{secure}; its parts are in {plugins}"


def _without_screen() -> QCoreApplication:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return QApplication(["StemDesk"])


def _paints(label: QLabel) -> bool:
    """Whether more than its ground is seen of a label."""
    label.resize(120, 80)
    image = label.grab().toImage()
    colours = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    label.deleteLater()
    return len(colours) > 1
