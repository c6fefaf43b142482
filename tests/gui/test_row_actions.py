from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, JobState
from stemdesk.gui.model_values import ModelChoice
from stemdesk.gui.queue_model import QueueModel
from stemdesk.gui.row_actions import (
    LABELS,
    RowAction,
    RowCommands,
    actions_for,
    buttons_for,
    common_actions,
)
from support.fake_controller import FakeController
from support.fake_models import STARTER, released
from support.jobs import a_job
from support.opened import record_opened

A = RowAction


@pytest.fixture
def controller(qtbot: QtBot, tmp_path: Path) -> FakeController:
    return FakeController(tmp_path)


@pytest.fixture
def commands(controller: FakeController) -> RowCommands:
    return RowCommands(cast(Any, controller))


@pytest.mark.parametrize("state", JobState)
def test_every_song_can_be_removed(state: JobState) -> None:
    job = a_job(state=state)
    assert A.REMOVE in actions_for(job)
    assert len(buttons_for(job)) in (1, 2)


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (JobState.QUEUED, (A.PAUSE, A.CANCEL)),
        (JobState.SEPARATING, (A.PAUSE, A.CANCEL)),
        (JobState.SAVING, (A.CANCEL,)),
        (JobState.PAUSED, (A.RESUME, A.CANCEL)),
        (JobState.FAILED, (A.RETRY,)),
        (JobState.CANCELLED, (A.RETRY,)),
        (JobState.INTERRUPTED, (A.GO_ON, A.CANCEL)),
        (JobState.DONE, (A.SHOW_FOLDER,)),
    ],
)
def test_row_buttons(state: JobState, buttons: tuple[RowAction, ...]) -> None:
    assert buttons_for(a_job(state=state)) == buttons


def test_a_song_that_runs_elsewhere_is_left_alone() -> None:
    assert actions_for(a_job(state=JobState.SEPARATING), elsewhere=True) == ()


def test_several_songs_share_what_fits_all() -> None:
    queued, paused = a_job(state=JobState.QUEUED), a_job(state=JobState.PAUSED)
    done = a_job(state=JobState.DONE)
    assert common_actions([actions_for(queued), actions_for(paused)]) == (A.CANCEL, A.REMOVE)
    assert common_actions([actions_for(queued), actions_for(done)]) == (A.REMOVE,)
    assert common_actions([]) == ()


@pytest.mark.parametrize(
    ("state", "action", "call"),
    [
        (JobState.SEPARATING, A.PAUSE, "pause"),
        (JobState.PAUSED, A.RESUME, "resume"),
        (JobState.QUEUED, A.CANCEL, "cancel"),
        (JobState.FAILED, A.RETRY, "retry"),
        (JobState.DONE, A.SPLIT_AGAIN, "split_again"),
    ],
)
def test_actions_reach_the_controller(
    controller: FakeController,
    commands: RowCommands,
    state: JobState,
    action: RowAction,
    call: str,
) -> None:
    job = controller.add(state=state)
    commands.run(action, [job.id])
    assert controller.asked(call) == [(job.id,)]


def test_lists_are_handed_over_at_once(controller: FakeController, commands: RowCommands) -> None:
    ids = [controller.add(f"{n}.mp3", state=JobState.INTERRUPTED).id for n in range(2)]
    commands.run(A.GO_ON, ids)
    assert controller.asked("go_on") == [(ids,)]
    commands.run(A.REMOVE, ids)
    assert controller.asked("remove") == [(ids,)]


def test_what_does_not_fit_any_more_is_not_done(
    controller: FakeController, commands: RowCommands
) -> None:
    job = controller.add(state=JobState.DONE)
    commands.run(A.PAUSE, [job.id, "gone"])
    assert controller.calls == []


@pytest.mark.parametrize(
    ("action", "index", "order"),
    [
        (A.MOVE_TOP, 2, "cabd"),
        (A.MOVE_UP, 2, "acbd"),
        (A.MOVE_DOWN, 1, "acbd"),
        (A.MOVE_DOWN, 2, "abdc"),
        (A.MOVE_UP, 0, "abcd"),
        (A.MOVE_TOP, 0, "abcd"),
        (A.MOVE_DOWN, 3, "abcd"),
    ],
)
def test_moving(
    controller: FakeController, commands: RowCommands, action: RowAction, index: int, order: str
) -> None:
    jobs = [controller.add(f"{name}.mp3") for name in "abcd"]
    commands.run(action, [jobs[index].id])
    assert "".join(job.source.stem for job in controller.jobs) == order


