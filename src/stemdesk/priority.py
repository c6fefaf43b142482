"""Lets sound go before computing.

What an ordinary user may do on Linux and undo later: tell the scheduler that threads are no
interactive ones (SCHED_BATCH), and give them longer but rarer turns (since Linux 6.12; older
ones ignore it). Lower niceness or SCHED_IDLE could not be taken back. Elsewhere nothing is done
here; Qt sets the priority of its own threads there.

And lets what a person waits for go before what can wait (`rush`).
"""

from __future__ import annotations

import ctypes
import itertools
import os
import platform
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = b"compute"
_HURRYING = b"hurry"
_THREADS = Path("/proc/self/task")
_TOPOLOGY = Path("/sys/devices/system/cpu")
_TURN_NS = 100_000_000  # the longest there is
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # numbers of the system call

_TURN_S = 0.0005

_rushes: list[None] = []  # one for each `rush` that goes on; a list, for its changes are atomic
_turns = threading.Lock()
_usual_turns_s: list[float] = []  # one for each `short_turns` that goes on
_ways = [(False, 0)]  # what `make_way` was told last


@contextmanager
def rush() -> Iterator[None]:
    """Inside of this block a person waits for its end: others who ask `rushing` do what can wait
    later. For torch's import, which decoding beside it makes three to nine times as long (each
    file that an import opens gives Python's lock away, and gets it back when the decoder lets it
    go), and for a song's first pass."""
    _rushes.append(None)
    try:
        with short_turns():
            yield
    finally:
        _rushes.pop()


@contextmanager
def short_turns() -> Iterator[None]:
    """Inside of this block no thread keeps Python's lock for longer than half a millisecond while
    another one wants it, instead of five. For who lets it go often: at each file that an import
    looks at, and at each step of a network."""
    with _turns:
        _usual_turns_s.append(sys.getswitchinterval())
        sys.setswitchinterval(min(_TURN_S, _usual_turns_s[0]))
    try:
        yield
    finally:
        with _turns:
            usual_s = _usual_turns_s.pop()
            if not _usual_turns_s:
                sys.setswitchinterval(usual_s)


def rushing() -> bool:
    """Whether somebody is in a `rush`."""
    return bool(_rushes)


def name_compute_thread() -> None:
    """Call on the compute thread first: the threads that it starts, torch's too, take over its
    name, and `make_way` finds them by it."""
    _name(_NAME)


def _name(name: bytes) -> None:
    with suppress(OSError):  # not Linux
        (_THREADS / str(threading.get_native_id()) / "comm").write_bytes(name)


def compute_threads() -> Iterator[int]:
    """The system's numbers of the compute thread and of those that it has started."""
    with suppress(OSError):  # not Linux
        for folder in _THREADS.iterdir():
            with suppress(OSError):  # it has ended
                if (folder / "comm").read_bytes().strip() == _NAME:
                    yield int(folder.name)


def can_limit() -> bool:
    """Whether `make_way` can keep the compute threads on some of the processor's cores."""
    return hasattr(os, "sched_setaffinity") and _THREADS.is_dir()


def make_way(wanted: bool, most: int = 0) -> None:
    """Whether the compute threads let others go first, from now on and until it is undone.

    `most`: then they share so many of the processor's threads, 0 for all. Their own number stays:
    the last bits of what torch computes depend on it.
    """
    _ways[0] = wanted, most
    for thread in compute_threads():
        _let_go_first(thread, wanted, most)


@contextmanager
def hurry() -> Iterator[None]:
    """Inside of this block the compute thread does not make way, if it is this one. For what it
    does alone: an import, or loading a network. Making way, it would come last each of the hundreds
    of times that it waits for Python's lock, and sound that plays is not held up by one thread."""
    number = threading.get_native_id()
    if number not in compute_threads():
        yield
        return
    _name(_HURRYING)
    _let_go_first(number, False, 0)
    try:
        yield
    finally:
        _name(_NAME)
        _let_go_first(number, *_ways[0])


def _let_go_first(thread: int, wanted: bool, most: int) -> None:
    ours = _processors()
    shared = set(_apart(ours)[:most]) if wanted and most else ours
    with suppress(OSError):  # not Linux, or it has ended
        policy = os.SCHED_BATCH if wanted else os.SCHED_OTHER
        os.sched_setscheduler(thread, policy, os.sched_param(0))
        _set_turns(thread, policy, _TURN_NS if wanted else 0)
        os.sched_setaffinity(thread, shared)


def _processors() -> set[int]:
    """Those that this process may use: the first thread's, which is never limited here."""
    return os.sched_getaffinity(os.getpid()) if can_limit() else set()


def _apart(processors: set[int]) -> list[int]:
    """One of each core first, then those that share a core with them."""
    cores: dict[str, list[int]] = {}
    for number in sorted(processors):
        try:
            core = (_TOPOLOGY / f"cpu{number}/topology/thread_siblings_list").read_text("ascii")
        except OSError:  # not told, as in some sandboxes: a core of its own
            core = str(number)
        cores.setdefault(core, []).append(number)
    turns = itertools.zip_longest(*cores.values())
    return [number for turn in turns for number in turn if number is not None]


def _set_turns(thread: int, policy: int, turn_ns: int) -> None:
    """How long the thread computes at a time; 0: as the system likes. Errors are of no matter."""
    number = _SCHED_SETATTR.get(platform.machine())
    if number is not None:
        # struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period
        attributes = struct.pack("=IIQiIQQQ", 48, policy, 0, 0, 0, turn_ns, 0, 0)
        ctypes.CDLL(None).syscall(number, thread, attributes, 0)
