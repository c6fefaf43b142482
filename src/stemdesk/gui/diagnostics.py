"""The diagnostics page: how StemDesk does on this computer, to read and to copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from stemdesk.core.redact import redact
from stemdesk.gui import labels, settings_words
from stemdesk.gui.announcer import say_copied
from stemdesk.gui.dialogs import Dialog
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.gui.values import DeviceLike
from stemdesk.gui.widgets import push_button
from stemdesk.paths import Folders

_WIDTH_PX = 860
_HEIGHT_PX = 680


@dataclass(frozen=True, slots=True)
class Heard:
    """What the player tells: the output's name, "" before the first play, and how often sound
    that was due was not there."""

    output: str = ""
    underruns: int = 0


class DiagnosticsPage(Dialog):
    """Asks in the io pool. `device`: what computes, None while that is looked for."""

    def __init__(
        self,
        parent: QWidget | None,
        folders: Folders,
        tasks: Tasks,
        device: Callable[[], DeviceLike | None],
        heard: Callable[[], Heard],
    ) -> None:
        words = settings_words
        super().__init__(parent, words.DIAGNOSTICS_TITLE, words.DIAGNOSTICS_TEXT)
        self._folders = folders
        self._tasks = tasks
        self._device = device
        self._heard = heard
        self._over = False
        self._back_to: QWidget | None = None
        self.report = self.reading_box(words.ASKING, words.DIAGNOSTICS_NAME, fixed=True)
        self.body.addWidget(self.report, 1)
        self.again = push_button(words.LOOK_AGAIN, words.LOOK_AGAIN_TIP)
        self.again.clicked.connect(self.look)
        self._buttons.insertWidget(0, self.again)
        self.copy = self.add_button(words.COPY_DIAGNOSTICS, self._copy)
        self.copy.setToolTip(labels.native_keys(words.COPY_DIAGNOSTICS_TIP))
        self.add_button(labels.CLOSE, self.reject, primary=True)
        for keys, button in (("F5", self.again), ("Ctrl+Shift+C", self.copy)):
            QShortcut(QKeySequence(keys), self).activated.connect(button.click)
        self.finished.connect(self._end)
        self.fit(_WIDTH_PX, _HEIGHT_PX)
        self.look()

    def look(self) -> None:
        """Ask for all of it anew."""
        where, device, heard = self._folders, self._device(), self._heard()
        focused = QApplication.focusWidget()
        if focused in (self.again, self.copy):  # it would go on to a button that closes this
            self._back_to = focused
            self.report.setFocus()
        self.again.setEnabled(False)
        self.copy.setEnabled(False)

        def ask() -> str:
            return report_text(where, device, heard)

        self._tasks.io(ask, self._show)

    def _show(self, outcome: Outcome[str]) -> None:
        if self._over:
            return
        self.again.setEnabled(True)
        self.copy.setEnabled(True)
        if self._back_to is not None and self.report.hasFocus():
            self._back_to.setFocus()
        self._back_to = None
        self.copy.setText(settings_words.COPY_DIAGNOSTICS)
        text = settings_words.UNKNOWN if outcome.value is None else outcome.value
        self.report.setPlainText(text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(redact(self.report.toPlainText()))
        say_copied(self.copy)

    def _end(self) -> None:
        self._over = True


def report_text(where: Folders, device: DeviceLike | None, heard: Heard) -> str:
    """The report, as it is on this computer. Reads files: not for the window's thread."""
    from stemdesk.jobs.health import log_tail, look, place_lines, version_lines, work_lines

    health = look(where)
    computing = (
        labels.LOOKING_FOR_GPU
        if device is None
        else settings_words.device_line(device.label, device.reason)
    )
    log = log_tail(where.logs / "window.log")
    return "\n".join(
        [
            f"StemDesk {health.version}, Python {health.python}, {health.system}",
            computing,
            settings_words.sound_line(heard.output, heard.underruns),
            *work_lines(health),
            "",
            *place_lines(health),
            "",
            *version_lines(health),
            "",
            settings_words.LOG_HEAD if log else settings_words.NO_LOG,
            log,
        ]
    )
