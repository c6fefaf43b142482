"""The entries of a list, and which of them are chosen."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from stemdesk.gui import link_words
from stemdesk.gui.widgets import plain_tip

if TYPE_CHECKING:
    from stemdesk.fetch.links.values import LinkEntry

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
ALL_AT_MOST = 100
"""Longer lists begin with nothing chosen: nobody means to fetch a whole channel by pressing Enter
once."""


class EntryModel(QAbstractListModel):
    """`known`: keys and addresses of what is in the library; such entries begin as not chosen.
    Those that cannot be had are never chosen."""

    changed = Signal()  # what is chosen

    def __init__(
        self,
        entries: Sequence[LinkEntry],
        known: Collection[str] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.entries = tuple(entries)
        self._there = [bool({entry.url, entry.key} & set(known)) for entry in entries]
        few = len(self.entries) <= ALL_AT_MOST
        self._chosen = [
            few and not entry.trouble and not there
            for entry, there in zip(self.entries, self._there, strict=True)
        ]

    # What is known

    def can(self, row: int) -> bool:
        """Whether this entry can be had."""
        return not self.entries[row].trouble

    def is_chosen(self, row: int) -> bool:
        return self._chosen[row]

    def note(self, row: int) -> str:
        """What is to be said of an entry: why it cannot be had, or that it is there already."""
        if self.entries[row].trouble:
            return self.entries[row].trouble
        return link_words.IN_LIBRARY if self._there[row] else ""

    def chosen(self) -> tuple[LinkEntry, ...]:
        return tuple(
            entry for entry, chosen in zip(self.entries, self._chosen, strict=True) if chosen
        )

    def duration(self) -> tuple[float, bool]:
        """How long all that is chosen is, in seconds, and whether some durations are unknown."""
        known = [entry.duration_s or 0.0 for entry in self.chosen()]
        good = [seconds for seconds in known if 0 < seconds < math.inf]
        return sum(good), len(good) < len(known)

    # Choosing

    def choose(self, rows: Iterable[int], wanted: bool) -> None:
        """Choose these entries, or leave them out."""
        for row in rows:
            self._chosen[row] = wanted and self.can(row)
        last = self.index(len(self.entries) - 1)
        self.dataChanged.emit(self.index(0), last, [_Role.CheckStateRole])
        self.changed.emit()

    def choose_first(self, count: int) -> None:
        """Choose only the first `count` that can be had."""
        first = [row for row in range(len(self.entries)) if self.can(row)][:count]
        self._chosen = [False] * len(self.entries)
        self.choose(first, True)

    def choose_all(self) -> None:
        self.choose_first(len(self.entries))

    def choose_none(self) -> None:
        self.choose_first(0)

    # Qt's side

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Those that cannot be had are reached, too: a screen reader says why."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        flags |= Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsUserCheckable if self.can(index.row()) else flags

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = index.row()
        entry, chosen = self.entries[row], self._chosen[row]
        if role == _Role.DisplayRole:
            return link_words.entry_title(entry.title)
        if role == _Role.CheckStateRole and self.can(row):
            return Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked
        if role == _Role.AccessibleTextRole:
            return link_words.entry_name(entry, self.note(row), self.can(row), chosen)
        if role == _Role.ToolTipRole:
            return plain_tip(link_words.entry_tip(entry, self.note(row)))
        return None

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        if role != _Role.CheckStateRole or not index.isValid() or not self.can(index.row()):
            return False
        self.choose([index.row()], Qt.CheckState(value) is Qt.CheckState.Checked)
        return True
