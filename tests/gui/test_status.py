from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.gui import labels
from stemdesk.gui.status import StatusLine
from stemdesk.gui.values import NoDevice
from stemdesk.jobs.gpu_pack import PackStatus
from support.fake_controller import FakeController
from support.fake_gpu import FAILED, GPU, OFFERED, PASSED, UNTRIED


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


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (None, "no GPU found"),
        (replace(OFFERED, gpu=None), "no GPU found"),
        (replace(OFFERED, wanted=None), "no GPU found"),
        (OFFERED, f"{GPU.name} needs the GPU pack, see Settings"),
        (UNTRIED, f"{GPU.name} needs the GPU pack, see Settings"),
        (replace(OFFERED, gpu=replace(GPU, name="")), "an NVIDIA GPU needs the GPU pack"),
        (replace(OFFERED, gpu=replace(GPU, driver="470.1")), f"{GPU.name} cannot be used"),
        (PASSED, f"{GPU.name} is used from the next start on"),
        (FAILED, f"the GPU pack does not work on {GPU.name}"),
        (replace(PASSED, leaving=True), "no GPU found"),
        (replace(PASSED, in_use=True), "no GPU found"),
    ],
)
def test_it_says_that_a_gpu_waits_for_its_pack(
    qtbot: QtBot, tmp_path: Path, status: PackStatus | None, said: str
) -> None:
    controller = FakeController(tmp_path)
    line = StatusLine(cast(Any, controller), controller.tasks, lambda: "")
    qtbot.addWidget(line)
    controller.gpu.put(status)
    assert line.device.text() == labels.LOOKING_FOR_GPU
    controller.device_known.emit(NoDevice("cpu", "CPU", "no GPU found"))
    assert controller.gpu.calls == ["look"]
    assert line.device.text().startswith(f"CPU — {said}")
    controller.gpu.put(None)
    assert line.device.text() == "CPU — no GPU found"
    controller.gpu.put(status)
    assert line.device.text().startswith(f"CPU — {said}")


def test_nobody_looks_for_a_pack_where_a_device_was_chosen_or_found(
    qtbot: QtBot, tmp_path: Path
) -> None:
    controller = FakeController(tmp_path)
    line = StatusLine(cast(Any, controller), controller.tasks, lambda: "")
    qtbot.addWidget(line)
    controller.gpu.put(OFFERED)
    controller.device_known.emit(NoDevice("cuda:0", "NVIDIA GPU", "found, test passed"))
    assert line.device.text() == "NVIDIA GPU — found, test passed"
    controller.settings = replace(controller.settings, device="cpu")
    controller.device_known.emit(NoDevice("cpu", "CPU", "chosen in the settings"))
    assert line.device.text() == "CPU — chosen in the settings"
    assert controller.gpu.calls == []
