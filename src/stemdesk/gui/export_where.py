"""Where exported files go and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from stemdesk.core.export_order import Collision, ExportOrder
from stemdesk.core.template import FIELDS
from stemdesk.gui import dialogs, labels
from stemdesk.gui import export_words as words
from stemdesk.gui.export_reports import below
from stemdesk.gui.fold import Fold
from stemdesk.gui.widgets import CheckBox, ComboBox, ElidedLabel, chain, muted, push_button
from stemdesk.paths import user_path

_SHOWN = 3


class NamesPreview(QWidget):
    """The first names that would be written, or why there can be none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(words.PREVIEW_NAME)
        self.lines = [ElidedLabel() for _ in range(_SHOWN)]
        self.more = muted()
        self.trouble = QLabel()
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setProperty("kind", "danger")
        self.trouble.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (*self.lines, self.more, self.trouble):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.trouble.hide()

    def show_names(self, paths: Sequence[Path], folder: Path) -> None:
        """Of files in `folder`, or elsewhere."""
        self.trouble.hide()
        for number, line in enumerate(self.lines):
            there = number < len(paths)
            line.setText(below(paths[number], folder) if there else "")
            line.show()  # its room stays, so that nothing jumps while a person types
        left = len(paths) - _SHOWN
        self.more.setText(words.more_text(left) if left > 0 else "")
        self.more.show()

    def show_trouble(self, text: str) -> None:
        """Why there are no names."""
        if not self.lines[0].isHidden():  # their room stays: nothing jumps while a person types
            self.setMinimumHeight(self.sizeHint().height())
        for line in (*self.lines, self.more):
            line.hide()
        self.trouble.setText(text)
        self.trouble.show()


class WhereBox(QWidget):
    """`changed`: a person has chosen something else."""

    changed = Signal()

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = QLineEdit(str(folder))
        self.folder.setAccessibleName(words.FOLDER_NAME)
        self.folder.setToolTip(words.FOLDER_NAME)
        self.choose = push_button(labels.CHOOSE)
        self.choose.setAccessibleName(words.FOLDER_CAPTION)
        self.choose.clicked.connect(self._choose)
        self.beside = CheckBox(words.BESIDE)
        self.beside.setToolTip(words.BESIDE_TIP)
        self.preview = NamesPreview()
        self.names = Fold(words.MORE_NAMES)
        self._make_names()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.folder, 1)
        line.addWidget(self.choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(line)
        layout.addWidget(self.beside)
        layout.addWidget(self.preview)
        layout.addWidget(self.names)
        self.folder.textEdited.connect(self.changed)
        self.beside.toggled.connect(self._beside_toggled)

    def _make_names(self) -> None:
        self.template = QLineEdit()
        self.template.setAccessibleName(words.TEMPLATE)
        self.template.setToolTip(words.TEMPLATE_TIP)
        self.template.textEdited.connect(self.changed)
        self.add = push_button(words.ADD_FIELD, words.ADD_FIELD_TIP)
        self.add.clicked.connect(self._show_words)
        self.collision = ComboBox()
        self.collision.setAccessibleName(words.COLLISION)
        self.collision.setToolTip(words.COLLISION)
        for collision, text in words.COLLISIONS.items():
            self.collision.addItem(text, collision.value)
        self.collision.activated.connect(lambda _: self.changed.emit())
        self.tags = CheckBox(words.TAGS)
        self.tags.setToolTip(words.TAGS_TIP)
        self.tags.toggled.connect(self.changed)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (text, widget) in enumerate(
            ((words.TEMPLATE, self.template), (words.COLLISION, self.collision))
        ):
            label = muted(text)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        grid.addWidget(self.add, 0, 2)
        self.names.body.addLayout(grid)
        chain(self.template, self.add, self.collision)
        self.names.body.addWidget(self.tags)

    @property
    def path(self) -> Path:
        """The chosen folder; an empty field is the present one, which is refused."""
        return user_path(self.folder.text().strip())

    @property
    def chosen(self) -> bool:
        """Whether there is a folder to write to."""
        return bool(self.folder.text().strip()) or self.beside.isChecked()

    def apply(self, order: ExportOrder) -> None:
        """Choose what an order says; the folder stays."""
        self.beside.setChecked(order.beside_source)
        self.template.setText(order.template)
        self.collision.setCurrentIndex(self.collision.findData(order.collision.value))
        self.tags.setChecked(order.tags)
        self._show_folder()

    @property
    def collides(self) -> Collision:
        return Collision(self.collision.currentData())

    def _beside_toggled(self) -> None:
        self._show_folder()
        self.changed.emit()

    def _show_folder(self) -> None:
        for widget in (self.folder, self.choose):
            widget.setEnabled(not self.beside.isChecked())

    def words(self) -> QMenu:
        """What can be added to the names, each with what it becomes."""
        menu = QMenu(self.add)
        for name, meaning in FIELDS.items():
            action = QAction(words.field_text(name, meaning), menu)
            action.triggered.connect(lambda _=False, name=name: self._insert(name))
            menu.addAction(action)
        return menu

    def _show_words(self) -> None:
        self.words().popup(self.add.mapToGlobal(self.add.rect().bottomLeft()))

    def _insert(self, name: str) -> None:
        self.template.insert("{" + name + "}")
        self.template.setFocus()
        self.changed.emit()

    def _choose(self) -> None:
        dialogs.choose_folder(self.window(), words.FOLDER_CAPTION, self._chosen)

    def _chosen(self, paths: list[Path]) -> None:
        self.folder.setText(str(paths[0]))
        self.changed.emit()
