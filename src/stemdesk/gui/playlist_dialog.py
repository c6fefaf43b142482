"""Which songs of a list are to be split."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from stemdesk.gui import labels, link_words, theme
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.entry_model import EntryModel
from stemdesk.gui.entry_view import EntryView
from stemdesk.gui.icons import retint
from stemdesk.gui.widgets import FlowLayout, chain, muted, plain_tip, push_button

if TYPE_CHECKING:
    from stemdesk.fetch.links.values import LinkEntry, LinkList

_WIDTH_PX = 680
_HEIGHT_PX = 640
_FIRST = 10


class PlaylistDialog(Dialog):
    """`chosen`: a tuple of `LinkEntry`; an empty one takes the list's row away. Esc: not now, the
    row waits. `known`: keys and addresses of what is in the library already."""

    chosen = Signal(object)

    def __init__(
        self, parent: QWidget | None, found: LinkList, known: Collection[str] = ()
    ) -> None:
        title = link_words.list_title(found.title, found.site)
        text = link_words.list_text(found.site, len(found.entries), found.total)
        super().__init__(parent, link_words.shortened(title), text)
        self.setWindowTitle(labels.APP_NAME)
        self.headline.setToolTip(plain_tip(title))
        self.model = EntryModel(found.entries, known, self)
        self.view = EntryView(self.model)
        frame = QFrame()
        frame.setProperty("kind", "card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.addWidget(self.view)
        self.body.addWidget(self._make_tools())
        self.body.addWidget(frame, 1)
        self.summary = muted()
        self.summary.setWordWrap(True)
        self._buttons.insertWidget(0, self.summary, 100)
        self.remove = self.add_button(labels.REMOVE, lambda: self._end(()))
        self.remove.setObjectName("remove")
        self.remove.setToolTip(link_words.REMOVE_TIP)
        self.later = self.add_button(link_words.LATER, self.reject)
        self.later.setObjectName("later")
        self.later.setToolTip(link_words.LATER_TIP)
        split = partial(self._end, None)
        self.split = self.add_button(labels.SPLIT, split, primary=True)
        self.split.setObjectName("split")
        QShortcut(QKeySequence("Ctrl+A"), self).activated.connect(self.all.click)
        QShortcut(QKeySequence("Ctrl+Shift+A"), self).activated.connect(self.none.click)
        self.model.changed.connect(self._show_chosen)
        theme.watch().changed.connect(self._retint)
        self._show_chosen()
        tools = (self.all, self.none, self.first, self.count)
        chain(self.view, *tools, self.remove, self.later, self.split)
        self.view.setFocus()
        self.fit(max(self.sizeHint().width(), _WIDTH_PX), _HEIGHT_PX)

    def _make_tools(self) -> QWidget:
        self.all = push_button(link_words.ALL, link_words.ALL_TIP)
        self.all.clicked.connect(self.model.choose_all)
        self.none = push_button(link_words.NONE, link_words.NONE_TIP)
        self.none.clicked.connect(self.model.choose_none)
        self.count = QSpinBox()
        self.count.setRange(1, max(1, len(self.model.entries)))
        self.count.setValue(_FIRST)
        self.count.setAccessibleName(link_words.FIRST_COUNT_NAME)
        self.count.setToolTip(link_words.FIRST_TIP)
        self.count.lineEdit().setTextMargins(8, 0, 8, 0)
        self.first = push_button(link_words.FIRST, link_words.FIRST_TIP)
        self.first.clicked.connect(self._choose_first)
        self.count.valueChanged.connect(self._choose_first)
        both = QWidget()
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.first)
        line.addWidget(self.count)
        tools = QWidget()
        flow = FlowLayout(8, tools)
        for widget in (self.all, self.none, both):
            flow.addWidget(widget)
        return tools

    def _show_chosen(self) -> None:
        count, (seconds, vague) = len(self.model.chosen()), self.model.duration()
        whole = len(self.model.entries)
        self.summary.setText(link_words.chosen_text(count, whole, seconds, vague))
        text = link_words.split_text(count)
        self.split.setText(text)
        self.split.setAccessibleName(text)
        self.split.setToolTip(text)
        self.split.setEnabled(bool(count))
        self.split.setDefault(True)

    def _choose_first(self) -> None:
        self.model.choose_first(self.count.value())

    def _end(self, chosen: tuple[LinkEntry, ...] | None) -> None:
        self.accept()
        self.chosen.emit(self.model.chosen() if chosen is None else chosen)

    def _retint(self) -> None:
        retint(self)
