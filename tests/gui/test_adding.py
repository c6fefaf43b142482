from __future__ import annotations

import math
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.core.progress import CancelToken
from stemdesk.core.settings import Settings
from stemdesk.core.track import Tags
from stemdesk.gui import adding
from stemdesk.gui.choosing import plan
from stemdesk.gui.model_list import list_models
from stemdesk.jobs.intake import find_tracks
from stemdesk.jobs.store import JobStore
from stemdesk.models.catalogue import catalogue
from stemdesk.models.library import BUILT_IN, ModelLibrary
from support.desk import Desk, endless
from support.media import make, sine
from support.models import install_small
from support.released import install_released


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many transactions of each kind reached the database."""
    counts = {"add": 0, "update": 0}

    def counted(name: str) -> Any:
        real = getattr(JobStore, name)

        def call(store: JobStore, jobs: Any) -> Any:
            counts[name] += 1
            return real(store, jobs)

        return call

    for name in counts:
        monkeypatch.setattr(JobStore, name, counted(name))
    return counts


def test_500_files_are_one_transaction_and_one_signal(
    desk: Desk, qtbot: QtBot, writes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walk and the tags are read elsewhere; the GUI thread makes rows once."""
    on_gui_thread: list[bool] = []
    tags_allowed = threading.Event()

    def find(paths: Any, cancel: CancelToken, real: Any = find_tracks) -> Any:
        on_gui_thread.append(QThread.currentThread().isMainThread())
        return real(paths, cancel)

    def read(path: Path) -> Tags:
        on_gui_thread.append(QThread.currentThread().isMainThread())
        tags_allowed.wait(30)
        return Tags(title=f"The song {path.stem}")

    monkeypatch.setattr("stemdesk.jobs.intake.find_tracks", find)
    monkeypatch.setattr("stemdesk.audio.tags.read_tags", read)
    controller = desk.open()
    controller.hold()
    names = [f"{number:03}.mp3" for number in range(500)]
    paths = desk.songs(*names)
    rows_at_signal: list[int] = []
    controller.jobs_added.connect(lambda _: rows_at_signal.append(len(controller.jobs)))
    with qtbot.waitSignal(controller.jobs_added):
        controller.add_paths(paths)
        assert desk.names() == []  # nothing was done in this thread yet
    assert desk.added == [names] and rows_at_signal == [500]
    assert writes == {"add": 1, "update": 0}
    assert [job.tags for job in controller.jobs] == [Tags()] * 500
    changed: list[str] = []
    controller.job_changed.connect(changed.append)
    tags_allowed.set()
    qtbot.waitUntil(lambda: len(changed) == 500, timeout=20_000)
    assert [job.name for job in controller.jobs] == [f"The song {n:03}" for n in range(500)]
    assert writes == {"add": 1, "update": math.ceil(500 / adding._TAGS_AT_ONCE)}
    assert len(on_gui_thread) == 501 and not any(on_gui_thread)


def test_a_job_waits_for_its_tags_since_they_name_its_folder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = threading.Event()

    def read(_: Path) -> Tags:
        allowed.wait(30)
        return Tags("Viper", "The Snakes")

    monkeypatch.setattr("stemdesk.audio.tags.read_tags", read)
    desk.open()
    ids = desk.add("a.mp3")
    assert not desk.controller.busy
    allowed.set()
    desk.wait_for(JobState.DONE, *ids)
    assert desk.script.jobs[0].name == "The Snakes - Viper"


def test_tags_that_were_not_read_before_the_end_are_read_at_the_next_start(desk: Desk) -> None:
    controller = desk.open()
    controller.hold()
    song = make(desk.root / "tone.wav", "wav-16", sine(22050, 44100), 44100)
    controller.jobs_added.connect(lambda _: controller.tasks.close(10_000))
    controller.add_paths([song])
    desk.wait_until(lambda: bool(controller.jobs))
    desk.close()
    again = desk.open()
    again.hold()
    desk.wait_until(lambda: again.jobs[0].tags.duration_s == 0.5)


def test_drops_while_working_join_the_queue(desk: Desk) -> None:
    desk.script.behaviours["a.mp3"] = endless
    desk.open()
    (first,) = desk.add("a.mp3")
    desk.wait_for(JobState.SEPARATING, first)
    more = desk.add("b.mp3", "c.mp3")
    assert desk.names() == ["a.mp3", "b.mp3", "c.mp3"]
    desk.controller.cancel(first)
    desk.wait_for(JobState.DONE, *more)
    assert desk.script.ran == ["a.mp3", "b.mp3", "c.mp3"]
    assert len(desk.batches) == 1


def test_a_folder_keeps_its_tree_and_what_is_passed_over_is_said_once(desk: Desk) -> None:
    album = desk.root / "album"
    (album / "cd 2").mkdir(parents=True)
    for name in ("1.mp3", "cover.jpg", "notes.txt", "cd 2/2.flac"):
        (album / name).write_bytes(b"x")
    controller = desk.open(Settings(output_folder=str(desk.root / "out"), bits=16))
    controller.hold()
    controller.add_paths([album])
    desk.wait_until(lambda: len(controller.jobs) == 2)
    assert [job.relative for job in controller.jobs] == [Path("album"), Path("album/cd 2")]
    assert {job.root for job in controller.jobs} == {desk.root / "out"}
    assert {job.export.bits for job in controller.jobs} == {16}
    (message,) = desk.messages
    assert message.text == "2 files were passed over: no sound or video."
    assert message.detail.splitlines() == [str(album / "cover.jpg"), str(album / "notes.txt")]


