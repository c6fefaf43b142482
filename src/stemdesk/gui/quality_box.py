"""The choice of quality: Fast, Standard, Best."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox

from stemdesk.core.quality import Quality
from stemdesk.gui import labels
from stemdesk.gui.labels import native_keys
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.widgets import ComboBox

_QUALITIES = tuple(Quality)


class QualityBox(ComboBox):
    """`chosen`: the Quality that someone picked. What cannot be had is there and says why."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(labels.QUALITY)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._items = QStandardItemModel(self)
        for quality in _QUALITIES:
            self._items.appendRow(QStandardItem(quality.label))
        self.setModel(self._items)
        self.activated.connect(lambda index: self.chosen.emit(_QUALITIES[index]))
        self.set_best(None)

    @property
    def quality(self) -> Quality:
        """The one that is shown."""
        return _QUALITIES[self.currentIndex()]

    def set_best(self, model: ModelChoice | None) -> None:
        """The model of Best, None where there is none: one to download can be chosen, too."""
        there = model is not None and model.choosable
        tips = [f"{quality.label}: {labels.QUALITY_TIPS[quality]}." for quality in _QUALITIES]
        best = _QUALITIES.index(Quality.BEST)
        if model is None or not there:
            tips[best] += f"\n{labels.BEST_NOWHERE}"
        elif not model.usable():
            tips[best] += f"\n{labels.BEST_MISSING}"
        self._items.item(best).setEnabled(there)
        for row, tip in enumerate(tips):
            item = self._items.item(row)
            item.setToolTip(tip)
            item.setAccessibleDescription(tip)
        self.setToolTip(native_keys("\n".join([labels.QUALITY_TIP, *tips])))

    def show_quality(self, quality: Quality) -> None:
        self.setCurrentIndex(_QUALITIES.index(quality))
