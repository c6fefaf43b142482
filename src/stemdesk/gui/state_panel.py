"""What stands in place of the stems while there are none: the state, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from stemdesk.gui.action_row import ActionRow, Button
from stemdesk.gui.icons import set_icon
from stemdesk.gui.widgets import muted

__all__ = ["Button", "StatePanel"]

_LINE_CHARACTERS = 90  # longer lines are hard to read


class StatePanel(QScrollArea):
    """Centred; it scrolls where a small window and large fonts leave too little room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._icon = QLabel()
        self._icon.setProperty("icon_px", 48)
        self.headline = QLabel()
        self.headline.setTextFormat(Qt.TextFormat.PlainText)
        self.headline.setWordWrap(True)
        self.headline.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        font = QFont(self.headline.font())
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setWeight(QFont.Weight.DemiBold)
        self.headline.setFont(font)
        self.text = muted()
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.text.setMaximumWidth(self.text.fontMetrics().averageCharWidth() * _LINE_CHARACTERS)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setFixedWidth(360)
        self._row = ActionRow()
        centre = Qt.AlignmentFlag.AlignHCenter
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(32, 24, 32, 24)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self._icon, 0, centre)
        layout.addWidget(self.headline)
        line = QHBoxLayout()  # (with an alignment, Qt would give a wrapped text too little height)
        line.addWidget(self.text)
        layout.addLayout(line)
        layout.addWidget(self.progress, 0, centre)
        layout.addSpacing(6)
        layout.addWidget(self._row, 0, centre)
        layout.addStretch(3)
        self.setWidget(content)

    @property
    def buttons(self) -> list[QPushButton]:
        return self._row.buttons

    def show_state(
        self,
        icon: tuple[str, str],
        headline: str,
        text: str,
        fraction: float | None = None,
        buttons: Sequence[Button] = (),
    ) -> None:
        """`icon`: name and colour. `fraction`: 0 to 1, None hides the bar."""
        set_icon(self._icon, *icon)
        self.headline.setText(headline)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.progress.setVisible(fraction is not None)
        self.progress.setAccessibleName(headline)
        if fraction is not None:
            self.progress.setValue(round(fraction * 1000))
        self._row.show_buttons(buttons)
