"""Lets Python answer signals (Ctrl+C, a session that ends) at once.

Python runs its handlers between two steps of its own code. While Qt waits for events there are
none: so each signal makes an event. Without it a window that is still loading its parts would not
end before it has them, which takes a minute on a machine that is very busy.
"""

from __future__ import annotations

import contextlib
import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier

_AT_ONCE = 64  # signals that are taken from the pipe in one turn


class Wake(QObject):
    """Wakes Python up for each signal, for as long as it lives."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        notifier.activated.connect(self._wake)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(_AT_ONCE)
