from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from stemdesk.core.export_order import ExportOrder
from stemdesk.gui.export_planner import Planner
from stemdesk.gui.later import LATER_MS
from stemdesk.gui.tasks import Tasks

HERE = Path("/exports")


def test_one_choice_is_asked_for_at_a_time_and_then_the_last(qtbot: QtBot) -> None:
    parent, tasks, free = QObject(), Tasks(), threading.Event()
    asked: list[str] = []
    order = ExportOrder()

    def plan(chosen: ExportOrder, folder: Path) -> tuple[Path, ...]:
        asked.append(chosen.template)
        assert free.wait(20)
        return (folder / chosen.template,)

    planner = Planner(tasks, plan, lambda: (order, HERE), parent)
    for name in ("a", "b", "c"):
        order = replace(order, template=name)
        planner.ask()
        qtbot.waitUntil(lambda: bool(asked), timeout=20_000)
        qtbot.wait(2 * LATER_MS)  # the next one would have begun
    assert asked == ["a"] and planner.behind
    free.set()
    qtbot.waitUntil(lambda: not planner.behind, timeout=20_000)
    assert asked == ["a", "c"]
    assert planner.files == (HERE / "c",)
    assert tasks.close(10_000)


def test_an_answer_that_comes_too_late_is_not_told(qtbot: QtBot) -> None:
    parent, tasks = QObject(), Tasks()
    free, begun = threading.Event(), threading.Event()

    def plan(chosen: ExportOrder, folder: Path) -> tuple[Path, ...]:
        begun.set()
        assert free.wait(20)
        return (folder / "x.wav",)

    planner = Planner(tasks, plan, lambda: (ExportOrder(), HERE), parent)
    told: list[bool] = []
    planner.answered.connect(lambda: told.append(True))
    planner.ask()
    qtbot.waitUntil(begun.is_set, timeout=20_000)
    planner.end()
    free.set()
    answered: list[object] = []
    tasks.io(lambda: None, answered.append)
    qtbot.waitUntil(lambda: bool(answered), timeout=20_000)
    assert tasks.close(10_000)
    assert not told and not planner.files
