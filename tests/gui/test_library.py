from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.gui.library import Library
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.row_actions import RowCommands
from support.fake_controller import FakeController


@pytest.fixture
def controller(qtbot: QtBot, tmp_path: Path) -> FakeController:
    return FakeController(tmp_path)


@pytest.fixture
def library(qtbot: QtBot, controller: FakeController) -> Library:
    fake = cast(Any, controller)
    made = Library(QueueModel(fake, controller), RowCommands(fake, controller))
    qtbot.addWidget(made)
    return made


def test_forgetting_is_offered_while_something_has_ended(
    qtbot: QtBot, library: Library, controller: FakeController
) -> None:
    assert not library.forget.isEnabled()
    job = controller.add(state=JobState.DONE)
    qtbot.waitUntil(library.forget.isEnabled)
    with qtbot.waitSignal(library.forget_wanted):
        library.forget.click()
    controller.remove([job.id])
    qtbot.waitUntil(lambda: not library.forget.isEnabled())


def test_many_changes_are_looked_at_once(
    qtbot: QtBot, library: Library, controller: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [controller.add(f"{n}.mp3", state=JobState.FAILED) for n in range(50)]
    qtbot.waitUntil(library.forget.isEnabled)
    looks: list[int] = []
    job_at = QueueModel.job_at

    def counted(model: QueueModel, row: int) -> Any:
        looks.append(row)
        return job_at(model, row)

    monkeypatch.setattr(QueueModel, "job_at", counted)
    for job in jobs:
        controller.change(job, state=JobState.QUEUED, failure=None)
    qtbot.waitUntil(lambda: not library.forget.isEnabled())
    assert len(looks) <= 2 * len(jobs)
