from __future__ import annotations

from dataclasses import replace

from stemdesk.core.job import JobState
from stemdesk.core.settings import Settings
from stemdesk.gui.stay_awake import StayAwake
from support.desk import Desk, endless


class Counter:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def hold(self) -> None:
        self.calls.append("hold")

    def release(self) -> None:
        self.calls.append("release")


def test_sleep_is_held_off_while_a_job_runs(desk: Desk) -> None:
    controller = desk.open()
    counter = Counter()
    awake = StayAwake(controller, counter)
    desk.script.behaviours["long.mp3"] = endless
    (job,) = desk.add("long.mp3")
    desk.wait_for(JobState.SEPARATING, job)
    assert counter.calls == ["hold"]
    controller.change_settings(replace(controller.settings, stay_awake=False))
    awake.look()
    assert counter.calls == ["hold", "release"]
    controller.change_settings(Settings())
    awake.look()
    controller.cancel(job)
    desk.wait_for(JobState.CANCELLED, job)
    desk.wait_until(lambda: counter.calls == ["hold", "release"] * 2)


def test_it_is_let_go_when_the_app_stops(desk: Desk) -> None:
    controller = desk.open()
    counter = Counter()
    StayAwake(controller, counter)
    desk.script.behaviours["long.mp3"] = endless
    (job,) = desk.add("long.mp3")
    desk.wait_for(JobState.SEPARATING, job)
    with desk.qtbot.waitSignal(controller.stopped):
        controller.stop_now()
    desk.wait_until(lambda: counter.calls == ["hold", "release"])
