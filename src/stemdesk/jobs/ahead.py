"""Decoding on a thread of its own, ahead of the separation, which begins with the first segment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stemdesk.audio.store import MixFacts
from stemdesk.core.errors import Cancelled
from stemdesk.core.progress import CancelToken, Progress, Report, Stage
from stemdesk.engine.pass_queue import PassQueue
from stemdesk.log import log

_LOOK_S = 0.05
_PATIENCE_S = 2.0  # for a decoder that hangs, on a network drive maybe

Decode = Callable[["Ahead", CancelToken], MixFacts]


class Ahead:
    """How far a song is decoded. Written by the decoding thread, read by the computing one."""

    def __init__(self, queue: PassQueue) -> None:
        self._queue = queue
        self._begun = threading.Event()
        self._error: BaseException | None = None
        self._cancel = CancelToken()
        self.normalisation = (0.0, 1.0)  # mean, deviation
        self.fraction = 0.0
        self.facts: MixFacts | None = None  # once it is decoded to its end

    def start(self, mean: float, deviation: float) -> None:
        """The normalisation is known: passes can be computed."""
        self.normalisation = mean, deviation
        self._begun.set()

    def grow(self, frames: int) -> None:
        """So many frames are in scratch. Returns once more are wanted."""
        self._cancel.check()  # a decoder that was given up writes no more
        self._queue.grow(frames)
        self._queue.rest(self._cancel)

    def end(self, facts: MixFacts) -> None:
        """The song is decoded."""
        self.facts, self.fraction = facts, 1.0
        self._queue.grow(facts.frames, complete=True)
        self.start(facts.mean, facts.deviation)

    def wait(self, report: Report, cancel: CancelToken) -> None:
        """Wait until passes can be computed. Raises what stopped the decoder, `Cancelled`,
        `Paused`."""
        told = -1.0
        while not self._begun.wait(_LOOK_S):
            cancel.check_pause()
            if self.fraction != told:
                told = self.fraction
                report(Progress(Stage.DECODING, told))
        cancel.check_pause()
        if self._error is not None:
            raise self._error
        report(Progress(Stage.DECODING, self.fraction))

    def run(self, decode: Decode) -> None:
        """Decode; the decoding thread's work."""
        try:
            self.end(decode(self, self._cancel))
        except Cancelled:
            pass  # nobody waits any more
        except BaseException as error:  # the thread's edge: raised where it is waited for
            self._error = error
            self._queue.fail(error)
        self._begun.set()

    def stop(self) -> None:
        self._cancel.cancel()


@contextmanager
def decoding(
    queue: PassQueue, decode: Decode, report: Report, cancel: CancelToken
) -> Iterator[Ahead]:
    """Run `decode` on a thread of its own beside this block, which begins as soon as passes can be
    computed; at the block's end it is stopped. Raises what `decode` raises, `Cancelled`, `Paused`.
    """
    ahead = Ahead(queue)
    thread = threading.Thread(target=ahead.run, args=(decode,), name="decode", daemon=True)
    thread.start()
    try:
        ahead.wait(report, cancel)
        yield ahead
    finally:
        ahead.stop()
        thread.join(_PATIENCE_S)
        if thread.is_alive():
            log.warning("the decoder did not stop; it is left behind")


@contextmanager
def decoded(queue: PassQueue, facts: MixFacts) -> Iterator[Ahead]:
    """The same for a song that an earlier run decoded."""
    ahead = Ahead(queue)
    ahead.end(facts)
    yield ahead
