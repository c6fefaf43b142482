"""Two questions about links: the notice before the first one, and whether songs that are in the
library already are to be split again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from stemdesk.core.link_sentences import NOTICE_LINES
from stemdesk.gui import labels, link_words
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.widgets import muted


class NoticeDialog(Dialog):
    """What links are for; accepted when it was read."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent, link_words.NOTICE_TITLE, "")
        for line in NOTICE_LINES:
            label = QLabel(line)
            label.setWordWrap(True)
            self.body.addWidget(label)
        self.body.addWidget(muted(link_words.NOTICE_ONCE))
        self.add_button(link_words.NOTICE_LEAVE, self.reject).setObjectName("leave")
        take = self.add_button(link_words.NOTICE_TAKE, self.accept, primary=True)
        take.setObjectName("take")
        self.widen(66)


class KnownDialog(Dialog):
    """`again`: split them again. `show_wanted`: no, but show the first. Esc: neither."""

    again = Signal()
    show_wanted = Signal()

    def __init__(self, parent: QWidget | None, titles: Sequence[str], done: bool) -> None:
        """`done`: whether all of these songs were split already."""
        headline = link_words.known_headline(len(titles), done)
        super().__init__(parent, headline, link_words.known_text(titles))
        self.setWindowTitle(labels.APP_NAME)
        self.add_button(link_words.LEAVE, self.reject).setObjectName("leave")
        text = link_words.SPLIT_AGAIN if done else link_words.ADD_AGAIN
        self.add_button(text, self._again).setObjectName("again")
        text = link_words.SHOW_IT if len(titles) == 1 else link_words.SHOW_FIRST
        show = self.add_button(text, self._show, primary=True)
        show.setObjectName("show")

    def _again(self) -> None:
        self.accept()
        self.again.emit()

    def _show(self) -> None:
        self.reject()
        self.show_wanted.emit()
