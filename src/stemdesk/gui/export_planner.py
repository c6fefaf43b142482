"""Which files an export would write: asked a moment after each change, one question at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemdesk.core.export_order import ExportOrder
from stemdesk.gui.later import Later
from stemdesk.gui.tasks import Outcome, Tasks

Plan = Callable[[ExportOrder, Path], tuple[Path, ...]]


class Planner(QObject):
    """`answered`: `files` and `error` are those of the choice of now.

    `plan` may take its time, for many songs on a slow disk: while it is at work, further changes
    wait, and only the last of them is asked for.
    """

    answered = Signal()

    def __init__(
        self,
        tasks: Tasks,
        plan: Plan,
        choice: Callable[[], tuple[ExportOrder | None, Path]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._tasks, self._plan, self._choice = tasks, plan, choice
        self.files: tuple[Path, ...] = ()
        self.error: BaseException | None = None
        self._asked = 0  # which choice the files are asked for, and which one they are known for
        self._known = 0
        self._at_work = False
        self._over = False
        self._later = Later(self._begin, self)

    @property
    def behind(self) -> bool:
        """Whether the files are those of a moment ago."""
        return self._known != self._asked

    def ask(self) -> None:
        """The choice is another one now."""
        self._asked += 1
        self._later.ask()

    def end(self) -> None:
        """Nobody wants to know any more."""
        self._over = True
        self._later.stop()

    def _begin(self) -> None:
        if self._at_work:
            return
        order, folder = self._choice()
        if order is None:
            self._take(self._asked, Outcome(()))
            return
        self._at_work = True
        self._tasks.io(partial(self._plan, order, folder), partial(self._take, self._asked))

    def _take(self, asked: int, outcome: Outcome[tuple[Path, ...]]) -> None:
        self._at_work = False
        if self._over:
            return
        if asked != self._asked:
            self._later.ask()
            return
        self._known = asked
        self.files, self.error = outcome.value or (), outcome.error
        self.answered.emit()
