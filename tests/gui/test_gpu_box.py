"""The GPU pack in the settings: every state of it, and the real way from the button to the pack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from stemdesk.core.declared import Section
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.core.transfer import Transfer, ignore_transfer
from stemdesk.engine import gpu_pack
from stemdesk.engine.nvidia import NvidiaGpu
from stemdesk.gui import gpu_words, theme
from stemdesk.gui.gpu_box import GpuBox
from stemdesk.gui.gpu_desk import GpuDesk
from stemdesk.gui.model_values import Download, Errand, Phase
from stemdesk.gui.settings_dialog import Around, SettingsDialog
from stemdesk.gui.status import StatusLine
from stemdesk.gui.tasks import Tasks
from stemdesk.gui.values import NoDevice
from stemdesk.jobs.gpu_pack import (
    TRYING,
    UNPACKING,
    PackStatus,
    install_pack,
    is_to_be_tried,
)
from stemdesk.jobs.gpu_wheels import FETCHING
from stemdesk.paths import Folders
from support.desk import Desk
from support.fake_gpu import FAILED, FETCHED, GPU, OFFERED, PASSED, UNTRIED, FakeGpu
from support.gpu_packs import HANGS, choose_gpu, choose_pack, gpu_place, torch_wheel, wanted
from support.package_index import PackageIndex
from support.web import Reply, make_certificate

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


class Room:
    """The settings window at its section of splitting, with a GPU pack that does as it is told."""

    def __init__(self, qtbot: QtBot, root: Path) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, Qt.ColorScheme.Light)
        self.tasks, self.gpu = Tasks(), FakeGpu()
        folders = Folders(root / "config", root / "data", root / "logs", root / "music")
        around = Around(folders, self.tasks, devices=tuple, gpu=cast(GpuDesk, self.gpu))
        self.dialog = SettingsDialog(None, Settings(), around)
        qtbot.addWidget(self.dialog)
        self.dialog.show_section(Section.SPLITTING)
        self.dialog.show()
        assert self.dialog.gpu is not None
        self.box = self.dialog.gpu

    @property
    def shown(self) -> list[str]:
        return [button.text() for button in self.box.buttons if button.isVisible()]


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    made = Room(qtbot, tmp_path)
    yield made
    assert made.tasks.close(10_000)


def running(name: str, done: int, total: int, phase: Phase = Phase.RUNNING) -> Download:
    return Download(Errand.DOWNLOAD, phase=phase, transfer=Transfer(name, done, total, 5e6, 400.0))


@pytest.mark.parametrize(
    "status",
    [None, PackStatus(None), PackStatus(OFFERED.wanted), PackStatus(None, GPU)],
)
def test_nothing_is_said_where_it_is_of_no_use(room: Room, status: PackStatus | None) -> None:
    assert room.gpu.calls == ["look"] and not room.box.isVisible()
    room.gpu.put(status)
    assert not room.box.isVisible()
    room.gpu.put(OFFERED)
    assert room.box.isVisible()


STOPPED = Download(Errand.DOWNLOAD, phase=Phase.STOPPED)
BROKEN = Download(Errand.DOWNLOAD, phase=Phase.FAILED, error="The connection broke off. Try again.")


@pytest.mark.parametrize(
    ("status", "download", "words", "buttons"),
    [
        (OFFERED, None, "2.5 GB to fetch, 4.0 GB on the disk", ["Get it"]),
        (OFFERED, Download(Errand.DOWNLOAD, phase=Phase.WAITING), "begins", ["Cancel"]),
        (
            OFFERED,
            running(FETCHING, 430_000_000, 2_532_581_382),
            "Fetching 430.0 MB of",
            ["Cancel"],
        ),
        (OFFERED, running(UNPACKING, 43, 100), "Unpacking 43 %", ["Cancel"]),
        (OFFERED, running(TRYING, 0, 0), "Trying it", ["Cancel"]),
        (OFFERED, running(TRYING, 0, 0, Phase.STOPPING), "Stopping", ["Cancel"]),
        (FETCHED, STOPPED, "430.0 MB of 2.5 GB are fetched", ["Go on", "Remove"]),
        (FETCHED, BROKEN, "The connection broke off", ["Try again", "Remove"]),
        (OFFERED, BROKEN, "The connection broke off", ["Try again"]),
        (UNTRIED, None, "was not tried yet", ["Try it", "Remove"]),
        (PASSED, None, "It is used from the next start on", ["Remove"]),
        (
            replace(PASSED, in_use=True),
            None,
            "is in use: StemDesk can compute on NVIDIA",
            ["Remove"],
        ),
        (FAILED, None, "is not used: The NVIDIA driver on your", ["Try again", "Remove"]),
        (replace(PASSED, leaving=True), None, "removed at the next start", ["Keep it"]),
        (replace(FETCHED, gpu=None), None, "There is no NVIDIA GPU", ["Look again", "Remove"]),
        (PackStatus(None, GPU, kept_bytes=9), None, "no GPU pack for this system", ["Remove"]),
        (
            PackStatus(OFFERED.wanted, NvidiaGpu("RTX", "535.1", 8.6)),
            None,
            "driver is too old: it is version 535.1, and the GPU pack needs 580",
            ["Look again"],
        ),
    ],
)
def test_every_state_of_it(
    room: Room, status: PackStatus, download: Download | None, words: str, buttons: list[str]
) -> None:
    room.gpu.put(status, download)
    assert words in room.box.text.text()
    assert (status.gpu is not None) or "is in this computer" not in room.box.text.text()
    assert room.shown == buttons
    assert room.box.progress.isVisible() is (download is not None and download.running)
    for button in room.box.buttons:
        if button.isVisible():
            assert button.accessibleName() == f"{button.text()}: GPU pack"
    fetches = bool({"Get it", "Go on"} & set(buttons)) or download is BROKEN
    assert room.box.note.isVisible() is fetches  # whose terms count is said before it is fetched
    room.gpu.put(status, removing=True)
    assert (room.box.text.text(), room.shown) == (gpu_words.REMOVING, [])


@pytest.mark.parametrize(
    ("status", "download", "button", "asked"),
    [
        (OFFERED, None, "get", "start"),
        (OFFERED, running(FETCHING, 1, 2), "cancel", "cancel"),
        (FETCHED, None, "remove", "remove"),
        (PackStatus(OFFERED.wanted, NvidiaGpu("RTX", "535.1", 8.6)), None, "again", "look"),
    ],
)
def test_the_buttons_do_what_they_say_with_the_keyboard_too(
    room: Room, status: PackStatus, download: Download | None, button: str, asked: str
) -> None:
    room.gpu.put(status, download)
    pressed = getattr(room.box, button)
    assert isinstance(pressed, QPushButton)
    pressed.setFocus()
    QTest.keyClick(pressed, Qt.Key.Key_Space)
    assert room.gpu.calls[1:] == [asked]


def test_the_focus_stays_when_its_button_goes(room: Room, qtbot: QtBot) -> None:
    room.gpu.put(OFFERED)
    room.dialog.activateWindow()
    qtbot.waitUntil(room.dialog.isActiveWindow)
    room.box.get.setFocus()
    room.gpu.put(OFFERED, running(FETCHING, 1, 2))
    assert room.box.cancel.hasFocus()


def test_it_fits_where_the_window_is_small(room: Room, qtbot: QtBot) -> None:
    room.dialog.resize(room.dialog.minimumSizeHint())
    for status in (OFFERED, FETCHED, FAILED):
        room.gpu.put(status)
        qtbot.waitUntil(
            lambda: room.box.text.height() >= room.box.text.heightForWidth(room.box.text.width())
        )
        parent = room.box.parentWidget()
        assert parent is not None
        assert room.box.geometry().right() <= parent.width()


# For real


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    with gpu_place(monkeypatch, make_certificate(tmp_path)) as index:
        yield index


@pytest.fixture
def box(qtbot: QtBot, desk: Desk, index: PackageIndex) -> GpuBox:
    """A real controller's, which has found that there is a GPU."""
    controller = desk.open()
    assert index.asked == []  # never by itself
    label = QLabel()
    qtbot.addWidget(label)
    made = GpuBox(controller.gpu, label)
    qtbot.addWidget(made, before_close_func=lambda _: made.end())
    made.begin()
    qtbot.waitUntil(made.get.isVisible)
    return made


