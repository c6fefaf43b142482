"""Values of the transport: a fader with what it is called and where it stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from stemdesk.audio.remix import GAIN_MIN_DB
from stemdesk.gui import desk_words
from stemdesk.gui.fader import MARGIN_PX, Fader
from stemdesk.gui.icons import set_icon
from stemdesk.gui.meter import Meter
from stemdesk.gui.scales import VOLUME, Scale
from stemdesk.gui.widgets import muted

_FADER_PX = 60
_MASTER_PX = 104


class _Value(QLabel):
    """The value in digits of one width; a double-click is one on the fader."""

    double_clicked = Signal()

    def __init__(self, widest: tuple[str, ...]) -> None:
        super().__init__()
        font = QFont(self.font())
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width do not jump
        self.setFont(font)
        metrics = self.fontMetrics()
        self.setMinimumWidth(max(metrics.horizontalAdvance(text) for text in widest) + 2)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()


class Tuning(QWidget):
    """Speed or key: `Speed ──●── 100 %`. `chosen`: a value that the person wants."""

    chosen = Signal(float)

    def __init__(
        self,
        scale: Scale,
        name: str,
        tip: str,
        words: Callable[[float], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words = words
        self.fader = Fader(scale, name, tip, _FADER_PX)
        self.value = _Value((words(scale.low), words(scale.high)))
        self.value.double_clicked.connect(self._reset)
        self.fader.chosen.connect(self._chosen)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(muted(name))
        line.addWidget(self.fader)
        line.addWidget(self.value)
        self.show_amount(scale.neutral)

    def show_amount(self, amount: float) -> None:
        self.fader.show_amount(amount)
        self.value.setText(self._words(amount))

    def _chosen(self, amount: float) -> None:
        self.value.setText(self._words(amount))
        self.chosen.emit(amount)

    def _reset(self) -> None:
        if self.fader.isEnabled():
            self.show_amount(self.fader.scale.neutral)
            self.chosen.emit(self.fader.scale.neutral)


class Master(QWidget):
    """The volume of the whole, above a meter for each side. `chosen`: dB."""

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark = QLabel()
        set_icon(mark, "volume", "muted")
        self.fader = Fader(VOLUME, desk_words.MASTER_NAME, desk_words.MASTER_TIP, _MASTER_PX)
        self.value = _Value(tuple(map(desk_words.db_short, (GAIN_MIN_DB, GAIN_MIN_DB + 1))))
        self.meters = tuple(Meter(name, upright=False) for name in desk_words.MASTER_METERS)
        self.fader.chosen.connect(self._chosen)
        self.value.double_clicked.connect(lambda: self._chosen(0.0))
        meters = QVBoxLayout()
        meters.setContentsMargins(round(MARGIN_PX), 0, round(MARGIN_PX), 0)
        meters.setSpacing(1)
        for meter in self.meters:
            meter.setFixedHeight(4)
            meters.addWidget(meter)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.fader)
        column.addLayout(meters)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(5)
        line.addWidget(mark)
        line.addLayout(column)
        line.addWidget(self.value)
        self.show_amount(0.0)

    def show_amount(self, gain_db: float) -> None:
        self.fader.show_amount(gain_db)
        self.value.setText(desk_words.db_short(gain_db))

    def show_peaks(self, peaks: tuple[float, float]) -> None:
        for meter, peak in zip(self.meters, peaks, strict=True):
            meter.show_peak(peak)

    def _chosen(self, gain_db: float) -> None:
        self.show_amount(gain_db)
        self.chosen.emit(gain_db)
