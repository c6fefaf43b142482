"""The settings. Labels and choices come from their declaration in `core.settings`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from stemdesk.core.options import AudioFormat
from stemdesk.core.settings import Settings, declared
from stemdesk.gui import labels, model_words
from stemdesk.gui.dialogs import Dialog, choose_folder
from stemdesk.gui.widgets import CheckBox, ComboBox, muted, push_button
from stemdesk.models.catalogue import BASE_URL
from stemdesk.paths import Folders


class SettingsDialog(Dialog):
    """`changed`: the new Settings, when they are saved."""

    changed = Signal(object)
    models_wanted = Signal()

    def __init__(self, parent: QWidget | None, settings: Settings, folders: Folders) -> None:
        super().__init__(parent, labels.SETTINGS, labels.SETTINGS_TEXT)
        self._settings = settings
        defaults = _without_choices(folders, settings)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self.output = self._add_folder("output_folder", defaults.output)
        self.format = self._add_choice("format", labels.FORMATS)
        self.bits = self._add_choice("bits", labels.BITS)
        self.exact_sum = self._add_switch("exact_sum", labels.EXACT_SUM)
        self.device = self._add_choice("device", labels.DEVICES)
        self.full_precision = self._add_switch("full_precision", labels.FULL_PRECISION)
        self.models = self._add_folder("models_folder", defaults.models)
        self.mirror = QLineEdit(settings.model_mirror)
        self.mirror.setPlaceholderText(BASE_URL)
        self._add_row("model_mirror", self.mirror, self.mirror)
        self.scratch = self._add_folder("scratch_folder", defaults.scratch)
        self.hours = self._add_hours()
        self.format.currentIndexChanged.connect(self._fit_bits)
        self._fit_bits()
        self.page = push_button(model_words.PAGE_BUTTON, model_words.PAGE_TIP)
        self.page.clicked.connect(self._show_models)
        self._buttons.insertWidget(0, self.page)
        self.add_button(labels.CANCEL, self.reject)
        self.add_button(labels.SAVE, self._save, primary=True)
        self.widen(84)

    @property
    def settings(self) -> Settings:
        """The settings as the fields say."""
        return replace(
            self._settings,
            output_folder=self.output.text().strip(),
            format=str(self.format.currentData()),
            bits=int(self.bits.currentData()),
            exact_sum=self.exact_sum.isChecked(),
            device=str(self.device.currentData()),
            full_precision=self.full_precision.isChecked(),
            models_folder=self.models.text().strip(),
            model_mirror=self.mirror.text().strip(),
            scratch_folder=self.scratch.text().strip(),
            longest_hours=self.hours.value(),
        )

    def _save(self) -> None:
        self.changed.emit(self.settings)
        self.accept()

    def _show_models(self) -> None:
        """To the models page; what was changed here is kept."""
        self._save()
        self.models_wanted.emit()

    def _add_row(self, name: str, field: QWidget, control: QWidget) -> None:
        row = self._grid.rowCount()
        label = muted(declared(name).label)
        label.setBuddy(control)
        control.setAccessibleName(declared(name).label)
        control.setToolTip(declared(name).label)
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(field, row, 1)

    def _add_choice(self, name: str, texts: dict[Any, str]) -> QComboBox:
        box = ComboBox()
        for value in declared(name).choices:
            box.addItem(texts[value], value)
        box.setCurrentIndex(box.findData(getattr(self._settings, name)))
        self._add_row(name, box, box)
        return box

    def _add_switch(self, name: str, text: str) -> QCheckBox:
        box = CheckBox(text)
        box.setAccessibleDescription(text)
        box.setChecked(getattr(self._settings, name))
        self._add_row(name, box, box)
        return box

    def _add_folder(self, name: str, default: Path) -> QLineEdit:
        edit = QLineEdit(getattr(self._settings, name))
        edit.setPlaceholderText(str(default))
        button = push_button(labels.CHOOSE)
        button.setAccessibleName(labels.choose_name(declared(name).label))
        button.clicked.connect(partial(self._choose, edit, declared(name).label))
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(edit, 1)
        layout.addWidget(button)
        self._add_row(name, line, edit)
        return edit

    def _add_hours(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(0.1, 24 * 7)
        box.setDecimals(1)
        box.setValue(self._settings.longest_hours)
        box.lineEdit().setTextMargins(9, 0, 9, 0)  # the style sheet's padding does not reach it
        self._add_row("longest_hours", box, box)
        return box

    def _choose(self, edit: QLineEdit, caption: str, _: bool = False) -> None:
        choose_folder(self, caption, lambda paths: edit.setText(str(paths[0])))

    def _fit_bits(self) -> None:
        """FLAC holds no 32-bit floats: the choice is there for WAV only."""
        wav = self.format.currentData() == AudioFormat.WAV.value
        index = self.bits.findData(32)
        if wav and index < 0:
            self.bits.addItem(labels.BITS[32], 32)
        elif not wav and index >= 0:
            if self.bits.currentData() == 32:
                self.bits.setCurrentIndex(self.bits.findData(24))
            self.bits.removeItem(self.bits.findData(32))


def _without_choices(folders: Folders, settings: Settings) -> Folders:
    """The folders as they are where a field is left empty."""
    models = None if settings.models_folder else folders.models_override
    return replace(folders, models_override=models, scratch_override=None, output_override=None)
