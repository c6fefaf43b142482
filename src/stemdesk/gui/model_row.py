"""A model on the models page: what it is for, where it stands, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from stemdesk.gui import model_words
from stemdesk.gui.icons import set_icon
from stemdesk.gui.model_values import USABLE, Download, ModelChoice, ModelState, Phase
from stemdesk.gui.widgets import FlowLayout, muted, push_button

_MARKS = {
    ModelState.BUILT_IN: ("done", "success"),
    ModelState.INSTALLED: ("done", "success"),
    ModelState.PARTIAL: ("done", "success"),
    ModelState.ABSENT: ("drop", "muted"),
    ModelState.BROKEN: ("failed", "danger"),
}


class ModelRow(QFrame):
    """The signals carry the model's name."""

    download_wanted = Signal(str)
    cancel_wanted = Signal(str)
    verify_wanted = Signal(str)
    remove_wanted = Signal(str)

    def __init__(self, choice: ModelChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = choice.name
        self.setProperty("kind", "card")
        self.title = QLabel()
        font = QFont(self.title.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.title.setFont(font)
        self.purpose = QLabel()
        self.facts, self.notes = muted(), muted()
        self._mark = QLabel()
        self.state = QLabel()
        for label in (self.title, self.purpose, self.facts, self.notes, self.state):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(model_words.for_model("Progress of", choice.name))
        self.download = self._button(model_words.DOWNLOAD, "drop", self.download_wanted)
        self.cancel = self._button(model_words.CANCEL, "close", self.cancel_wanted)
        self.verify = self._button(model_words.VERIFY, "done", self.verify_wanted)
        self.remove = self._button(model_words.REMOVE, "trash", self.remove_wanted)
        self._lay_out()
        self.show_model(choice, None)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        return self.download, self.cancel, self.verify, self.remove

    def _button(self, text: str, icon: str, signal: SignalInstance) -> QPushButton:
        button = push_button(text, icon=icon)
        button.setAccessibleName(model_words.for_model(text, self.name))
        button.clicked.connect(lambda: signal.emit(self.name))
        return button

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.state, 1)
        self._row = QWidget()
        flow = FlowLayout(8, self._row)
        for button in self.buttons:
            flow.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(6)
        for label in (self.title, self.purpose, self.facts, self.notes):
            layout.addWidget(label)
        layout.addLayout(line)
        layout.addWidget(self.progress)
        layout.addWidget(self._row)

    def show_model(self, choice: ModelChoice, download: Download | None) -> None:
        self.setAccessibleName(model_words.title(choice))
        self.title.setText(model_words.title(choice))
        for label, text in (
            (self.purpose, choice.purpose),
            (self.facts, model_words.facts(choice)),
            (self.notes, model_words.notes(choice)),
            (self.state, model_words.state_text(choice, download)),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        running = download is not None and download.running
        mark = _MARKS[choice.state]
        if running:
            mark = ("waiting", "accent")
        elif download is not None and download.phase is Phase.FAILED:
            mark = ("failed", "danger")
        if self._mark.property("icon_name") != mark[0]:
            set_icon(self._mark, *mark)
        self.progress.setVisible(running)
        if download is not None and running:
            self.progress.setValue(round(download.fraction * 1000))
        self._show_buttons(choice, running)

    def _show_buttons(self, choice: ModelChoice, running: bool) -> None:
        size = choice.missing_bytes() if choice.downloadable else 0
        self.download.setText(f" {model_words.download_text(size)}")
        self.download.setToolTip(model_words.download_name(self.name, size))
        self.download.setAccessibleName(model_words.download_name(self.name, size))
        owned = choice.state in USABLE and choice.state is not ModelState.BUILT_IN
        shown = {
            self.download: bool(size) and not running,
            self.cancel: running,  # also while it stops: disabled, it would lose the focus
            self.verify: owned and not running,
            self.remove: (owned or choice.state is ModelState.BROKEN) and not running,
        }
        had_focus = QApplication.focusWidget() in self.buttons
        for button, wanted in shown.items():
            button.setVisible(wanted)
        self._row.setVisible(any(shown.values()))
        first = next((button for button, wanted in shown.items() if wanted), None)
        if had_focus and QApplication.focusWidget() not in self.buttons and first is not None:
            first.setFocus()  # what had it is gone: the keys stay in this row
