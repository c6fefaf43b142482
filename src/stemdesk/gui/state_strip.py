"""How far a song is that can be heard already: one line above its stems."""

from __future__ import annotations

from collections.abc import Sequence

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


class StateStrip(QFrame):
    """Icon, words, bar and buttons; mostly no higher than a button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._icon = QLabel()
        self._icon.setProperty("icon_px", 20)
        self.text = ElidedLabel()
        self.more = muted()
        self.more.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.text)
        words.addWidget(self.more)
        words.addStretch(1)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setMinimumWidth(80)
        self._row = ActionRow()
        self._row.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(self._icon)
        layout.addLayout(words, 3)
        layout.addWidget(self.progress, 2)
        layout.addWidget(self._row)
        self._layout = layout
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """No higher than it must be, in a window that is not high."""
        edge = 2 if compact else 6
        self._layout.setContentsMargins(12, edge, 8, edge)

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
