"""A field for each kind of setting (`core.declared.Kind`): shows a value, tells the present one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from stemdesk.core.declared import Declared
from stemdesk.core.options import AudioFormat
from stemdesk.core.sentences import printable
from stemdesk.gui import dialogs, export_words, labels
from stemdesk.gui.settings_words import not_connected
from stemdesk.gui.widgets import CheckBox, ComboBox, push_button

_MARGIN_PX = 9
_CHARACTERS = 16


class Field(Protocol):
    """`row`: what stands in the window; `control`: the part of it that takes the focus."""

    @property
    def row(self) -> QWidget: ...
    @property
    def control(self) -> QWidget: ...
    def value(self) -> Any:
        """As the setting's type."""
        ...


class TextField:
    """A line of text; `empty`: what it means where nothing is written."""

    def __init__(self, value: str, empty: str) -> None:
        self.control = QLineEdit(value)
        self.control.setPlaceholderText(empty)
        self.row: QWidget = self.control

    def value(self) -> str:
        return self.control.text().strip()


class FolderField(TextField):
    """A path, and a button to choose one."""

    def __init__(self, said: Declared, value: str, empty: Path | str) -> None:
        super().__init__(value, str(empty))
        self._caption = said.label
        self.button = push_button(labels.CHOOSE)
        self.button.setAccessibleName(labels.choose_name(said.label))
        self.button.clicked.connect(self.choose)
        self.row = QWidget()
        layout = QHBoxLayout(self.row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.control, 1)
        layout.addWidget(self.button)

    def choose(self) -> None:
        dialogs.choose_folder(self.row.window(), self._caption, self._chosen)

    def _chosen(self, paths: list[Path]) -> None:
        self.control.setText(str(paths[0]))


class FileField(FolderField):
    """The same for a file."""

    def __init__(self, said: Declared, value: str, empty: str, filters: str) -> None:
        super().__init__(said, value, empty)
        self._filters = filters

    def choose(self) -> None:
        dialogs.choose_file(self.row.window(), self._caption, self._filters, self._chosen)


class ChoiceField:
    """One of the values, with a text for each."""

    def __init__(self, texts: Mapping[Any, str], value: Any) -> None:
        self.control = ComboBox()
        self.control.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.control.setMinimumContentsLength(_CHARACTERS)
        self.row = self.control
        for each, text in texts.items():
            self.control.addItem(text, each)
        self.control.setCurrentIndex(self.control.findData(value))

    def value(self) -> Any:
        return self.control.currentData()


class OutputField(ChoiceField):
    """A sound device by its name, "" for the system's. One that is not there now stays chosen."""

    def __init__(self, value: str, system: str) -> None:
        self._gone = not_connected(value)
        super().__init__({"": system} | ({value: printable(value)} if value else {}), value)

    def show_devices(self, names: Iterable[str]) -> None:
        """The devices that are there."""
        chosen, system = self.value(), self.control.itemText(0)
        known = [name for name in dict.fromkeys(names) if name]
        self.control.clear()
        self.control.addItem(system, "")
        for name in known:
            self.control.addItem(printable(name), name)
        if chosen and chosen not in known:
            self.control.addItem(self._gone, chosen)
        self.control.setCurrentIndex(self.control.findData(chosen))


class PresetField(ChoiceField):
    """A preset of exports by its name, "" for none. One that is not there now stays chosen."""

    def __init__(self, value: str, ready_made: Iterable[str]) -> None:
        super().__init__(export_words.auto_texts(list(ready_made), value), value)

    def show_names(self, names: Iterable[str]) -> None:
        """The presets that are there."""
        chosen = self.value()
        self.control.clear()
        for name, text in export_words.auto_texts(list(names), chosen).items():
            self.control.addItem(text, name)
        self.control.setCurrentIndex(self.control.findData(chosen))


class SwitchField:
    """On or off; its label stands beside the box."""

    def __init__(self, said: Declared, value: bool) -> None:
        self.control = CheckBox(said.label)
        self.control.setChecked(value)
        self.row: QWidget = self.control

    def value(self) -> bool:
        return self.control.isChecked()


class _Broken(QDoubleSpinBox):
    """Whole numbers stand there without `.0`."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "f", 0 if value == round(value) else self.decimals())


class NumberField:
    """A number within its range, with its unit; whole where the setting is."""

    def __init__(self, said: Declared, value: float) -> None:
        if isinstance(value, int):
            whole = QSpinBox()
            whole.setRange(int(said.low), int(said.high))
            whole.setValue(value)
            self.control: QSpinBox | QDoubleSpinBox = whole
        else:
            broken = _Broken()
            broken.setDecimals(1)
            broken.setRange(said.low, said.high)
            broken.setValue(value)
            self.control = broken
        self.control.setSuffix(f" {said.unit}" if said.unit else "")
        self.control.setSpecialValueText(said.zero)
        # The style sheet's padding does not reach the line inside.
        self.control.lineEdit().setTextMargins(_MARGIN_PX, 0, _MARGIN_PX, 0)
        self.row: QWidget = self.control
        self._given, self._shown = value, self.control.value()

    def value(self) -> float:
        """What was given has more digits, maybe: it stays as long as nobody changes it."""
        shown = self.control.value()
        return self._given if shown == self._shown else shown


FieldMaker = Callable[[Declared, Any], Field]


def fit_bits(kind: ComboBox, bits: ComboBox) -> None:
    """FLAC holds no 32-bit floats: the choice is there for WAV only."""
    wav = kind.currentData() == AudioFormat.WAV.value
    index = bits.findData(32)
    if wav and index < 0:
        bits.addItem(labels.BITS[32], 32)
    elif not wav and index >= 0:
        if bits.currentData() == 32:
            bits.setCurrentIndex(bits.findData(24))
        bits.removeItem(bits.findData(32))