def test_what_was_exported_is_no_song_of_its_folder(desk: Desk) -> None:
    (song,) = desk.songs("song.mp3")
    exported = song.with_name("song (vocals).mp3")
    exported.write_bytes(b"ID3 Split by StemDesk from song.mp3")
    controller = desk.open()
    controller.hold()
    controller.add_paths([song.parent])
    desk.wait_until(lambda: bool(desk.messages))
    assert desk.names() == ["song.mp3"]
    (message,) = desk.messages
    assert message.text == "1 file was passed over: exported by StemDesk."
    assert message.detail == str(exported)


def test_what_is_not_there_is_said_and_the_rest_is_added(desk: Desk) -> None:
    controller = desk.open()
    controller.hold()
    (song,) = desk.songs("a.mp3")
    controller.add_paths([desk.root / "gone.mp3", song])
    desk.wait_until(lambda: desk.names() == ["a.mp3"] and bool(desk.messages))
    assert "gone.mp3 is not there any more." in desk.messages[0].text
    controller.add_paths([desk.root / "gone.mp3", desk.root / "gone too.mp3"])
    desk.wait_until(lambda: len(desk.messages) == 2)
    assert desk.messages[1].text.startswith("2 of the files or folders")
    assert "gone too.mp3" in desk.messages[1].detail


def test_all_that_did_not_become_a_row_is_told_in_one_message(desk: Desk) -> None:
    """A second one would take the place of the first before it is read."""
    (desk.root / "album").mkdir()
    for name in ("a.mp3", "note.txt"):
        (desk.root / "album" / name).write_bytes(b"x")
    controller = desk.open()
    controller.hold()
    controller.add_paths([desk.root / "album", desk.root / "gone.mp3"])
    desk.wait_until(lambda: desk.names() == ["a.mp3"] and bool(desk.messages))
    (message,) = desk.messages
    assert "gone.mp3 is not there any more." in message.text
    assert message.text.endswith("1 file was passed over: no sound or video.")
    assert "gone.mp3" in message.detail and "note.txt" in message.detail


def test_jobs_take_the_chosen_model_and_only_stems_that_it_has(desk: Desk) -> None:
    install_small(desk.folders.models, "mine")
    controller = desk.open(Settings(model="mine", stems=("vocals", "piano")))
    controller.hold()
    desk.add("a.mp3")
    assert controller.jobs[0].separation.model == "mine"
    assert controller.jobs[0].separation.stems == ("vocals",)


def test_without_another_model_jobs_are_for_the_built_in_one(desk: Desk) -> None:
    desk.open().hold()
    desk.add("a.mp3")
    assert desk.controller.jobs[0].separation.model == BUILT_IN


def test_a_part_of_a_model_serves_for_its_stems_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = install_released(desk.folders.models, "htdemucs_ft", monkeypatch)
    for file in fine[:3]:
        file.unlink()
    choices = list_models(ModelLibrary(desk.folders.models), catalogue())
    for quality in ("standard", "best"):
        vocals = Settings(model="htdemucs_ft", quality=quality, stems=("vocals",))
        how = plan(choices, vocals)
        assert (how.options.model, how.options.stems) == ("htdemucs_ft", ("vocals",))
        assert not how.waits
        everything = plan(choices, replace(vocals, stems=()))
        assert (everything.options.model, everything.waits) == ("htdemucs_ft", True)


def test_the_demo_without_another_model_gets_the_built_in_one(desk: Desk, qtbot: QtBot) -> None:
    controller = desk.open()
    controller.add_demo()
    qtbot.waitUntil(lambda: len(controller.jobs) == 1, timeout=60_000)
    (job,) = controller.jobs
    assert job.separation.model == BUILT_IN
    assert job.source.is_file() and job.source.is_relative_to(desk.folders.data)
    assert desk.messages == [] and not desk.folders.models.exists()
    desk.wait_for(JobState.DONE, job.id)


def test_the_demo_with_a_model_is_split_with_that(desk: Desk, qtbot: QtBot) -> None:
    install_small(desk.folders.models, "mine")
    controller = desk.open()
    controller.add_demo()
    qtbot.waitUntil(lambda: len(controller.jobs) == 1, timeout=60_000)
    assert controller.jobs[0].separation.model == "mine"
    assert desk.messages == []


def test_a_walk_ends_when_the_app_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    walking = threading.Event()

    def find(_: Any, cancel: CancelToken) -> Any:
        walking.set()
        while True:
            cancel.wait(60)

    monkeypatch.setattr("stemdesk.jobs.intake.find_tracks", find)
    controller = desk.open()
    controller.add_paths([desk.root])
    assert walking.wait(30)
    desk.close()  # asserts that every thread ends
    assert desk.messages == []
