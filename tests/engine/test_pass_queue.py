"""Which pass comes next: order, growth, what is final, and waiting for the decoder."""

from __future__ import annotations

import itertools
import threading
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemdesk.audio.store import Piece
from stemdesk.core.errors import Cancelled, ErrorCode, Paused, SourceError
from stemdesk.core.progress import CancelToken
from stemdesk.engine.pass_queue import LEAD_S, MARGIN_S, RUSH_LEAD_S, PassQueue, Wish, guess_s
from stemdesk.engine.plan import Outline, Pass, make_outline, make_plan
from stemdesk.models.arguments import HDEMUCS, HTDEMUCS
from stemdesk.models.library import ModelFile, ModelInfo
from stemdesk.priority import rush

RATE = 8000
LENGTH, STRIDE = 1000, 750  # frames
TOKEN = CancelToken()


def outline(
    models: int = 1,
    shifts: int = 0,
    klass: str = HTDEMUCS,
    segment: Fraction = Fraction(LENGTH, RATE),
) -> Outline:
    files = tuple(
        ModelFile(str(n), Path(f"{n}.safetensors"), klass, ("a", "b"), RATE, 2, segment, 1)
        for n in range(models)
    )
    return make_outline(ModelInfo("m", files, ((1.0, 1.0),) * models), (), 0.25, shifts)


def queue(
    frames: int = 0, complete: bool = False, models: int = 1, declared: int = 0, shifts: int = 0
) -> PassQueue:
    made = PassQueue(outline(models, shifts), lambda _: False, declared)
    made.grow(frames, complete)
    return made


def take_all(made: PassQueue, most: int = 1) -> list[Pass]:
    """Take and finish whatever may be taken now."""
    taken: list[Pass] = []
    while passes := made.take(most, TOKEN, wait=False):
        for one in passes:
            made.finish(one)
        taken += passes
    return taken


def segments(passes: list[Pass]) -> list[int]:
    return [one.segment for one in passes]


def test_passes_come_in_the_order_of_the_plan() -> None:
    made = queue(4000, complete=True, models=2)
    assert tuple(take_all(made)) == make_plan(made.outline, 4000).passes
    assert made.done == made.total == 12


def test_nothing_overtakes_the_decoder() -> None:
    made = queue()
    assert take_all(made) == []
    made.grow(999)
    assert take_all(made) == []
    made.grow(1750)
    assert segments(take_all(made)) == [0, 1]
    made.grow(1751, complete=True)
    assert segments(take_all(made)) == [2]
    assert made.take(1, TOKEN) == ()


@given(st.lists(st.integers(1, 900), max_size=12), st.integers(1, 2), st.integers(0, 2))
def test_however_it_grows_the_passes_are_those_of_the_plan(
    steps: list[int], models: int, shifts: int
) -> None:
    made = queue(models=models, shifts=shifts)
    taken: list[Pass] = []
    for known in itertools.accumulate(steps):
        made.grow(known)
        taken += take_all(made)
    made.grow(sum(steps) + 1, complete=True)
    taken += take_all(made)
    plan = make_plan(made.outline, sum(steps) + 1)
    assert sorted(taken, key=str) == sorted(plan.passes, key=str)
    assert made.total == len(plan.passes)


def test_a_wanted_place_comes_next_and_then_what_follows_it() -> None:
    made = queue(6000, complete=True)
    made.prioritise(Wish(3100))  # covered by segments 3 and 4 (from 2250 and 3000 on)
    assert segments(take_all(made)) == [3, 4, 5, 6, 7, 0, 1, 2]


def test_where_the_song_plays_on_what_would_come_too_late_waits() -> None:
    clock = [50.0]
    made = PassQueue(outline(), lambda _: False, clock=lambda: clock[0])
    made.grow(90_000, complete=True)
    made.usual_s = 0.2
    made.prioritise(Wish(1000, told_s=49.9))
    # when a pass is done the player is at 1000 + (0.1 + 0.2) s; what that leaves of a pass must be
    # worth it
    here = 1000 + round((0.3 + MARGIN_S) * RATE)
    (first,) = made.take(1, TOKEN)
    assert first.segment * STRIDE < here < (first.segment + 1) * STRIDE
    made.finish(first)
    assert made.final()[0][1] > here
    made.prioritise(Wish(1000))  # it is paused there: that very place
    assert made.take(1, TOKEN)[0].segment == 1


