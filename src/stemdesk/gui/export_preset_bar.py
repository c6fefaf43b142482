"""The line at the top of the export window: ready-made choices, and a person's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QSizePolicy, QWidget

from stemdesk.core.export_order import ExportOrder
from stemdesk.core.export_presets import BUILT_IN, NAME_LENGTH, ExportPreset
from stemdesk.core.sentences import printable
from stemdesk.core.text import clean
from stemdesk.gui import export_words as words
from stemdesk.gui import labels
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.widgets import ComboBox, icon_button, muted


class PresetBar(QWidget):
    """`picked`: an `ExportPreset`, to be applied. `edited`: a person's own presets as they are
    now, to be saved. `renamed`: one of them, from which name to which."""

    picked = Signal(object)
    edited = Signal(object)
    renamed = Signal(str, str)

    def __init__(self, own: Sequence[ExportPreset], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.own = tuple(own)
        self._held = ""  # the preset that the choice is made of, whatever was changed since
        self._order: Callable[[], ExportOrder | None] = lambda: None
        self.box = ComboBox()
        self.box.setAccessibleName(words.PRESET)
        self.box.setToolTip(words.PRESET_TIP)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.activated.connect(self._activated)
        self.button = icon_button("list", words.PRESET_MENU, words.PRESET_MENU)
        self.button.clicked.connect(self._show_menu)
        label = muted(words.PRESET)
        label.setBuddy(self.box)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        line.addWidget(label)
        line.addWidget(self.box, 1)
        line.addWidget(self.button)
        self._fill("")

    def ask_for(self, order: Callable[[], ExportOrder | None]) -> None:
        """What `Save as a preset` saves: the choice of now; None while there is none."""
        self._order = order

    def show_name(self, name: str) -> None:
        """Which preset the choice is; "" for none of them."""
        self._held = name or self._held
        self._fill(name)

    @property
    def name(self) -> str:
        """The preset that is shown; "" for none."""
        return str(self.box.currentData() or "")

    @property
    def presets(self) -> tuple[ExportPreset, ...]:
        """The ready-made ones, then a person's own."""
        return (*BUILT_IN, *self.own)

    def named(self, name: str) -> ExportPreset | None:
        return next((one for one in self.presets if one.name == name), None)

    # How it is shown

    def _fill(self, name: str) -> None:
        self.box.clear()
        if self.named(name) is None:
            self.box.addItem(words.YOUR_CHOICE, "")
        for preset in self.presets:
            if self.own and preset is self.own[0]:
                self.box.insertSeparator(self.box.count())
            self.box.addItem(printable(preset.name), preset.name)
        self.box.setCurrentIndex(max(0, self.box.findData(name)))

    def _activated(self, index: int) -> None:
        preset = self.named(str(self.box.itemData(index) or ""))
        if preset is not None:
            self.picked.emit(preset)

    def menu(self) -> QMenu:
        """What can be done with presets now; the two last with a person's own only."""
        menu = QMenu(self)
        own = next((one for one in self.own if one.name == (self.name or self._held)), None)
        for text, act, can in (
            (words.SAVE_AS, self.save_as, self._order() is not None),
            (words.RENAME, lambda: self._rename(own), own is not None),
            (words.DELETE, lambda: self._delete(own), own is not None),
        ):
            about = own is not None and text != words.SAVE_AS
            action = QAction(words.about_preset(text, own.name) if own and about else text, menu)
            action.setEnabled(can)
            action.triggered.connect(lambda _=False, act=act: act())
            menu.addAction(action)
        return menu

    def _show_menu(self) -> None:
        self.menu().popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))

    # What is done with them

    def save_as(self) -> None:
        """Ask for a name; the choice of now is saved under it."""
        order = self._order()
        if order is not None:
            held = self.name or self._held
            mine = any(one.name == held for one in self.own)
            put = partial(self._put, order)
            NameDialog(self.window(), held if mine else "", self._taken, put).show_over()

    def _taken(self, name: str) -> str:
        """What is to be said of a name; "" where it is free. Ready-made names cannot be taken."""
        same = name.casefold()
        if any(one.name.casefold() == same for one in BUILT_IN):
            return words.NAME_TAKEN
        return words.REPLACES if any(one.name.casefold() == same for one in self.own) else ""

    def _put(self, order: ExportOrder, name: str) -> None:
        rest = tuple(one for one in self.own if one.name.casefold() != name.casefold())
        self._change((*rest, ExportPreset(name, order)), name)

    def _rename(self, own: ExportPreset | None) -> None:
        if own is None:
            return

        def taken(name: str) -> str:
            return "" if name.casefold() == own.name.casefold() else self._taken(name)

        def rename(name: str) -> None:
            renamed = replace(own, name=name)
            rest = [one for one in self.own if one.name.casefold() != name.casefold() or one is own]
            self._change(tuple(renamed if one is own else one for one in rest), name)
            self.renamed.emit(own.name, name)

        NameDialog(self.window(), own.name, taken, rename).show_over()

    def _delete(self, own: ExportPreset | None) -> None:
        self._held = ""
        self._change(tuple(one for one in self.own if one is not own), "")

    def _change(self, own: tuple[ExportPreset, ...], name: str) -> None:
        self.own = own
        self.show_name(name)
        self.edited.emit(own)


class NameDialog(Dialog):
    """Asks for a preset's name. `taken`: what is to be said of a name that is there already."""

    def __init__(
        self,
        parent: QWidget | None,
        name: str,
        taken: Callable[[str], str],
        then: Callable[[str], object],
    ) -> None:
        super().__init__(parent, words.NAME_HEADLINE, "")
        self.setWindowTitle(words.PRESET)
        self._taken = taken
        self._then = then
        self.name = QLineEdit(name)
        self.name.setMaxLength(NAME_LENGTH)
        self.name.setAccessibleName(words.NAME_NAME)
        self.name.setPlaceholderText(words.NAME_HINT)
        self.note = muted(" ")
        self.note.setWordWrap(True)
        self.body.addWidget(self.name)
        self.body.addWidget(self.note)
        self.add_button(labels.CANCEL, self.reject).setObjectName("cancel")
        self.save = self.add_button(words.SAVE, self._save, primary=True)
        self.save.setObjectName("save")
        self.name.textChanged.connect(self._look)
        self._look()
        self.name.selectAll()
        self.name.setFocus()

    def _look(self) -> None:
        name = clean(self.name.text())
        said = self._taken(name) if name else ""
        self.note.setText(said or " ")
        self.save.setEnabled(bool(name) and said != words.NAME_TAKEN)

    def _save(self) -> None:
        name = clean(self.name.text())
        self.accept()
        self._then(name)