def test_from_the_button_to_a_pack_that_is_used_and_away_again(
    qtbot: QtBot, desk: Desk, box: GpuBox
) -> None:
    box.get.click()
    qtbot.waitUntil(lambda: "used from the next start" in box.text.text(), timeout=20_000)
    assert gpu_pack.pack_in_use(desk.folders.data, {}) is not None
    assert [message.text for message in desk.messages] == [
        gpu_words.ended_text(True, "NVIDIA Test 9000")
    ]
    box.remove.click()
    qtbot.waitUntil(lambda: box.get.isVisible() and box.get.text() == gpu_words.GET)
    assert not desk.folders.gpu_packs.exists()
    assert desk.messages[-1].text == gpu_words.removed_text(True)


def test_the_status_line_finds_the_gpu_that_waits_and_fetches_nothing(
    qtbot: QtBot, desk: Desk, index: PackageIndex
) -> None:
    controller = desk.open()
    line = StatusLine(controller, controller.tasks, lambda: "")
    qtbot.addWidget(line)
    controller.device_known.emit(NoDevice("cpu", "CPU", "no GPU found"))
    assert line.device.text() == "CPU — no GPU found"
    with qtbot.waitSignal(controller.gpu.changed):
        pass
    status = controller.gpu.status
    assert status is not None and status.gpu is not None
    assert line.device.text() == f"CPU — {gpu_words.strip_text(status, '')}"
    assert status.gpu.name in line.device.text() and "GPU pack" in line.device.text()
    assert index.asked == []


