from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.job import Job, JobState
from stemdesk.core.options import AudioFormat, ExportOptions
from stemdesk.core.settings import Settings
from stemdesk.gui.shelf import Shelf
from stemdesk.jobs.folder import MANIFEST, Recipe, StemFile, write_manifest
from support.desk import Desk
from support.models import install_small


def make_stems(folder: Path, job: Job, frames: int = 44100) -> None:
    """A song folder with two stems, which are no sound."""
    folder.mkdir(parents=True)
    files = [StemFile(stem, f"{stem}.wav", 4) for stem in ("vocals", "drums")]
    for file in files:
        (folder / file.name).write_bytes(b"stem")
    options = ExportOptions(AudioFormat.WAV)
    recipe = Recipe(
        fingerprint="4-ab",
        model=job.separation.model,
        hashes=(),
        weights=(),
        segments=(),
        stems=("vocals", "drums"),
        overlap=0.25,
        shifts=0,
        format="wav",
        bits=options.bits,
    )
    write_manifest(folder, job, recipe, {"frames": frames, "samplerate": 44100}, files, ())


@pytest.fixture
def done(desk: Desk) -> Callable[[], Job]:
    """A job that is done, with its stems."""

    def make() -> Job:
        desk.open()
        (job_id,) = desk.add("a.mp3")
        desk.wait_for(JobState.DONE, job_id)
        job = desk.controller.job(job_id)
        assert job is not None and job.output is not None
        make_stems(job.output, job)
        return job

    return make


@pytest.fixture(autouse=True)
def ask_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stemdesk.gui.shelf._FRESH_S", 0.0)


def output(job: Job) -> Path:
    assert job.output is not None
    return job.output


def test_missing_stems_are_found_behind_the_question(
    desk: Desk, done: Callable[[], Job], qtbot: QtBot
) -> None:
    job = done()
    controller = desk.controller
    assert not controller.is_missing(job.id)
    (output(job) / "drums.wav").unlink()
    with qtbot.waitSignal(controller.job_changed):
        controller.is_missing(job.id)
    assert controller.is_missing(job.id) and controller.was_missing(job.id)
    (output(job) / "drums.wav").write_bytes(b"stem")
    with qtbot.waitSignal(controller.job_changed):
        controller.is_missing(job.id)
    assert not controller.is_missing(job.id)


def test_the_disk_is_not_asked_at_every_paint(
    desk: Desk, done: Callable[[], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemdesk.gui.shelf._FRESH_S", 3600.0)
    looks: list[str] = []
    monkeypatch.setattr(Shelf, "_look", lambda _, job_id, __: looks.append(job_id))
    job = done()
    for _ in range(100):
        desk.controller.is_missing(job.id)
    assert looks == [job.id]


def test_only_done_jobs_can_miss_their_stems(desk: Desk) -> None:
    controller = desk.open()
    controller.hold()
    (job_id,) = desk.add("a.mp3")
    assert not controller.is_missing(job_id)
    assert not controller.is_missing("nobody")


def test_stems_that_were_moved_are_located(
    desk: Desk, done: Callable[[], Job], qtbot: QtBot
) -> None:
    job = done()
    there = desk.root / "elsewhere" / "a"
    there.parent.mkdir()
    shutil.move(output(job), there)
    with qtbot.waitSignal(desk.controller.job_changed):
        desk.controller.is_missing(job.id)
    assert desk.controller.is_missing(job.id)
    with qtbot.waitSignal(desk.controller.job_changed):
        desk.controller.locate(job.id, there)
    moved = desk.controller.job(job.id)
    assert moved is not None and moved.output == there
    assert not desk.controller.is_missing(job.id)


def test_other_stems_are_refused(desk: Desk, done: Callable[[], Job], qtbot: QtBot) -> None:
    job = done()
    other, empty, broken = (desk.root / name for name in ("other", "empty", "broken"))
    make_stems(other, job, frames=123)
    empty.mkdir()
    make_stems(broken, job)
    (broken / "vocals.wav").unlink()
    for folder in (other, empty, broken, desk.root / "gone"):
        with qtbot.waitSignal(desk.controller.message):
            desk.controller.locate(job.id, folder)
        assert "does not hold this song's stems" in desk.messages[-1].text
    after = desk.controller.job(job.id)
    assert after is not None and after.output == job.output


def test_split_again_of_missing_stems_is_the_same_job(
    desk: Desk, done: Callable[[], Job], qtbot: QtBot
) -> None:
    job = done()
    shutil.rmtree(output(job))
    with qtbot.waitSignal(desk.controller.job_changed):
        desk.controller.is_missing(job.id)
    desk.controller.split_again(job.id)
    desk.wait_until(lambda: len(desk.script.ran) == 2)
    desk.wait_for(JobState.DONE, job.id)
    assert desk.script.jobs[1].separation == desk.script.jobs[0].separation


def test_missing_stems_are_made_with_the_settings_that_are_given(
    desk: Desk, done: Callable[[], Job], qtbot: QtBot
) -> None:
    job = done()
    shutil.rmtree(output(job))
    with qtbot.waitSignal(desk.controller.job_changed):
        desk.controller.is_missing(job.id)
    install_small(desk.folders.models, "another")
    desk.controller.split_again(job.id, Settings(model="another"))
    desk.wait_until(lambda: len(desk.script.ran) == 2)
    assert desk.script.jobs[1].separation.model == "another"
    assert desk.controller.settings.model == ""


def test_removing_a_row_never_touches_the_stems(desk: Desk, done: Callable[[], Job]) -> None:
    job = done()
    desk.controller.remove([job.id])
    assert desk.names() == []
    assert (output(job) / "vocals.wav").is_file()


def test_trash_takes_stems_and_row(
    desk: Desk, done: Callable[[], Job], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.root / "xdg").mkdir()  # Linux: the trash of this user
    monkeypatch.setenv("XDG_DATA_HOME", str(desk.root / "xdg"))
    job = done()
    with qtbot.waitSignal(desk.controller.jobs_removed):
        desk.controller.trash(job.id)
    assert not output(job).exists()
    assert desk.names() == []
    assert desk.messages == []


def test_only_a_folder_of_ours_goes_to_the_trash(
    desk: Desk, done: Callable[[], Job], qtbot: QtBot
) -> None:
    job = done()
    (output(job) / MANIFEST).unlink()
    message, changed = desk.controller.message, desk.controller.job_changed
    with qtbot.waitSignal(message), qtbot.waitSignal(changed) as told:
        desk.controller.trash(job.id)
    assert told.args == [job.id]  # its stems can be opened again
    assert (output(job) / "vocals.wav").is_file()
    assert desk.names() == ["a.mp3"]
    shutil.rmtree(output(job))
    with qtbot.waitSignal(desk.controller.message):
        desk.controller.trash(job.id)
    assert "are not in" in desk.messages[-1].text
