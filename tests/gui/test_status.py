from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.gui.status import StatusLine
from support.fake_controller import FakeController


def test_a_disk_that_hangs_is_looked_at_once_at_a_time(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Path] = []
    go = threading.Event()

    def free_bytes(folder: Path) -> int:
        looks.append(folder)
        go.wait(30)
        return 5_000_000_000

    monkeypatch.setattr("stemdesk.gui.status.free_bytes", free_bytes)
    controller = FakeController(tmp_path)
    status = StatusLine(cast(Any, controller), controller.tasks, lambda: "")
    qtbot.addWidget(status)
    for _ in range(5):
        status.look_at_disk()
    qtbot.waitUntil(lambda: len(looks) == 1)
    before = controller.folders
    controller.folders = type(before)(*(tmp_path / name for name in "abcde"))
    go.set()
    qtbot.waitUntil(lambda: status.disk.text().endswith("free"))
    assert looks == [before.output, controller.folders.output]
    status.look_at_disk()
    qtbot.waitUntil(lambda: len(looks) == 3)
    assert controller.tasks.close(10_000)
