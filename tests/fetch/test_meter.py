import pytest

from stemdesk.core.transfer import Transfer
from stemdesk.fetch.meter import Meter


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Told:
    """A meter of a file of 10 000 bytes, and what it told."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.reports: list[Transfer] = []
        self.meter = Meter("file", 10_000, self.reports.append, self.clock)
        self.done = 0

    def run(self, seconds: float, per_s: int, step_s: float = 0.01) -> Transfer:
        """Bytes come evenly for so long; returns the last report."""
        for _ in range(round(seconds / step_s)):
            self.clock.now += step_s
            new = round(per_s * step_s)
            self.done += new
            self.meter.at(self.done, new)
        return self.reports[-1]


def test_at_most_ten_reports_a_second_and_the_end() -> None:
    told = Told()
    told.run(5.0, 1000)
    assert 45 <= len(told.reports) <= 50
    before = len(told.reports)
    told.meter.finish()
    told.meter.finish()
    assert len(told.reports) == before + 2
    last = told.reports[-1]
    assert (last.done_bytes, last.total_bytes, last.left_s) == (10_000, 10_000, 0.0)


def test_the_first_moments_say_no_speed() -> None:
    told = Told()
    told.meter.at(0)
    assert told.reports[-1].bytes_per_s is None and told.reports[-1].left_s is None
    assert told.run(0.3, 1000).bytes_per_s is None
    assert told.run(0.5, 1000).bytes_per_s == pytest.approx(1000, rel=0.05)


def test_the_speed_is_that_of_the_last_seconds() -> None:
    told = Told()
    fast = told.run(3.0, 1000)
    assert fast.bytes_per_s == pytest.approx(1000, rel=0.02)
    assert fast.left_s == pytest.approx((10_000 - fast.done_bytes) / 1000, rel=0.02)
    mixed = told.run(1.0, 200).bytes_per_s
    assert mixed is not None and 700 < mixed < 900, "smoothed"
    assert told.run(5.2, 200).bytes_per_s == pytest.approx(200, rel=0.05)


def test_what_was_there_before_does_not_count() -> None:
    told = Told()
    told.done = 8000
    told.meter.at(8000)
    resumed = told.run(1.0, 1000)
    assert resumed.done_bytes > 8900
    assert resumed.bytes_per_s == pytest.approx(1000, rel=0.05)


def test_the_wait_for_the_first_byte_does_not_count() -> None:
    told = Told()
    told.meter.at(0)
    told.clock.now += 20.0
    assert told.run(1.0, 1000).bytes_per_s == pytest.approx(1000, rel=0.05)


def test_nothing_comes_and_the_speed_falls() -> None:
    told = Told()
    told.run(2.0, 1000)
    for _ in range(60):
        told.clock.now += 0.1
        told.meter.tick()
    assert told.reports[-1].bytes_per_s == 0.0 and told.reports[-1].left_s is None
    assert told.reports[-1].done_bytes == 2000
