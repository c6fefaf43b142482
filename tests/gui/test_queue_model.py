from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.core.progress import Progress, Stage
from stemdesk.core.track import Tags
from stemdesk.gui.queue_model import QueueModel
from support.fake_controller import FakeController
from support.jobs import a_job


@pytest.fixture
def controller(qtbot: QtBot, tmp_path: Path) -> FakeController:
    return FakeController(tmp_path)


@pytest.fixture
def model(controller: FakeController) -> QueueModel:
    made = QueueModel(cast(Any, controller), controller)
    # Aborts the test at the first signal that breaks Qt's rules for models.
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def titles(model: QueueModel) -> str:
    return "".join(str(model.index(row).data()) for row in range(model.rowCount()))


def add(controller: FakeController, names: str) -> list[str]:
    return [job.id for job in controller.put(*(a_job(Path(f"/{n}.mp3")) for n in names))]


def test_rows_appear_at_the_end(controller: FakeController, model: QueueModel) -> None:
    add(controller, "ab")
    add(controller, "c")
    assert titles(model) == "abc"


def test_a_model_made_later_has_the_rows(controller: FakeController) -> None:
    add(controller, "ab")
    assert titles(QueueModel(cast(Any, controller), controller)) == "ab"


def test_rows_tell_title_and_state(controller: FakeController, model: QueueModel) -> None:
    job = controller.add(tags=Tags("Viper", "Reptiles"))
    controller.run(job, Progress(Stage.SEPARATING, 0.43, 72))
    index = model.index(0)
    assert index.data() == "Viper — Reptiles"
    shown = model.job_at(0)
    assert model.state_text(shown) == "Separating 43 %, 1:12 left"
    assert model.fraction(shown) == 0.43
    assert shown.state is JobState.SEPARATING
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Viper — Reptiles, Separating 43 %, 1:12 left"
    assert "Separating 43 %" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_rows_tell_what_is_elsewhere_and_what_pauses(
    controller: FakeController, model: QueueModel
) -> None:
    one, two = add(controller, "ab")
    controller.elsewhere.add(one)
    controller.pausing.add(two)
    assert model.is_elsewhere(model.job_at(0))
    assert model.state_text(model.job_at(0)) == "Queued in another StemDesk"
    assert model.state_text(model.job_at(1)) == "Pausing…"


def test_a_change_tells_only_its_row(
    qtbot: QtBot, controller: FakeController, model: QueueModel
) -> None:
    ids = add(controller, "abc")
    with qtbot.waitSignal(model.dataChanged) as changed:
        controller.pause(ids[1])
    assert [index.row() for index in changed.args[:2]] == [1, 1]
    assert model.state_text(model.job_at(1)) == "Paused"


@pytest.mark.parametrize(
    ("moved", "before", "order"),
    [(2, 0, "cabd"), (0, 2, "bacd"), (0, None, "bcda"), (3, 1, "adbc"), (1, 2, "abcd")],
)
def test_moves(
    controller: FakeController, model: QueueModel, moved: int, before: int | None, order: str
) -> None:
    ids = add(controller, "abcd")
    controller.move(ids[moved], None if before is None else ids[before])
    assert titles(model) == order
    assert [model.row_of(model.job_at(row).id) for row in range(4)] == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [2, 60])
def test_rows_are_removed(controller: FakeController, model: QueueModel, count: int) -> None:
    gone = [job.id for job in controller.put(*(a_job() for _ in range(count)))]
    add(controller, "z")
    controller.remove(gone)
    assert titles(model) == "z"
    assert model.row_of(gone[0]) is None


def test_a_reset_reads_all_anew(controller: FakeController, model: QueueModel) -> None:
    add(controller, "ab")
    controller._jobs.reverse()
    controller.jobs_reset.emit()
    assert titles(model) == "ba"


def test_what_is_unknown_is_ignored(controller: FakeController, model: QueueModel) -> None:
    add(controller, "a")
    controller.job_changed.emit("nobody")
    controller.job_moved.emit("nobody")
    controller.jobs_removed.emit(["nobody"])
    controller.jobs_added.emit(list(controller.jobs))
    assert titles(model) == "a"


def dropped(model: QueueModel, rows: list[int], before: int) -> bool:
    data = model.mimeData([model.index(row) for row in rows])
    return model.dropMimeData(data, Qt.DropAction.MoveAction, before, 0, QModelIndex())


@pytest.mark.parametrize(
    ("rows", "before", "order"),
    [([2], 0, "cabd"), ([0, 1], 3, "cabd"), ([0], 4, "bcda"), ([1, 2], 2, "abcd")],
)
def test_dragged_rows_move(
    controller: FakeController, model: QueueModel, rows: list[int], before: int, order: str
) -> None:
    add(controller, "abcd")
    assert not dropped(model, rows, before)  # the view must not remove the old rows
    assert titles(model) == order


def test_a_drop_on_a_row_goes_before_it(controller: FakeController, model: QueueModel) -> None:
    add(controller, "abc")
    data = model.mimeData([model.index(2)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, model.index(0))
    assert titles(model) == "cab"


def test_foreign_data_is_not_taken(controller: FakeController, model: QueueModel) -> None:
    add(controller, "ab")
    data = QMimeData()
    data.setText("b")
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    assert controller.asked("move") == []


def test_a_song_whose_stems_are_gone_is_not_called_done(
    controller: FakeController, model: QueueModel
) -> None:
    job = controller.add(state=JobState.DONE)
    assert model.state_text(model.job_at(0)) == "Done"
    controller.missing.add(job.id)
    assert model.state_text(model.job_at(0)) == "Stems not found"
    assert "Stems not found" in model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
