import pytest

from stemdesk.core.progress import Progress, Stage
from stemdesk.core.stall import StallWatch, log_text


class Looks:
    """A watch that somebody looks at every `every_s` seconds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.watch = StallWatch(lambda: self.now)

    def look_for(self, seconds: float, every_s: float = 5.0) -> list[float | None]:
        seen = []
        for _ in range(round(seconds / every_s)):
            self.now += every_s
            stalled = self.watch.look()
            seen.append(None if stalled is None else stalled.stalled_s)
        return seen


@pytest.fixture
def looks() -> Looks:
    return Looks()


def test_ten_times_the_usual_time_is_a_stall(looks: Looks) -> None:
    looks.watch.hear(Progress(Stage.SEPARATING, 0.5, 70.0, pass_s=8.0))
    assert set(looks.look_for(75)) == {None}
    assert looks.look_for(10) == [80.0, 85.0]
    stalled = looks.watch.look()
    assert stalled == Progress(Stage.SEPARATING, 0.5, None, 8.0, 85.0), "what is left is not known"
    assert log_text(stalled) == (
        "no progress for 85 s, separating at 50 %, a pass usually takes 8.0 s"
    )


def test_a_stall_takes_a_minute_at_least(looks: Looks) -> None:
    looks.watch.hear(Progress(Stage.SEPARATING, 0.5, 70.0, pass_s=0.01))
    assert set(looks.look_for(55)) == {None}
    assert looks.look_for(5) == [60.0]


@pytest.mark.parametrize("stage", [Stage.DECODING, Stage.SEPARATING, Stage.SAVING])
def test_where_nothing_is_usual_yet_it_takes_five_minutes(looks: Looks, stage: Stage) -> None:
    looks.watch.hear(Progress(stage, 0.0))
    assert set(looks.look_for(295)) == {None}
    assert looks.look_for(5) == [300.0]


def test_the_same_again_is_no_progress(looks: Looks) -> None:
    for _ in range(59):
        looks.watch.hear(Progress(Stage.DECODING, 0.0))
        assert looks.look_for(5) == [None]
    looks.watch.hear(Progress(Stage.DECODING, 0.0))
    assert looks.look_for(5) == [300.0]
    looks.watch.hear(Progress(Stage.DECODING, 0.0))
    assert looks.watch.stalled


def test_the_next_progress_ends_it(looks: Looks) -> None:
    looks.watch.hear(Progress(Stage.SEPARATING, 0.5, 70.0, pass_s=1.0))
    found = [looks.watch.stalled]
    assert looks.look_for(60)[-1] == 60.0
    found.append(looks.watch.stalled)
    looks.watch.hear(Progress(Stage.SEPARATING, 0.6, 50.0, pass_s=1.0))
    found.append(looks.watch.stalled)
    assert found == [False, True, False]
    assert set(looks.look_for(55)) == {None}


def test_who_waits_for_another_stemdesk_is_not_stalled(looks: Looks) -> None:
    looks.watch.hear(Progress(Stage.WAITING, 0.0))
    assert set(looks.look_for(3600)) == {None}


def test_nothing_is_said_before_a_job_or_about_the_one_before(looks: Looks) -> None:
    assert set(looks.look_for(600)) == {None}
    looks.watch.hear(Progress(Stage.SEPARATING, 0.5, 70.0, pass_s=1.0))
    looks.watch.start()
    assert set(looks.look_for(600)) == {None}


def test_a_night_asleep_does_not_count(looks: Looks) -> None:
    looks.watch.hear(Progress(Stage.SEPARATING, 0.5, 70.0, pass_s=1.0))
    looks.look_for(20)
    looks.now += 8 * 3600
    assert looks.watch.look() is None
    assert looks.look_for(10)[-1] == 60.0, "20 s before, 30 s at most for the night, 10 s after"
