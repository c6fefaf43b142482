"""Decoding ahead of the separation: what is waited for, what is told, how it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from stemdesk.audio.store import MixFacts
from stemdesk.core.errors import Cancelled, ErrorCode, Paused, SourceError
from stemdesk.core.progress import CancelToken, Progress, Stage
from stemdesk.engine.pass_queue import PassQueue
from stemdesk.engine.plan import make_outline
from stemdesk.jobs.ahead import Ahead, decoded, decoding
from stemdesk.models.arguments import HTDEMUCS
from stemdesk.models.library import ModelFile, ModelInfo

FACTS = MixFacts(3000, 8000, 0.5, 2.0, "mark", 8000, 2)
PATIENCE_S = 10.0


def queue() -> PassQueue:
    file = ModelFile("0", Path("0"), HTDEMUCS, ("a",), 8000, 2, Fraction(1, 8), 1)
    return PassQueue(make_outline(ModelInfo("m", (file,), ((1.0,),)), (), 0.25), lambda _: False)


class Decoder:
    """Decodes step by step, as it is let."""

    def __init__(self, error: Exception | None = None, facts: MixFacts = FACTS) -> None:
        self.go_on = threading.Event()
        self.stopped = threading.Event()
        self._error = error
        self._facts = facts

    def __call__(self, ahead: Ahead, cancel: CancelToken) -> MixFacts:
        ahead.fraction = 0.5
        ahead.grow(1500)
        ahead.start(0.5, 2.0)
        try:
            while not self.go_on.wait(0.01):
                cancel.check()
            if self._error is not None:
                raise self._error
            return self._facts
        finally:
            self.stopped.set()


def run(decode: Callable[[Ahead, CancelToken], MixFacts], made: PassQueue) -> None:
    with decoding(made, decode, lambda _: None, CancelToken()):
        while made.take(1, CancelToken()):
            pass


def test_the_work_begins_before_the_song_is_decoded() -> None:
    decoder, made = Decoder(), queue()
    told: list[Progress] = []
    with decoding(made, decoder, told.append, CancelToken()) as ahead:
        assert [ahead.facts, ahead.normalisation] == [None, (0.5, 2.0)]
        assert made.take(1, CancelToken())[0].segment == 0
        assert not decoder.stopped.is_set()
        decoder.go_on.set()
        while made.take(1, CancelToken()):
            pass
        assert ahead.facts == FACTS
    assert told[-1] == Progress(Stage.DECODING, 0.5)


def test_leaving_stops_the_decoder() -> None:
    decoder = Decoder()
    with decoding(queue(), decoder, lambda _: None, CancelToken()):
        pass
    assert decoder.stopped.wait(PATIENCE_S)


def test_what_goes_wrong_later_is_raised_where_passes_are_awaited() -> None:
    decoder = Decoder(SourceError(ErrorCode.SOURCE_TOO_LONG))
    decoder.go_on.set()
    with pytest.raises(SourceError) as caught:
        run(decoder, queue())
    assert caught.value.code is ErrorCode.SOURCE_TOO_LONG


def test_what_goes_wrong_at_once_is_raised_before_anything_is_done() -> None:
    def broken(ahead: Ahead, cancel: CancelToken) -> MixFacts:
        raise SourceError(ErrorCode.SOURCE_EMPTY)

    with (
        pytest.raises(SourceError),
        decoding(queue(), broken, lambda _: None, CancelToken()),
    ):
        pytest.fail("there is nothing to separate")


@pytest.mark.parametrize(("how", "outcome"), [("cancel", Cancelled), ("pause", Paused)])
def test_waiting_for_the_first_segment_can_be_stopped(how: str, outcome: type[Exception]) -> None:
    inside, token = threading.Event(), CancelToken()
    stopped = threading.Event()

    def endless(ahead: Ahead, cancel: CancelToken) -> MixFacts:
        inside.set()
        try:
            while True:
                cancel.wait(0.01)
        finally:
            stopped.set()

    def report(_: Progress) -> None:
        assert inside.wait(PATIENCE_S)
        getattr(token, how)()

    with pytest.raises(outcome), decoding(queue(), endless, report, token):
        pytest.fail("nothing was decoded")
    assert stopped.wait(PATIENCE_S)


def test_a_decoder_that_was_given_up_writes_no_more() -> None:
    ahead = Ahead(queue())
    ahead.stop()
    with pytest.raises(Cancelled):
        ahead.grow(100)


def test_a_song_that_is_decoded_already_needs_no_thread() -> None:
    before = set(threading.enumerate())
    made = queue()
    with decoded(made, FACTS) as ahead:
        assert not set(threading.enumerate()) - before
        assert ahead.facts == FACTS and made.complete and made.frames == 3000
