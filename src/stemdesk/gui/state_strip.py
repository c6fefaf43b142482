"""How far a song is that can be heard already: one line above its stems."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from stemdesk.gui.action_row import ActionRow, Button
from stemdesk.gui.icons import set_icon
from stemdesk.gui.widgets import ElidedLabel, muted

_BESIDE = 2  # lines that stand beside the buttons without making the strip much higher
_WORDS, _BAR = 3, 2  # how words and bar share the room


class StateStrip(QFrame):
    """Icon, words, bar and buttons; mostly no higher than a button. Longer words stand below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._icon = QLabel()
        self._icon.setProperty("icon_px", 20)
        self.text = ElidedLabel()
        self.more = muted()
        self.more.setWordWrap(True)
        self._words = QVBoxLayout()
        self._words.setSpacing(2)
        self._words.addStretch(1)
        self._words.addWidget(self.text)
        self._words.addWidget(self.more)
        self._words.addStretch(1)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setMinimumWidth(80)
        self._row = ActionRow()
        self._row.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._line = QHBoxLayout()
        self._line.setSpacing(10)
        self._line.addWidget(self._icon)
        self._line.addLayout(self._words, _WORDS)
        self._line.addWidget(self.progress, _BAR)
        self._line.addWidget(self._row)
        self._layout = QVBoxLayout(self)
        self._layout.setSpacing(6)
        self._layout.addLayout(self._line)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """No higher than it must be, in a window that is not high."""
        edge = 2 if compact else 6
        self._layout.setContentsMargins(12, edge, 8, edge)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_more()

    def _place_more(self) -> None:
        """Beside the buttons if few lines are enough there, else below, from edge to edge."""
        edges = self._layout.contentsMargins()
        buttons = self._row.sizeHint().width() if self._row.buttons else 0
        taken = self._icon.sizeHint().width() + buttons + 2 * self._line.spacing()
        room = self.width() - edges.left() - edges.right() - taken
        if not self.progress.isHidden():
            room = (room - self._line.spacing()) * _WORDS // (_WORDS + _BAR)
        metrics = self.more.fontMetrics()  # the label's own answer holds its edges, if below
        wrapped = metrics.boundingRect(0, 0, room, 0, Qt.TextFlag.TextWordWrap, self.more.text())
        beside = self._words.indexOf(self.more) >= 0
        if wrapped.height() <= _BESIDE * metrics.lineSpacing():
            if not beside:
                self.more.setContentsMargins(0, 0, 0, 0)
                self._layout.removeWidget(self.more)
                self._words.insertWidget(2, self.more)
        elif beside:
            indent = self._icon.sizeHint().width() + self._line.spacing()
            self.more.setContentsMargins(indent, 0, 0, 4)
            self._words.removeWidget(self.more)
            self._layout.addWidget(self.more)

    @property
    def buttons(self) -> list[QPushButton]:
        return self._row.buttons

    def show_state(
        self,
        icon: tuple[str, str],
        text: str,
        more: str,
        fraction: float | None = None,
        buttons: Sequence[Button] = (),
    ) -> None:
        """`icon`: name and colour. `more`: smaller, below, if there is more to say. `fraction`: 0
        to 1, None hides the bar."""
        set_icon(self._icon, *icon)
        self.text.setText(text)
        self.more.setText(more)
        self.more.setVisible(bool(more))
        self.progress.setVisible(fraction is not None)
        self.progress.setAccessibleName(text)
        if fraction is not None:
            self.progress.setValue(round(fraction * 1000))
        self._row.show_buttons(buttons)
        self._place_more()