def test_the_folder_is_shown(
    qtbot: QtBot,
    tmp_path: Path,
    controller: FakeController,
    commands: RowCommands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = record_opened(monkeypatch)
    job = controller.add(state=JobState.DONE, output=tmp_path)
    commands.run(A.SHOW_FOLDER, [job.id])
    qtbot.waitUntil(lambda: [Path(url.toLocalFile()) for url in shown] == [tmp_path])


def test_a_folder_that_is_gone_is_said(
    qtbot: QtBot,
    tmp_path: Path,
    controller: FakeController,
    commands: RowCommands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = record_opened(monkeypatch)
    job = controller.add(state=JobState.DONE, output=tmp_path / "gone")
    with qtbot.waitSignal(controller.message) as message:
        commands.run(A.SHOW_FOLDER, [job.id])
    assert str(tmp_path / "gone") in message.args[0].text
    assert shown == []


def test_questions_are_for_the_window(
    qtbot: QtBot, controller: FakeController, commands: RowCommands
) -> None:
    done = controller.add(state=JobState.DONE)
    failed = controller.add(state=JobState.FAILED)
    with qtbot.waitSignal(commands.trash_wanted) as trash:
        commands.run(A.TRASH, [done.id])
    with qtbot.waitSignal(commands.details_wanted) as details:
        commands.run(A.DETAILS, [failed.id])
    assert (trash.args, details.args) == ([done.id], [failed.id])
    assert controller.calls == []


@pytest.mark.parametrize("state", JobState)
def test_the_context_menu_does_what_it_says(
    qtbot: QtBot, controller: FakeController, commands: RowCommands, state: JobState
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    job = controller.add(state=state)
    menu = commands.menu([job.id], parent)
    items = [item for item in menu.actions() if not item.isSeparator()]
    assert [item.text() for item in items] == [LABELS[action] for action in actions_for(job)]
    assert not any(item.icon().isNull() for item in items)
    next(item for item in items if item.objectName() == "remove").trigger()
    assert controller.asked("remove") == [([job.id],)]


def test_what_waits_behind_another_stemdesk_runs_and_is_not_retried() -> None:
    assert A.RETRY not in actions_for(a_job(state=JobState.WAITING))
    full = Failure(ErrorCode.DISK_FULL)
    assert A.RETRY in actions_for(a_job(state=JobState.WAITING, failure=full))


def test_many_songs_are_one_command(
    controller: FakeController, commands: RowCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [controller.add(f"{n}.mp3", state=JobState.QUEUED).id for n in range(3)]
    given: list[list[str]] = []
    monkeypatch.setattr(controller, "for_each", lambda ids, _: given.append(list(ids)))
    commands.run(A.PAUSE, ids)
    assert given == [ids]


def test_songs_that_wait_for_a_model_offer_its_download_or_another_one(
    controller: FakeController, commands: RowCommands
) -> None:
    controller.models_known.emit((STARTER, released("small")))
    failure = Failure(ErrorCode.MODEL_MISSING, facts={"model": "small"})
    jobs = [controller.add(state=JobState.WAITING, failure=failure) for _ in range(2)]
    assert buttons_for(jobs[0]) == (A.GET_MODEL, A.USE_INSTEAD)
    assert A.RETRY not in actions_for(jobs[0])
    common = common_actions([commands.allowed(job.id) for job in jobs])
    assert {A.GET_MODEL, A.USE_INSTEAD} <= set(common)
    ids = [job.id for job in jobs]
    commands.run(A.GET_MODEL, ids)
    commands.run(A.USE_INSTEAD, ids)
    assert controller.models.calls == [("download_for", ids), ("use_instead", ids)]


def test_songs_that_wait_for_disk_offer_no_model() -> None:
    failure = Failure(ErrorCode.DISK_FULL)
    assert A.GET_MODEL not in actions_for(a_job(state=JobState.WAITING, failure=failure))


@pytest.mark.parametrize(
    ("choices", "offered"),
    [
        ((STARTER, released("small")), {A.GET_MODEL, A.USE_INSTEAD}),
        ((STARTER,), {A.USE_INSTEAD}),  # a model of one's own that was removed
        ((STARTER, released("small", downloadable=False)), {A.USE_INSTEAD}),
        ((released("small"),), {A.GET_MODEL}),
        ((), set()),
    ],
)
def test_what_could_not_work_is_not_offered(
    controller: FakeController,
    commands: RowCommands,
    choices: tuple[ModelChoice, ...],
    offered: set[RowAction],
) -> None:
    controller.models_known.emit(choices)
    failure = Failure(ErrorCode.MODEL_MISSING, facts={"model": "small"})
    job = controller.add(state=JobState.WAITING, failure=failure)
    assert {A.GET_MODEL, A.USE_INSTEAD} & set(commands.allowed(job.id)) == offered
    row = QueueModel(cast(Any, controller))
    assert {A.GET_MODEL, A.USE_INSTEAD} & set(row.buttons(job)) == offered
    changed: list[int] = []
    row.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    controller.models_known.emit((STARTER, released("small")))
    assert changed == [0] and row.buttons(job) == (A.GET_MODEL, A.USE_INSTEAD)
    commands.run(A.CANCEL, [job.id])
    assert controller.asked("cancel") == [(job.id,)]
