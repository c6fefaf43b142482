"""How much of the song is in sight: above the lanes' heads, beside the ruler."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from stemdesk.gui import desk_words
from stemdesk.gui.time_view import TimeView
from stemdesk.gui.toggles import icon_toggle
from stemdesk.gui.widgets import icon_button

ZOOM_STEP = 1.6


class ZoomBar(QWidget):
    """Out, whole song, in, follow."""

    def __init__(self, view: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        words = desk_words
        self.out = icon_button("zoom-out", words.ZOOM_OUT, words.ZOOM_OUT_TIP)
        self.whole = icon_button("zoom-all", words.ZOOM_ALL, words.ZOOM_ALL_TIP)
        self.into = icon_button("zoom-in", words.ZOOM_IN, words.ZOOM_IN_TIP)
        self.follow = icon_toggle("follow", words.FOLLOW, words.FOLLOW_TIP)
        self.out.clicked.connect(lambda: view.zoom(1 / ZOOM_STEP))
        self.into.clicked.connect(lambda: view.zoom(ZOOM_STEP))
        self.whole.clicked.connect(view.show_all)
        self.follow.clicked.connect(self.set_following)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 8, 0)
        line.setSpacing(2)
        line.addStretch(1)
        for button in (self.out, self.whole, self.into, self.follow):
            line.addWidget(button)
        view.changed.connect(self._show)
        view.moved.connect(self._show)
        self._show()

    def set_following(self, follows: bool) -> None:
        """Keep the playhead in sight from now on, or stay where one looks."""
        if follows:
            self._view.follow()
        else:
            self._view.stay()

    def toggle_following(self) -> None:
        self.set_following(not self._view.following)

    def _show(self) -> None:
        self.out.setEnabled(self._view.zoomed)
        self.whole.setEnabled(self._view.zoomed)
        self.into.setEnabled(self._view.length_s > 0)
        self.follow.setChecked(self._view.following)
