"""What the settings window says of the GPU pack: an offer, how far it is, how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from stemdesk.gui import gpu_words
from stemdesk.gui.gpu_values import trouble
from stemdesk.gui.model_values import Download, Phase
from stemdesk.gui.widgets import FlowLayout, muted, push_button

if TYPE_CHECKING:
    from stemdesk.gui.gpu_desk import GpuDesk
    from stemdesk.jobs.gpu_pack import PackStatus


class GpuBox(QWidget):
    """Hidden, and `label` beside it, where there is nothing to say: no NVIDIA GPU, or a PyTorch
    that can use it already."""

    def __init__(self, desk: GpuDesk, label: QLabel) -> None:
        super().__init__()
        self._desk = desk
        self._label = label
        self.text, self.note = QLabel(), muted(gpu_words.NOTE)
        for line in (self.text, self.note):
            line.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(gpu_words.PROGRESS_NAME)
        self.get = self._button(gpu_words.GET, desk.start)
        self.cancel = self._button(gpu_words.CANCEL, desk.cancel)
        self.remove = self._button(gpu_words.REMOVE, desk.remove)
        self.again = self._button(gpu_words.LOOK_AGAIN, desk.look)
        self._row = QWidget()
        flow = FlowLayout(8, self._row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.text, self.progress, self.note, self._row):
            layout.addWidget(widget)
        for button in self.buttons:
            flow.addWidget(button)
        for hidden in (self, label):  # until both are in their window
            hidden.hide()
        desk.changed.connect(self._show)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        return self.get, self.cancel, self.again, self.remove

    def begin(self) -> None:
        """It has its place in a window: show what is known, and look again."""
        self._show()
        self._desk.look()

    def end(self) -> None:
        """The widgets are gone."""
        self._desk.changed.disconnect(self._show)

    def _button(self, text: str, pressed: Callable[[], None]) -> QPushButton:
        button = push_button(text)
        button.setAccessibleName(gpu_words.for_pack(text))
        button.clicked.connect(pressed)
        return button

    def _show(self) -> None:
        status, download = self._desk.status, self._desk.download
        running = download is not None and download.running
        seen = status is not None and (status.offered or running)
        self._label.setVisible(seen)
        self.setVisible(seen)
        self.progress.setVisible(running)
        if status is None or not seen:
            return
        if download is not None and running:
            self._show_running(download)
        elif self._desk.removing:
            self._say(gpu_words.REMOVING, note=False)
        else:
            self._show_resting(status, download)

    def _show_running(self, download: Download) -> None:
        measured = gpu_words.is_measured(download)
        self.progress.setRange(0, 1000 if measured else 0)
        if measured:
            self.progress.setValue(round(download.fraction * 1000))
        self._say(gpu_words.running_text(download), (self.cancel,), note=False)

    def _show_resting(self, status: PackStatus, download: Download | None) -> None:
        kept = (self.remove,) if status.kept_bytes else ()
        if status.whole:
            self._show_there(status)
        elif found := trouble(status):
            self._say(gpu_words.trouble_text(status, found), (self.again, *kept), note=False)
        elif download is not None and download.phase is Phase.FAILED:
            self._say(download.error, (self.get, *kept), gpu_words.TRY_AGAIN)
        elif status.fetched_bytes:
            texts = (gpu_words.offer_text(status), gpu_words.fetched_text(status))
            self._say("\n".join(texts), (self.get, *kept), gpu_words.GO_ON)
        else:
            can = (self.get,) if status.wanted is not None else ()
            self._say(gpu_words.offer_text(status), (*can, *kept), gpu_words.GET, note=bool(can))

    def _show_there(self, status: PackStatus) -> None:
        """It is unpacked."""
        if status.leaving:
            get = gpu_words.KEEP
        else:
            get = gpu_words.TRY_IT if status.verdict is None else gpu_words.TRY_AGAIN
        passed = status.verdict is not None and status.verdict.passed
        can_try = not passed or status.leaving
        buttons = ((self.get,) if can_try else ()) + (() if status.leaving else (self.remove,))
        self._say(gpu_words.there_text(status), buttons, get, note=False)

    def _say(
        self,
        text: str,
        buttons: tuple[QPushButton, ...] = (),
        get: str = "",
        *,
        note: bool = True,
    ) -> None:
        """`get`: what the button that begins is called now."""
        self.text.setText(text)
        self.note.setVisible(note)
        if get:
            self.get.setText(get)
            self.get.setAccessibleName(gpu_words.for_pack(get))
        had_focus = QApplication.focusWidget() in self.buttons
        for button in self.buttons:
            button.setVisible(button in buttons)
        self._row.setVisible(bool(buttons))
        if had_focus and buttons and QApplication.focusWidget() not in buttons:
            buttons[0].setFocus()  # what had it is gone: the keys stay here