def test_after_an_update_it_is_tried_again_by_itself(
    qtbot: QtBot, desk: Desk, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = desk.folders.data
    install_pack(data, ignore_transfer, CancelToken())
    old = {"stemdesk": "0.0.1", "passed": True, "said": ""}
    (data / "gpu" / "2.13.0" / "verdict.json").write_text(json.dumps(old), "utf-8")
    asked = len(index.asked)
    choose_gpu(monkeypatch, None)  # taken out meanwhile
    assert not is_to_be_tried(data)
    choose_gpu(monkeypatch, NvidiaGpu())
    desk.open()
    qtbot.waitUntil(lambda: bool(desk.messages), timeout=20_000)
    assert desk.messages[0].text == gpu_words.ended_text(True, "NVIDIA Test 9000")
    assert gpu_pack.pack_in_use(data, {}) is not None and not is_to_be_tried(data)
    assert len(index.asked) == asked


def test_a_break_is_told_and_gone_on_from(
    qtbot: QtBot, desk: Desk, box: GpuBox, index: PackageIndex
) -> None:
    file = index.files[1]
    index.instead[file.path] = Reply(status=503)
    box.get.click()
    qtbot.waitUntil(lambda: "did not send" in box.text.text() and box.remove.isVisible())
    assert box.get.text() == gpu_words.TRY_AGAIN and "mirror" not in box.text.text()
    assert len(desk.messages) == 1
    index.instead.clear()
    box.get.click()
    qtbot.waitUntil(lambda: "used from the next start" in box.text.text(), timeout=20_000)


def test_the_trial_can_be_cancelled(
    qtbot: QtBot, desk: Desk, box: GpuBox, index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.files = (torch_wheel(HANGS),)
    choose_pack(monkeypatch, wanted(*index.files))
    box.get.click()
    qtbot.waitUntil(lambda: "Trying" in box.text.text(), timeout=20_000)
    box.cancel.click()
    qtbot.waitUntil(lambda: box.get.isVisible() and box.get.text() == gpu_words.TRY_IT)
    assert gpu_pack.pack_in_use(desk.folders.data, {}) is None and desk.messages == []


def test_the_end_of_the_app_does_not_wait_for_it(
    qtbot: QtBot, desk: Desk, box: GpuBox, index: PackageIndex
) -> None:
    file = index.files[1]
    index.instead[file.path] = Reply(file.body, stalls_after=50_000)
    box.get.click()
    first = index.files[0]

    def is_in_the_second() -> bool:
        download = desk.controller.gpu.download
        transfer = None if download is None else download.transfer
        return transfer is not None and transfer.done_bytes > len(first.body)

    qtbot.waitUntil(is_in_the_second, timeout=20_000)
    assert desk.controller.close(10_000)
    assert (desk.folders.gpu_packs / "wheels" / first.name).exists()
