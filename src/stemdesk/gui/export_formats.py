"""Which formats files are exported in: a line for each, and the sample rate of all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from stemdesk.core.export_order import ExportOrder
from stemdesk.core.file_format import FileFormat, FileKind
from stemdesk.gui import export_words as words
from stemdesk.gui.export_values import Subject
from stemdesk.gui.widgets import ComboBox, icon_button, muted, push_button

_MOST = 4
_POLICY = QComboBox.SizeAdjustPolicy


class FormatLine(QWidget):
    """One format. `changed`: another one was chosen; `removed`: it is not wanted."""

    changed = Signal()
    removed = Signal()

    def __init__(self, chosen: FileFormat, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = _box(words.KIND_NAME)
        for kind, text in words.KINDS.items():
            self.kind.addItem(text, kind.value)
        self.quality = _box(words.QUALITY_NAME)
        # As wide for each kind: the crosses stand below each other.
        self.quality.setSizeAdjustPolicy(_POLICY.AdjustToMinimumContentsLengthWithIcon)
        self.quality.setMinimumContentsLength(words.LONGEST_QUALITY)
        self.remove = icon_button("close", words.REMOVE_FORMAT, words.REMOVE_FORMAT)
        self.remove.clicked.connect(self.removed)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.kind)
        line.addWidget(self.quality)
        line.addWidget(self.remove)
        line.addStretch(1)
        self._choices: list[FileFormat] = []
        self.show_format(chosen)
        self.kind.activated.connect(self._kind_chosen)
        self.quality.activated.connect(lambda _: self.changed.emit())

    @property
    def format(self) -> FileFormat:
        return self._choices[max(0, self.quality.currentIndex())]

    def show_format(self, chosen: FileFormat) -> None:
        self.kind.setCurrentIndex(self.kind.findData(chosen.kind.value))
        texts = words.qualities(chosen.kind)
        if chosen not in texts:  # neither bit rate nor quality: the usual
            chosen = words.usual(chosen.kind)
        self._choices = list(texts)
        self.quality.clear()
        self.quality.addItems(list(texts.values()))
        self.quality.setCurrentIndex(self._choices.index(chosen))

    def _kind_chosen(self, _: int) -> None:
        self.show_format(words.usual(FileKind(self.kind.currentData())))
        self.changed.emit()


class FormatsBox(QWidget):
    """`changed`: a person has chosen something else."""

    changed = Signal()

    def __init__(self, subjects: Sequence[Subject], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(6)
        self._all: list[FormatLine] = []  # made before what is below, so that Tab finds them there
        self._count = 0
        while len(self._all) < _MOST:
            self._make()
        self.add = push_button(words.ADD_FORMAT, words.ADD_FORMAT_TIP)
        self.add.clicked.connect(self._add_one)
        self.rate = _box(words.RATE)
        self.rate.setToolTip(words.RATE_TIP)
        texts = words.rates([s.samplerate for s in subjects], [s.model_rate for s in subjects])
        for rate, text in texts.items():
            self.rate.addItem(text, rate)
        self.rate.activated.connect(lambda _: self.changed.emit())
        label = muted(words.RATE)
        label.setBuddy(self.rate)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(label)
        below.addWidget(self.rate)
        below.addStretch(1)
        below.addWidget(self.add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._lines)
        layout.addLayout(below)

    @property
    def lines(self) -> list[FormatLine]:
        """Those that are shown."""
        return self._all[: self._count]

    def formats(self) -> tuple[FileFormat, ...]:
        """Each once."""
        return tuple(dict.fromkeys(line.format for line in self.lines))

    @property
    def samplerate(self) -> int:
        """Hertz, or one of the order's two words."""
        return int(self.rate.currentData())

    def apply(self, order: ExportOrder) -> None:
        self._show(order.formats or (words.usual(FileKind.WAV),))
        if self.rate.findData(order.samplerate) < 0:
            self.rate.addItem(words.kilohertz(order.samplerate), order.samplerate)
        self.rate.setCurrentIndex(self.rate.findData(order.samplerate))

    def _make(self) -> None:
        line = FormatLine(words.usual(FileKind.WAV))
        line.changed.connect(self.changed)
        line.removed.connect(lambda: self._remove(line))
        self._all.append(line)
        self._lines.addWidget(line)

    def _show(self, formats: Sequence[FileFormat]) -> None:
        while len(self._all) < len(formats):  # a preset of the command line's
            self._make()
        self._count = len(formats)
        for line, one in zip(self._all, formats, strict=False):
            line.show_format(one)
        for number, line in enumerate(self._all):
            line.setVisible(number < self._count)
            line.remove.setVisible(self._count > 1)
        self.add.setEnabled(self._count < _MOST)

    def _add_one(self) -> None:
        """The first kind that is not there yet, beginning with what people miss most."""
        there = {line.format.kind for line in self.lines}
        order = (FileKind.WAV, FileKind.MP3, FileKind.FLAC, *words.KINDS)
        new = words.usual(next(kind for kind in order if kind not in there))
        self._show([*(line.format for line in self.lines), new])
        self.lines[-1].kind.setFocus()
        self.changed.emit()

    def _remove(self, line: FormatLine) -> None:
        self._show([one.format for one in self.lines if one is not line])
        self.add.setFocus()
        self.changed.emit()


def _box(name: str) -> ComboBox:
    box = ComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setSizeAdjustPolicy(_POLICY.AdjustToContents)
    return box
