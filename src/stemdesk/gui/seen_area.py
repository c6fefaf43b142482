"""A scroll area that shows what a person is at."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from stemdesk.gui.fold import Fold

_EDGE_PX = 8


class SeenArea(QScrollArea):
    """Scrolls down and up only: to what gets the focus (Qt does so only while Tab stays inside),
    and to what a person unfolds."""

    def __init__(self, inside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inside = inside
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        for fold in inside.findChildren(Fold):
            fold.head.clicked.connect(partial(self._unfolded, fold))  # by a person, not by a preset
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self._inside.isAncestorOf(now):
            self.ensureWidgetVisible(now, 0, _EDGE_PX)

    def _unfolded(self, fold: Fold, _: bool = False) -> None:
        """Its end is seen then, and its head whatever its height."""
        if fold.open:
            self._inside.adjustSize()
            self.ensureWidgetVisible(fold, 0, _EDGE_PX)
            self.ensureWidgetVisible(fold.head, 0, _EDGE_PX)
