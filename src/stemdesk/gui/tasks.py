"""Work off the GUI thread: five pools, and one relay that brings values back.

The compute pool has exactly one thread that never expires: the only one that touches torch. The
relay lives in the GUI thread for as long as the tasks do; runnables only borrow its signals.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QDeadlineTimer,
    QObject,
    QRunnable,
    Qt,
    QThread,
    QThreadPool,
    QTimer,
    Signal,
)

from stemdesk import priority
from stemdesk.core.errors import Cancelled, Paused, StemDeskError
from stemdesk.log import log

T = TypeVar("T")
Tell = Callable[[Any], None]

THROTTLE_MS = 50  # 20 values a second reach the window
_STACK_BYTES = 8 << 20  # macOS gives secondary threads 512 KiB, too little for torch
_EXPECTED = (StemDeskError, Cancelled, Paused)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """How a task ended: a value or an error. `Cancelled` and `Paused` come as errors, too."""

    value: T | None = None
    error: BaseException | None = None


class Mail:
    """Holds the newest value that a task told and the GUI thread has not taken yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: list[Any] = []

    def put(self, value: Any) -> bool:
        """Leave `value` in place of an older one; True if there was none."""
        with self._lock:
            was_empty = not self._values
            self._values = [value]
        return was_empty

    def take(self) -> list[Any]:
        """The value, if there is one."""
        with self._lock:
            values, self._values = self._values, []
        return values


class Relay(QObject):
    """Signals from the pools' threads to the GUI thread; they carry frozen values."""

    told = Signal(int)  # task number: its mail is no longer empty
    ended = Signal(int, object)  # task number, Outcome


@dataclass(frozen=True, slots=True)
class _Task:
    done: Callable[[Outcome[Any]], None]
    heard: Tell
    mail: Mail = field(default_factory=Mail)


class _Run(QRunnable):
    """Runs one task and catches everything at its edge."""

    def __init__(self, number: int, work: Callable[[Tell], Any], mail: Mail, relay: Relay) -> None:
        super().__init__()
        self._number = number
        self._work = work
        self._mail = mail
        self._relay = relay

    def run(self) -> None:
        try:
            outcome: Outcome[Any] = Outcome(self._work(self._tell))
        except _EXPECTED as error:
            outcome = Outcome(error=error)
        except BaseException as error:
            log.exception("a task failed unexpectedly")
            outcome = Outcome(error=error)
        del self._work  # what it held is let go here, whenever Qt lets this object go
        self._relay.ended.emit(self._number, outcome)

    def _tell(self, value: Any) -> None:
        if self._mail.put(value):
            self._relay.told.emit(self._number)


def ignore(_: Any) -> None:
    """For callers who do not care."""


