import pytest

from stemdesk.core.errors import Cancelled, Paused
from stemdesk.core.progress import CancelToken, Estimate, Progress, Stage


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_fresh_token_lets_everything_go_on() -> None:
    token = CancelToken()
    token.check()
    token.check_pause()
    assert not token.cancelled


def test_cancel_wins_over_pause() -> None:
    token = CancelToken()
    token.pause()
    token.cancel()
    with pytest.raises(Cancelled):
        token.check_pause()


def test_pause_acts_where_it_is_asked_for() -> None:
    token = CancelToken()
    token.pause()
    token.check()
    with pytest.raises(Paused):
        token.check_pause()


def test_the_estimate_is_the_time_per_step_times_the_steps_to_go() -> None:
    clock = Clock()
    estimate = Estimate(clock=clock)
    clock.now += 8.0  # warm-up
    assert estimate.step(1, 10) == pytest.approx(72.0)
    clock.now += 2.0
    assert estimate.step(2, 10) == pytest.approx(16.0), "the warm-up no longer counts"
    clock.now += 3.0
    assert estimate.step(3, 10) == pytest.approx((2.0 + 0.3 * 1.0) * 7)


def test_the_estimate_starts_anew_after_a_suspend() -> None:
    clock = Clock()
    estimate = Estimate(clock=clock)
    clock.now += 1.0
    estimate.step(1, 10)
    clock.now += 3600.0
    assert estimate.step(2, 10) is None
    clock.now += 1.0
    assert estimate.step(3, 10) == pytest.approx(7.0)


def test_steps_that_are_slow_are_no_suspend() -> None:
    clock = Clock()
    estimate = Estimate(clock=clock)
    found = []
    for done in range(1, 5):
        clock.now += 130.0
        found.append((estimate.step(done, 10), estimate.step_s))
    assert found == [(None, None), (1040.0, 130.0), (910.0, 130.0), (780.0, 130.0)]


def test_steps_that_are_done_at_once_are_waited_for_together() -> None:
    clock = Clock()
    estimate = Estimate(clock=clock)
    clock.now += 80.0
    assert estimate.step(16, 32) == 80.0 and estimate.step_s == 80.0


def test_the_estimate_ends_at_zero() -> None:
    clock = Clock()
    estimate = Estimate(clock=clock)
    clock.now += 1.0
    assert estimate.step(1, 1) == 0.0


def test_the_estimate_knows_the_usual_time_of_a_step() -> None:
    clock = Clock()
    estimate = Estimate(clock=clock)
    assert estimate.step_s is None
    clock.now += 8.0
    estimate.step(1, 10)
    assert estimate.step_s == pytest.approx(8.0)
    clock.now += 3600.0
    estimate.step(2, 10)
    assert estimate.step_s is None, "after a suspend nothing is usual"


@pytest.mark.parametrize(
    ("fraction", "percent"), [(0.0, 0), (0.29, 29), (0.434, 43), (399 / 400, 99), (1.0, 100)]
)
def test_a_hundred_percent_is_everything(fraction: float, percent: int) -> None:
    assert Progress(Stage.SEPARATING, fraction).percent == percent


def test_all_whole_percents_are_themselves() -> None:
    for whole in range(101):
        assert Progress(Stage.SEPARATING, whole / 100).percent == whole


def test_steps_that_end_together_share_their_time() -> None:
    clock = Clock()
    estimate = Estimate(4, clock)
    for done in (8, 12):
        clock.now += 8.0
        assert estimate.step(done, 20) == pytest.approx(2.0 * (20 - done))


def test_steps_that_are_done_again_start_the_estimate_anew() -> None:
    clock = Clock()
    estimate = Estimate(clock=clock)
    clock.now += 1.0
    estimate.step(1, 10)
    assert estimate.step(0, 10) is None
    clock.now += 3.0
    assert estimate.step(1, 10) == pytest.approx(27.0)
