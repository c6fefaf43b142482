import pytest

from stemdesk.core.errors import Cancelled, Paused
from stemdesk.core.progress import CancelToken, Estimate


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


def test_pause_acts_only_where_a_job_can_rest() -> None:
    token = CancelToken()
    token.pause()
    token.check()
    with pytest.raises(Paused):
        token.check_pause()


def test_the_estimate_is_the_time_per_step_times_the_steps_to_go() -> None:
    clock = Clock()
    estimate = Estimate(clock)
    clock.now += 8.0  # warm-up
    assert estimate.step(1, 10) == pytest.approx(72.0)
    clock.now += 2.0
    assert estimate.step(2, 10) == pytest.approx(16.0), "the warm-up no longer counts"
    clock.now += 3.0
    assert estimate.step(3, 10) == pytest.approx((2.0 + 0.3 * 1.0) * 7)


def test_the_estimate_starts_anew_after_a_suspend() -> None:
    clock = Clock()
    estimate = Estimate(clock)
    clock.now += 1.0
    estimate.step(1, 10)
    clock.now += 3600.0
    assert estimate.step(2, 10) is None
    clock.now += 1.0
    assert estimate.step(3, 10) == pytest.approx(7.0)


def test_the_estimate_ends_at_zero() -> None:
    clock = Clock()
    estimate = Estimate(clock)
    clock.now += 1.0
    assert estimate.step(1, 1) == 0.0
