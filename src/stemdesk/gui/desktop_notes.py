"""A notification of the desktop: a few words that show although the window is not in front.

On Linux by a program that every desktop has (Qt's own way needs a system tray, which GNOME has
not); elsewhere by Qt's tray icon, which is there for so long. It never fails: where there is nobody
who shows notifications, there is none.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from stemdesk.awake import environment
from stemdesk.gui import labels
from stemdesk.gui.icons import app_icon
from stemdesk.gui.tasks import Outcome, Tasks
from stemdesk.log import log

_DESKTOP_FILE = "io.github.stemdesk.StemDesk"
_SERVICE = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_SHOWN_MS = 15_000
_ANSWER_S = 10.0
_ID = re.compile(r"u (\d+)\s*$")


class Notes(Protocol):
    """Shows one notification in place of the one before."""

    def tell(self, title: str, text: str) -> None: ...


class ProgramNotes:
    """By a program, in the io pool. `command`: makes its arguments of title, text, and the number
    of the notification that goes (0 for none); it prints the number of the new one, or nothing."""

    def __init__(self, tasks: Tasks, command: Callable[[str, str, int], list[str]]) -> None:
        self._tasks = tasks
        self._command = command
        self._number = 0

    def tell(self, title: str, text: str) -> None:
        command = self._command(title, text, self._number)
        self._tasks.io(lambda: _run(command), self._told)

    def _told(self, outcome: Outcome[int]) -> None:
        self._number = outcome.value or 0


class TrayNotes(QObject):
    """By an icon in the tray. `clicked`: the person wants to see more."""

    clicked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon: QSystemTrayIcon | None = None
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self._hide)

    def tell(self, title: str, text: str) -> None:
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return
        if self._icon is None:
            self._icon = QSystemTrayIcon(app_icon(), self)
            self._icon.setToolTip(labels.APP_NAME)
            self._icon.messageClicked.connect(self.clicked)
            self._icon.activated.connect(lambda _: self.clicked.emit())
        self._icon.show()
        self._icon.showMessage(title, text, app_icon(), _SHOWN_MS)
        self._timer.start()

    def _hide(self) -> None:
        if self._icon is not None:
            self._icon.hide()


def notes(
    tasks: Tasks,
    parent: QObject,
    clicked: Callable[[], object],
    system: str = sys.platform,
    variables: Mapping[str, str] = os.environ,
    find: Callable[[str], str | None] = shutil.which,
) -> Notes:
    """What this system offers. `clicked`: called where the system tells of a click; on Linux the
    desktop brings the app's window to the front by itself."""
    if system.startswith("linux") and _has_bus(variables):
        busctl, notify_send = find("busctl"), find("notify-send")
        if busctl:
            return ProgramNotes(tasks, lambda *note: _by_busctl(busctl, *note))
        if notify_send:
            return ProgramNotes(tasks, lambda *note: _by_notify_send(notify_send, *note))
    tray = TrayNotes(parent)
    tray.clicked.connect(clicked)
    return tray


def _has_bus(variables: Mapping[str, str]) -> bool:
    """Whether there is a desktop's message bus: asking for one would start it."""
    runtime = variables.get("XDG_RUNTIME_DIR", "")
    return bool(variables.get("DBUS_SESSION_BUS_ADDRESS")) or (
        bool(runtime) and os.path.exists(f"{runtime}/bus")  # noqa: PTH110 - Path.exists raises
    )


def _by_busctl(program: str, title: str, text: str, number: int) -> list[str]:
    """The desktop notifications specification's `Notify`."""
    hints = ["1", "desktop-entry", "s", _DESKTOP_FILE]
    body = html.escape(text, quote=False)  # it may hold markup
    note = [labels.APP_NAME, str(number), _DESKTOP_FILE, title, body, "0", *hints, "-1"]
    call = ["call", _SERVICE, _PATH, _SERVICE, "Notify", "susssasa{sv}i"]
    return [program, "--user", "--", *call, *note]


def _by_notify_send(program: str, title: str, text: str, _: int) -> list[str]:
    body = html.escape(text, quote=False)
    options = [f"--app-name={labels.APP_NAME}", f"--icon={_DESKTOP_FILE}"]
    return [program, *options, f"--hint=string:desktop-entry:{_DESKTOP_FILE}", "--", title, body]


def _run(command: list[str]) -> int:
    """The notification's number, 0 if that is not known."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(os.environ),
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        log.info("no notification: %s", error)
        return 0
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        log.info("no notification: %s", done.stderr.decode("utf-8", "replace").strip()[:500])
    match = _ID.search(said)
    return int(match[1]) if match else 0
