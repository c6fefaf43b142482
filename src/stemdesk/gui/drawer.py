"""Where the library stands: at the left, or in a drawer over the song where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from stemdesk.gui.icons import transparent
from stemdesk.gui.library import Library

NARROW_PX = 1000


class _Scrim(QWidget):
    """Dims what is behind the drawer; a click closes it."""

    clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), transparent("#000000", 0.35))


class Body(QWidget):
    """The library beside or over the song."""

    def __init__(self, library: Library, song_area: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._wanted = True
        self._narrow = False
        self._open = False
        self._put_away = False  # by hand, where it stands beside the song
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(library)
        self._layout.addWidget(song_area, 1)
        self._scrim = _Scrim(self)
        self._scrim.hide()
        self._scrim.clicked.connect(self.close_drawer)
        self.installEventFilter(self)

    @property
    def narrow(self) -> bool:
        """Whether the library is a drawer."""
        return self._narrow

    @property
    def drawer_open(self) -> bool:
        return self._narrow and self._open

    def set_wanted(self, wanted: bool) -> None:
        """Whether there is anything to list."""
        self._wanted = wanted
        self._arrange()

    def set_narrow(self, narrow: bool) -> None:
        if narrow == self._narrow:
            return
        self._narrow, self._open = narrow, False
        if narrow:
            self._layout.removeWidget(self._library)
        else:
            self._layout.insertWidget(0, self._library)
        self._arrange()

    def toggle(self) -> None:
        """Open or close the drawer; beside the song, show or hide the library."""
        if self._narrow:
            self._open = not self._open
            self._arrange()
        else:
            self._put_away = not self._put_away
            self._arrange()

    def close_drawer(self) -> None:
        if self._narrow:
            self._open = False
            self._arrange()

    def _arrange(self) -> None:
        shown = self._open if self._narrow else not self._put_away
        self._library.setVisible(self._wanted and shown)
        self._scrim.setVisible(self._wanted and self.drawer_open)
        if self._narrow:
            self._scrim.setGeometry(self.rect())
            self._scrim.raise_()
            self._library.setGeometry(0, 0, self._library.wanted_width(), self.height())
            self._library.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self._narrow:
            self._arrange()
        return False