class Tasks(QObject):
    """The pools. `done` and `heard` are called in the GUI thread, `heard` at most 20 times a
    second and always with the last value that was told before the end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._compute = _pool(self, threads=1)
        self._io = _pool(self, threads=2)
        self._net = _pool(self, threads=2)
        self._links = _pool(self, threads=2)
        self._exports = _pool(self, threads=1)
        self._numbers = itertools.count(1)
        self._tasks: dict[int, _Task] = {}
        self._mailed: set[int] = set()
        self._relay = Relay(self)
        self._relay.told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)
        self._relay.ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        self._throttle = QTimer(self, singleShot=True, interval=THROTTLE_MS)
        self._throttle.timeout.connect(self._deliver)
        self._compute_thread: QThread | None = None
        self._makes_way = (False, 0)
        self._closed = False
        self.compute(lambda _: self._begin_to_compute(), ignore)

    def compute(
        self, work: Callable[[Tell], T], done: Callable[[Outcome[T]], None], heard: Tell = ignore
    ) -> None:
        """Run `work` on the compute thread, after what was given to it before."""
        self._start(self._compute, work, done, heard)

    def io(
        self, work: Callable[[], T], done: Callable[[Outcome[T]], None], *, behind: bool = False
    ) -> None:
        """Run `work` in the io pool; `behind` lets everything else pass it."""
        self._start(self._io, lambda _: work(), done, ignore, priority=-1 if behind else 0)

    def net(
        self, work: Callable[[Tell], T], done: Callable[[Outcome[T]], None], heard: Tell = ignore
    ) -> None:
        """Run `work` in the pool for what takes minutes and hardly computes: downloads, and
        checks of large files. Nothing else waits for it."""
        self._start(self._net, work, done, heard)

    def link(
        self, work: Callable[[Tell], T], done: Callable[[Outcome[T]], None], heard: Tell = ignore
    ) -> None:
        """The same for links: a song does not wait until models are downloaded."""
        self._start(self._links, work, done, heard)

    def export(
        self, work: Callable[[Tell], T], done: Callable[[Outcome[T]], None], heard: Tell = ignore
    ) -> None:
        """Run `work` on the thread for exports, after what was given to it before. While sound
        plays it makes way, as the compute thread does."""

        def begun(tell: Tell) -> T:
            priority.name_compute_thread()
            priority.make_way(*self._makes_way)
            return work(tell)

        self._start(self._exports, begun, done, heard)

    def make_way(self, wanted: bool, most: int = 0) -> None:
        """Whether the compute thread, and torch's, let others go first: sound that plays.
        `most`: so many of the processor's threads they share then, where the system can do that;
        0 for all."""
        if (wanted, most) == self._makes_way:
            return
        self._makes_way = (wanted, most)
        if self._compute_thread is not None:  # Windows and macOS; on Linux it does nothing
            level = QThread.Priority.LowPriority if wanted else QThread.Priority.NormalPriority
            self._compute_thread.setPriority(level)
        priority.make_way(wanted, most)

    def close(self, wait_ms: int) -> bool:
        """Drop what has not begun, wait for the rest; whether it ended within `wait_ms`.

        Nothing is begun or delivered any more: a pool that is destroyed waits for what runs in it,
        perhaps with Python's lock held (QTest.qWaitForWindowActive does so), and then for ever. If
        False, the process must end without destroying this.
        """
        self._closed = True
        deadline = QDeadlineTimer(wait_ms)
        self._tasks.clear()
        self._throttle.stop()
        self._compute_thread = None
        self._compute.clear()
        self._io.clear()
        self._net.clear()
        self._links.clear()
        self._exports.clear()
        pools = (self._compute, self._io, self._net, self._links, self._exports)
        return all(pool.waitForDone(deadline) for pool in pools)

    def _begin_to_compute(self) -> None:
        priority.name_compute_thread()
        self._compute_thread = QThread.currentThread()

    def _start(
        self,
        pool: QThreadPool,
        work: Callable[[Tell], T],
        done: Callable[[Outcome[T]], None],
        heard: Tell,
        priority: int = 0,
    ) -> None:
        if self._closed:
            return
        number = next(self._numbers)
        task = self._tasks[number] = _Task(done, heard)
        pool.start(_Run(number, work, task.mail, self._relay), priority)

    def _on_told(self, number: int) -> None:
        self._mailed.add(number)
        if not self._throttle.isActive():
            self._deliver()

    def _deliver(self) -> None:
        if not self._mailed:
            return
        self._throttle.start()
        while self._mailed:
            self._hand_over(self._mailed.pop())

    def _hand_over(self, number: int) -> None:
        task = self._tasks.get(number)
        if task is not None:
            for value in task.mail.take():
                task.heard(value)

    def _on_ended(self, number: int, outcome: Outcome[Any]) -> None:
        self._mailed.discard(number)
        self._hand_over(number)
        task = self._tasks.pop(number, None)
        if task is not None:
            task.done(outcome)


def _pool(parent: QObject, threads: int) -> QThreadPool:
    pool = QThreadPool(parent)
    pool.setMaxThreadCount(threads)
    pool.setExpiryTimeout(-1)
    pool.setStackSize(_STACK_BYTES)
    return pool
