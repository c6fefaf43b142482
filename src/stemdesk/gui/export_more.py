"""What else can be chosen of an export: for music programs, and about its sound."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from stemdesk.core.export_order import Clipping, ExportOrder, Extra
from stemdesk.gui import export_words as words
from stemdesk.gui.export_values import Subject
from stemdesk.gui.fold import Fold
from stemdesk.gui.widgets import CheckBox, ComboBox, chain, muted

_PROJECTS = (Extra.REAPER, Extra.DAWPROJECT)


class MoreBox(QWidget):
    """`changed`: a person has chosen something else."""

    changed = Signal()

    def __init__(self, subjects: Sequence[Subject], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.exact = CheckBox(words.EXACT)
        self.exact.setToolTip(words.EXACT_TIP)
        self.exact.setEnabled(any(one.there for one in subjects))
        self.extras = {extra: CheckBox(text) for extra, text in words.EXTRAS.items()}
        for extra, box in self.extras.items():
            box.setToolTip(words.EXTRA_TIPS[extra])
            box.toggled.connect(self._extra_toggled)
        video = self.extras[Extra.VIDEO]
        video.setEnabled(any(one.video for one in subjects))
        if not video.isEnabled():
            video.setToolTip(words.NO_VIDEO_TIP)
        self.dither = CheckBox(words.DITHER)
        self.dither.setToolTip(words.DITHER_TIP)
        self.clipping = ComboBox()
        self.clipping.setAccessibleName(words.CLIPPING)
        self.clipping.setToolTip(words.CLIPPING)
        for clipping, text in words.CLIPPINGS.items():
            self.clipping.addItem(text, clipping.value)
        self.daw = Fold(words.MORE_DAW)
        self.sound = Fold(words.MORE_SOUND)
        self._lay_out()
        self.exact.toggled.connect(self._exact_toggled)
        self.dither.toggled.connect(self.changed)
        self.clipping.activated.connect(lambda _: self.changed.emit())

    def _lay_out(self) -> None:
        projects = [self.extras[one] for one in _PROJECTS]
        others = [box for extra, box in self.extras.items() if extra not in _PROJECTS]
        for box in (*projects, self.exact, *others):
            self.daw.body.addWidget(box)
        chain(*projects, self.exact, *others)
        self.sound.body.addWidget(self.dither)
        label = muted(words.CLIPPING)
        label.setBuddy(self.clipping)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(label)
        line.addWidget(self.clipping, 1)
        self.sound.body.addLayout(line)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.daw)
        layout.addWidget(self.sound)

    @property
    def chosen_extras(self) -> frozenset[Extra]:
        return frozenset(extra for extra, box in self.extras.items() if box.isChecked())

    @property
    def exact_sum(self) -> bool:
        return self.exact.isChecked()

    @property
    def clips(self) -> Clipping:
        return Clipping(self.clipping.currentData())

    def apply(self, order: ExportOrder) -> None:
        """Choose what an order says, as far as the songs allow it."""
        for extra, box in self.extras.items():
            box.blockSignals(True)
            box.setChecked(extra in order.extras and box.isEnabled())
            box.blockSignals(False)
        self.exact.setChecked(order.exact_sum and self.exact.isEnabled())
        self.dither.setChecked(order.dither)
        self.clipping.setCurrentIndex(self.clipping.findData(order.clipping.value))
        self._fit_clipping()
        if order.extras or order.exact_sum:
            self.daw.set_open(True)

    def _extra_toggled(self, wanted: bool) -> None:
        """Who goes on in a music program wants stems that sum to the song, unless told not to."""
        project = self.sender() in [self.extras[one] for one in _PROJECTS]
        if wanted and project and self.exact.isEnabled() and not self.exact.isChecked():
            self.exact.setChecked(True)  # tells of the change
        else:
            self.changed.emit()

    def _exact_toggled(self) -> None:
        self._fit_clipping()
        self.changed.emit()

    def _fit_clipping(self) -> None:
        """Limited stems do not sum to the song: that cannot be chosen then."""
        limit = self.clipping.findData(Clipping.LIMIT.value)
        model = self.clipping.model()
        assert isinstance(model, QStandardItemModel)
        model.item(limit).setEnabled(not self.exact_sum)
        if self.exact_sum and self.clipping.currentIndex() == limit:
            self.clipping.setCurrentIndex(self.clipping.findData(Clipping.SHARED.value))
