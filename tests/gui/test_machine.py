from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import DeviceError, ErrorCode
from stemdesk.core.job import JobState
from stemdesk.core.settings import Settings, load_settings
from stemdesk.gui import machine as machine_module
from stemdesk.gui.machine import Machine
from stemdesk.gui.tasks import Tasks
from stemdesk.gui.values import DeviceLike, NoDevice, Surroundings, UserMessage
from stemdesk.models.library import BUILT_IN
from support.desk import Desk
from support.models import SOURCES, install_small


def test_the_device_is_probed_on_the_compute_thread(desk: Desk, qtbot: QtBot) -> None:
    controller = desk.open(start=False)
    known: list[object] = []
    controller.device_known.connect(known.append)
    controller.start()
    desk.wait_until(lambda: known == [NoDevice("cpu", "CPU", "no GPU found")])
    desk.wait_for(JobState.DONE, *desk.add("a.mp3"))
    assert desk.probed_on == desk.script.threads


def test_a_device_that_cannot_be_had_is_explained(qtbot: QtBot, desk: Desk) -> None:
    def probe(preference: str) -> DeviceLike:
        raise DeviceError(ErrorCode.DEVICE_UNAVAILABLE, device=preference)

    tasks = Tasks()
    machine = Machine(tasks, desk.folders, Settings(device="cuda"), Surroundings(probe=probe))
    said: list[UserMessage] = []
    machine.message.connect(said.append)
    with qtbot.waitSignal(machine.device_known) as known:
        machine.start()
    assert known.args is not None
    device = known.args[0]
    assert device.label == "CUDA"
    assert "cannot compute on “cuda”" in device.reason
    assert [message.text for message in said] == [device.reason]
    assert tasks.close(10_000)


CPU = NoDevice("cpu", "CPU", "no GPU found")


class Asked:
    """A machine whose probe is counted; songs that are given go first for a moment only."""

    def __init__(self, desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine_module, "SONG_FIRST_MS", 1)
        self.probed: list[str] = []
        self.libraries = 0
        self.known: list[object] = []
        self.tasks = Tasks()
        around = Surroundings(load_libraries=self._load, probe=self._probe)
        self.machine = Machine(self.tasks, desk.folders, settings, around)
        self.machine.device_known.connect(self.known.append)

    def _load(self) -> None:
        self.libraries += 1

    def _probe(self, preference: str) -> DeviceLike:
        self.probed.append(preference)
        return CPU


def test_a_song_that_is_given_asks_for_the_device_itself(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(desk, Settings(), monkeypatch)
    machine = asked.machine
    with qtbot.waitSignal(machine.device_known):
        job = threading.Thread(target=machine.met, args=("auto", CPU))
        job.start()
    job.join()
    machine.start(song_comes=True)
    qtbot.waitUntil(lambda: not machine._later.isActive())
    machine.met("auto", CPU)  # by the next song
    with qtbot.waitSignal(machine.device_known):
        machine.change_settings(Settings(device="cuda"))
    assert asked.known == [CPU, CPU]
    assert asked.probed == ["cuda"]
    assert asked.tasks.close(10_000)


def test_where_no_song_has_asked_the_device_is_asked_for_later(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(desk, Settings(), monkeypatch)
    with qtbot.waitSignal(asked.machine.device_known):
        asked.machine.start(song_comes=True)
    assert asked.probed == ["auto"]
    assert asked.tasks.close(10_000)


def test_what_a_song_was_told_for_other_settings_is_not_told(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(desk, Settings(device="cpu"), monkeypatch)
    asked.machine.met("cuda", NoDevice("cuda:0", "A GPU", "found"))
    with qtbot.waitSignal(asked.machine.device_known):
        asked.machine.met("cpu", CPU)
    assert asked.known == [CPU]
    assert asked.tasks.close(10_000)


@pytest.mark.parametrize(("device", "loads"), [("auto", 1), ("cpu", 0)])
def test_libraries_are_loaded_ahead_unless_the_processor_is_chosen(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, device: str, loads: int
) -> None:
    """Who has chosen it may only want to play songs."""
    asked = Asked(desk, Settings(device=device), monkeypatch)
    asked.machine.load_libraries()
    with qtbot.waitSignal(asked.machine.device_known):
        asked.machine.start()
    assert asked.libraries == loads
    assert asked.tasks.close(10_000)


def test_another_device_is_probed_and_taken_by_the_next_job(desk: Desk, qtbot: QtBot) -> None:
    controller = desk.open()
    with qtbot.waitSignal(controller.device_known):
        controller.change_settings(Settings(device="cpu"))
    assert [place.device for place in desk.script.places] == ["auto", "cpu"]
    controller.change_settings(Settings(device="cpu", stems=("vocals",)))
    assert len(desk.script.places) == 2  # a loaded model is kept where it can be


def test_a_model_that_is_installed_later_is_found(desk: Desk, qtbot: QtBot) -> None:
    controller = desk.open(start=False)
    with qtbot.waitSignal(controller.models_known) as known:
        controller.start()
    assert known.args is not None
    (built_in,) = known.args[0]
    assert built_in.name == BUILT_IN
    with qtbot.waitSignal(controller.models_known) as known:
        file = install_small(desk.folders.models, "mine")
    assert known.args is not None
    first, mine = known.args[0]
    assert first == built_in
    assert (mine.name, mine.stems, mine.size_bytes) == ("mine", SOURCES, file.stat().st_size)


def test_another_models_folder_is_listed(desk: Desk, qtbot: QtBot) -> None:
    desk.folders = replace(desk.folders, models_override=None)
    install_small(desk.root / "others", "mine")
    controller = desk.open()
    with qtbot.waitSignal(controller.models_known, check_params_cb=lambda known: len(known) == 2):
        controller.change_settings(Settings(models_folder=str(desk.root / "others")))
    assert desk.script.places[-1].library.folder == desk.root / "others"


def test_settings_are_saved_newest_last(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[str] = []
    go = threading.Event()

    def save(settings: Settings, path: Path) -> None:
        go.wait(30)
        saved.append(settings.window)

    monkeypatch.setattr("stemdesk.gui.machine.save_settings", save)
    controller = desk.open()
    for number in range(20):
        controller.change_settings(Settings(window=str(number)))
    go.set()
    desk.wait_until(lambda: saved == ["0", "19"])
    assert controller.settings.window == "19"


def test_settings_that_were_changed_last_are_saved_at_the_end(desk: Desk) -> None:
    controller = desk.open()
    controller.change_settings(Settings(window="first"))
    controller.change_settings(Settings(window="last"))
    desk.close()
    assert load_settings(desk.folders.settings_file).window == "last"


def test_settings_that_cannot_be_saved_are_said_once(desk: Desk, qtbot: QtBot) -> None:
    desk.folders.config.write_text("a file where the folder should be")
    controller = desk.open()
    with qtbot.waitSignal(controller.message):
        controller.change_settings(Settings(bits=16))
    assert "cannot be written" in desk.messages[0].text
    assert controller.settings.bits == 16


def test_cleaning_leaves_a_persons_own_files_alone(desk: Desk) -> None:
    """Also those in the folder that they chose for working files."""
    theirs = desk.root / "documents"
    ours = theirs / "StemDesk working files"
    for folder in (theirs / "thesis", ours / "thesis", ours / ("0" * 32)):
        folder.mkdir(parents=True)
    controller = desk.open(Settings(scratch_folder=str(theirs)))
    assert controller.folders.scratch == ours
    desk.wait_until(lambda: not (ours / ("0" * 32)).exists())
    desk.close()
    assert (theirs / "thesis").is_dir() and (ours / "thesis").is_dir()
