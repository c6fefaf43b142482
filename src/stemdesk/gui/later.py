"""Many changes at once are attended to once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

LATER_MS = 200


class Later(QTimer):
    """Calls `then` a moment after it was first asked; until then, asking again costs nothing."""

    def __init__(self, then: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent, singleShot=True, interval=LATER_MS)
        self.timeout.connect(then)

    def ask(self) -> None:
        if not self.isActive():
            self.start()
