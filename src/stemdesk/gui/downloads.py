"""Downloads of models, checks and imports: one errand a model at a time, off the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from stemdesk.core.errors import Cancelled
from stemdesk.core.progress import CancelToken
from stemdesk.core.transfer import Transfer, TransferReport
from stemdesk.gui import reports
from stemdesk.gui.model_values import Download, Errand, Phase, Stems
from stemdesk.gui.tasks import Outcome, Tasks

Work = Callable[[TransferReport, CancelToken], Any]


@dataclass(frozen=True, slots=True)
class _Run:
    """An errand that is under way, or that waits for a free thread."""

    token: CancelToken = field(default_factory=CancelToken)
    begun: threading.Event = field(default_factory=threading.Event)


class Downloads(QObject):
    """Keeps what runs, and how the last errand of each model ended. Progress comes at most 20
    times a second. Ending the app stops all; what was fetched stays on the disk."""

    changed = Signal(str)  # model: its errand began, got further, or ended
    ended = Signal(str, object, object)  # model, Download, and what the work returned

    def __init__(
        self,
        tasks: Tasks,
        fetch: Callable[[str, Stems], Work],
        parent: QObject | None = None,
    ) -> None:
        """`fetch` is called in the GUI thread; what it returns runs in the net pool."""
        super().__init__(parent)
        self._tasks = tasks
        self._fetch = fetch
        self._states: dict[str, Download] = {}
        self._runs: dict[str, _Run] = {}
        self._next: dict[str, Stems] = {}  # more stems of a model that is downloaded already
        self._closed = False

    def get(self, name: str) -> Download | None:
        """What happens to a model, or how the last errand ended; None if there was none."""
        return self._states.get(name)

    def start(self, name: str, stems: Stems = ()) -> None:
        """Download what `stems` need of a model. While it is downloaded or checked, more stems
        follow."""
        state = self._states.get(name)
        if state is None or not state.running:
            self.run(name, Download(Errand.DOWNLOAD, stems), self._fetch(name, stems))
        elif state.errand is Errand.CHECK:
            self._next[name] = joined(self._next.get(name, stems), stems)
        elif state.errand is Errand.DOWNLOAD:
            wanted = joined(self._next.get(name, state.stems), stems)
            # Also while it stops: who asks for it again wants it to go on.
            if wanted != state.stems or state.phase is Phase.STOPPING:
                self._next[name] = wanted

    def run(self, name: str, state: Download, work: Work, *, compute: bool = False) -> None:
        """Do an errand for a model that has none; `compute`: on the thread that has torch."""
        if self._closed or name in self._runs:
            return
        run = self._runs[name] = _Run()
        start = self._tasks.compute if compute else self._tasks.net
        self._put(name, replace(state, phase=Phase.WAITING))
        start(
            lambda tell: _checked(work, tell, run),
            partial(self._on_ended, name, run),
            partial(self._on_told, name, run),
        )

    def cancel(self, name: str) -> None:
        """Stop a model's errand; a download goes on from there another time. One that waits for
        a free thread has ended at once."""
        run = self._runs.get(name)
        if run is None:
            return
        if self._states[name].errand is not Errand.CHECK:  # which is no reason not to download
            self._next.pop(name, None)
        run.token.cancel()  # before the question: whatever begins after it stops by itself
        if run.begun.is_set():
            self._put(name, replace(self._states[name], phase=Phase.STOPPING))
        else:
            self._on_ended(name, run, Outcome(error=Cancelled()))

    def forget(self, name: str) -> None:
        """What was said about a model's last errand has been read, or holds no more."""
        if name in self._states and name not in self._runs:
            del self._states[name]
            self.changed.emit(name)

    def forget_failure(self, name: str, errand: Errand) -> None:
        """The same, if that is what was said: the cause is gone."""
        state = self.get(name)
        if state is not None and state.phase is Phase.FAILED and state.errand is errand:
            self.forget(name)

    def stop(self) -> None:
        """Stop everything, at the app's end; the tasks are waited for."""
        self._closed = True
        self._next.clear()
        for run in self._runs.values():
            run.token.cancel()

    def _put(self, name: str, state: Download) -> None:
        self._states[name] = state
        self.changed.emit(name)

    def _on_told(self, name: str, run: _Run, transfer: Transfer | None) -> None:
        """It has begun, or is further."""
        if self._runs.get(name) is not run:
            return  # it was cancelled before it began
        state = self._states[name]
        phase = Phase.RUNNING if state.phase is Phase.WAITING else state.phase
        self._put(name, replace(state, phase=phase, transfer=transfer or state.transfer))

    def _on_ended(self, name: str, run: _Run, outcome: Outcome[Any]) -> None:
        if self._runs.get(name) is not run:
            return
        del self._runs[name]
        state = _after(self._states[name], outcome)
        self._states[name] = state
        more = self._next.pop(name, None)
        self.ended.emit(name, state, outcome.value)
        failed = state.phase is Phase.FAILED and state.errand is not Errand.CHECK
        if more is not None and not failed:
            self.start(name, more)
        else:
            self.changed.emit(name)


def _checked(work: Work, tell: Callable[[Any], None], run: _Run) -> Any:
    """Do the work, unless it was cancelled before its turn."""
    run.begun.set()
    run.token.check()
    tell(None)
    return work(tell, run.token)


def _after(state: Download, outcome: Outcome[Any]) -> Download:
    error = outcome.error
    if error is None:
        return replace(state, phase=Phase.DONE, known=outcome.value is not False)
    if isinstance(error, Cancelled):
        return replace(state, phase=Phase.STOPPED)
    message = reports.error_message(error, state.path)
    return replace(state, phase=Phase.FAILED, error=message.text, detail=message.detail)


def joined(one: Stems, other: Stems) -> Stems:
    """The stems of both; all if one of them is for all."""
    return () if not one or not other else tuple(dict.fromkeys((*one, *other)))