def test_all_passes_of_a_place_have_to_be_in_time() -> None:
    clock = [0.0]
    made = PassQueue(outline(models=2), lambda _: False, clock=lambda: clock[0])
    made.grow(90_000, complete=True)
    made.usual_s = 0.1
    made.prioritise(Wish(0, told_s=0.0))
    there = round((0.2 + MARGIN_S) * RATE)
    taken = []
    for _ in range(2):
        (one,) = made.take(1, TOKEN)
        taken.append((one.segment, one.grid))
        clock[0] += 0.1
        made.finish(one)
    assert taken == [(there // STRIDE, 0), (there // STRIDE, 1)]
    assert made.final() != ()


class Listener:
    """Plays a song that is separated meanwhile, from when it is at `here_s` on."""

    def __init__(self, here_s: float, guess_s: float, models: int, speed: float) -> None:
        self.now = 0.0
        form = outline(models=models, segment=Fraction(39, 5))
        self.queue = PassQueue(form, lambda _: False, clock=lambda: self.now)
        self.queue.grow(300 * RATE, complete=True)
        self.queue.usual_s = guess_s
        self.here_s, self.speed = here_s, speed
        self.tell()

    def tell(self) -> None:
        self.queue.prioritise(Wish(round(self.here_s * RATE), self.now, self.speed))

    def compute(self, pass_s: float) -> list[tuple[Pass, float]]:
        """Computes some passes; each, and for how long the listener was in its part yet when it was
        done, if it was the last one there."""
        passes = []
        for _ in range(12):
            (one,) = self.queue.take(1, TOKEN)
            for _ in range(4):
                self.now += pass_s / 4
                self.here_s += pass_s / 4 * self.speed
                self.tell()
            self.queue.finish(one)
            grid = self.queue.outline.grids[one.grid]
            last = grid.start(one.segment + 1) - 1  # of what is final by it
            end = [end for first, end in self.queue.final() if first <= last < end]
            passes.append((one, end[0] / RATE - self.here_s if end else 0.0))
        return passes


@pytest.mark.parametrize("here_s", [0.0, 1.8, 3.0, 5.5])
@pytest.mark.parametrize("pass_s", [0.5, 2.4, 4.5, 5.9, 9.0])
@pytest.mark.parametrize("speed", [1.0, 1.5])
def test_who_listens_is_there_when_a_pass_is_done(
    here_s: float, pass_s: float, speed: float
) -> None:
    passes = Listener(here_s, pass_s, 1, speed).compute(pass_s)
    assert min(left_s for _, left_s in passes) > 0.99 * MARGIN_S * speed


@pytest.mark.parametrize("pass_s", [2.2, 3.0, 3.6])
def test_a_wrong_guess_costs_one_pass_at_most(pass_s: float) -> None:
    """A fifth more than was expected is within the margin; a half is made good after it."""
    assert Listener(1.8, pass_s / 1.2, 1, 1.0).compute(pass_s)[0][1] > 0
    late = [left_s for _, left_s in Listener(1.8, pass_s / 2, 1, 1.0).compute(pass_s)]
    assert min(late[1:]) > 0.99 * MARGIN_S


@pytest.mark.parametrize("pass_s", [1.0, 2.8, 6.0])
def test_a_place_that_is_begun_is_finished(pass_s: float) -> None:
    """Also where the passes take a little longer than was expected."""
    passes = [one for one, _ in Listener(0.0, 0.96 * pass_s, 2, 1.0).compute(pass_s)]
    for first, second in zip(passes[::2], passes[1::2], strict=True):
        assert first.piece.start == second.piece.start


def test_a_pass_takes_what_the_middle_one_of_the_last_took() -> None:
    now = [0.0]
    made = PassQueue(outline(), lambda _: False, clock=lambda: now[0])
    made.grow(9000, complete=True)
    assert made.pass_s is None
    for took_s, usual_s in [(4.0, 4.0), (2.0, 2.0), (60.0, 4.0), (2.5, 2.5), (2.25, 2.5)]:
        (one,) = made.take(1, TOKEN)
        now[0] += took_s
        made.finish(one)
        assert made.pass_s == usual_s
    (one,) = made.take(1, TOKEN)
    made.put_back()
    now[0] += 600
    made.finish(made.take(1, TOKEN)[0])
    assert made.pass_s == 2.25, "what was put back does not count"


def test_a_guess_follows_the_device() -> None:
    assert guess_s(7.8, "cpu", 2) == 2 * guess_s(7.8, "cpu", 4) > guess_s(7.8, "cuda:0", 2) > 0


def test_a_player_that_says_nothing_any_more_has_not_gone_on_for_ever() -> None:
    clock = [0.0]
    made = PassQueue(outline(), lambda _: False, clock=lambda: clock[0])
    made.grow(90_000, complete=True)
    made.usual_s = 0.0
    made.prioritise(Wish(0, told_s=0.0))
    clock[0] = 3600.0
    assert made.take(1, TOKEN)[0].segment * STRIDE < 3 * RATE


def test_a_place_that_is_not_decoded_yet_comes_as_soon_as_it_is() -> None:
    made = queue(3000)
    made.prioritise(Wish(4000))
    first = made.take(1, TOKEN)[0]
    assert first.segment == 0
    made.grow(6000)
    assert made.take(1, TOKEN)[0].segment == 5


def test_batches_hold_one_sub_model_and_one_length() -> None:
    made = queue(3500, complete=True, models=2)
    batches = [[(one.piece.name, one.piece.frames) for one in made.take(3, TOKEN)] for _ in "1234"]
    assert batches[0] == [(f"m0-00000{n}", 1000) for n in (0, 1, 2)]
    assert batches[1] == [(f"m1-00000{n}", 1000) for n in (0, 1, 2)]
    assert [name for name, _ in batches[2] + batches[3]] == [
        "m0-000003",
        "m1-000003",
    ]


def test_what_an_earlier_run_finished_is_not_given_out() -> None:
    done = {"m0-000000", "m0-000002"}

    def is_done(piece: Piece) -> bool:
        return piece.name in done

    made = PassQueue(outline(), is_done)
    made.grow(3000, complete=True)
    assert made.done == 2
    assert segments(take_all(made)) == [1, 3]


def test_what_was_put_back_is_given_out_again() -> None:
    made = queue(3000, complete=True)
    taken = made.take(2, TOKEN)
    made.put_back()
    assert made.take(2, TOKEN) == taken
    made.finish(taken[0])
    made.redo()
    assert made.done == 0
    assert segments(take_all(made)) == [0, 1, 2, 3]


def test_the_total_follows_the_declared_length_until_the_end_is_known() -> None:
    made = queue(1000, declared=3000)
    assert made.total == 4
    made.grow(9000)
    assert made.total == 11 + 1, "the file is longer than it says"
    made.grow(9000, complete=True)
    assert made.total == 12
    assert queue(1000).total == 2


# --- what is final ---


def test_frames_are_final_once_every_pass_over_them_is_finished() -> None:
    made = queue(3000, complete=True)
    assert made.final() == ()
    made.finish(made.take(1, TOKEN)[0])
    assert made.final() == ((0, 750),)
    made.prioritise(Wish(2600))
    made.finish(made.take(1, TOKEN)[0])  # segment 3: 2250 to the end
    assert made.final() == ((0, 750), (2500, 3000))
    take_all(made)
    assert made.final() == ((0, 3000),)


def test_a_finished_place_in_the_middle_is_final_on_its_own() -> None:
    made = queue(6000, complete=True)
    made.prioritise(Wish(3100))
    for _ in range(2):
        made.finish(made.take(1, TOKEN)[0])
    assert made.final() == ((2500, 3750),), "from the end of segment 2 to the start of 5"


def test_what_the_next_segment_may_change_is_not_final() -> None:
    made = queue(1200)
    take_all(made)
    assert made.final() == ((0, 750),)
    made.grow(1200, complete=True)
    assert made.final() == ((0, 750),)
    take_all(made)
    assert made.final() == ((0, 1200),)


# --- waiting ---


def test_taking_waits_for_the_decoder() -> None:
    made = queue()
    taken: list[Pass] = []
    thread = threading.Thread(target=lambda: taken.extend(made.take(1, TOKEN)))
    thread.start()
    made.grow(1000)
    thread.join(10)
    assert segments(taken) == [0]


@pytest.mark.parametrize(("how", "outcome"), [("cancel", Cancelled), ("pause", Paused)])
def test_waiting_ends_when_the_job_is_stopped(how: str, outcome: type[Exception]) -> None:
    made, token = queue(), CancelToken()
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            made.take(1, token)
        except outcome as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    getattr(token, how)()
    thread.join(10)
    assert len(caught) == 1


def rests(made: PassQueue) -> bool:
    """Whether the decoder would wait now: it looks again whether it is cancelled then."""

    class Once(CancelToken):
        looked = False

        def check(self) -> None:
            if self.looked:
                raise Cancelled
            self.looked = True

    try:
        made.rest(Once())
    except Cancelled:
        return True
    return False


def test_the_decoder_runs_freely_until_passes_are_computed_and_then_keeps_its_lead() -> None:
    lead = LEAD_S * RATE
    made = queue(lead + 5000)
    assert not rests(made), "nothing is computed yet"
    made.finish(made.take(1, TOKEN)[0])  # to frame 1000
    assert rests(made)
    for _ in range(6):
        made.take(1, TOKEN)
    assert not rests(made), "its lead is used up"
    made.grow(lead + 9000)
    assert rests(made)
    made.prioritise(Wish(lead + 8000))
    assert not rests(made), "a person wants to hear what comes"


def test_in_a_rush_the_decoder_has_a_short_lead_before_the_first_pass_too() -> None:
    made = queue(RUSH_LEAD_S * RATE + 5000)
    with rush():
        assert rests(made)
        made.prioritise(Wish(6000))
        assert not rests(made), "a person is there"
    made.prioritise(Wish(0))
    assert not rests(made)
    with rush():
        assert not rests(queue(LENGTH - 1)), "there is nothing to compute yet"


def test_the_decoder_never_rests_while_passes_wait_for_it() -> None:
    made = queue(LENGTH)
    made.take(1, TOKEN)
    made.grow(LENGTH + STRIDE - 1)
    assert not rests(made)


def test_what_stopped_the_decoder_is_raised_where_it_is_waited_for() -> None:
    made = queue(1000)
    made.fail(SourceError(ErrorCode.SOURCE_TOO_LONG))
    with pytest.raises(SourceError):
        made.take(1, TOKEN)


def test_networks_that_may_hear_more_wait_for_it() -> None:
    made = PassQueue(outline(klass=HDEMUCS), lambda _: False)
    made.grow(LENGTH + STRIDE)
    assert take_all(made) == []
    made.grow(LENGTH + STRIDE, complete=True)
    assert segments(take_all(made)) == [0, 1, 2]


def test_what_is_final_is_found_once_for_each_change() -> None:
    made = queue(2_000_000, complete=True)
    (one,) = made.take(1, TOKEN)
    before = made.final()
    assert made.final() is before == ()
    made.finish(one)
    after = made.final()
    assert after and made.final() is after
    made.take(1, TOKEN)
    made.put_back()
    assert made.final() is after
    made.redo()
    assert made.final() == ()
    made = queue(3000)
    take_all(made)
    known = made.final()
    made.grow(6000, complete=True)
    assert made.final() == known
    take_all(made)
    assert made.final() == ((0, 6000),)
