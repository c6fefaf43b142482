from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from stemdesk.core.job import JobState
from stemdesk.core.progress import Progress
from stemdesk.core.progress import Stage as JobStage
from stemdesk.core.settings import Settings, save_settings
from stemdesk.gui import pages, settings_words
from stemdesk.gui.delete_everything import DeleteDialog, delete_everything
from stemdesk.gui.dialogs import Dialog
from stemdesk.jobs.belongings import Belonging, Kept
from stemdesk.jobs.locks import job_lock
from stemdesk.models.record import Record, write_record
from support.models import install_small
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(qtbot, tmp_path)
    folders = stage.controller.folders
    save_settings(Settings(), folders.settings_file)
    file = install_small(folders.models, "small")
    write_record(file, Record("0" * 64, file.stat().st_size))
    cached = folders.cache / "playing" / f"{'0' * 32}-01234567.f32"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(bytes(2000))
    yield stage


def asked(stage: Stage) -> DeleteDialog:
    stage.window.pages.ask_delete()
    stage.qtbot.waitUntil(lambda: any(d.isVisible() for d in stage.window.findChildren(Dialog)))
    dialog = stage.dialog()
    assert isinstance(dialog, DeleteDialog)
    return dialog


def test_the_question_lists_what_goes_and_keeping_is_the_default(stage: Stage) -> None:
    dialog = asked(stage)
    cache = next(line for line in dialog.lines if line.startswith("Decoded songs"))
    assert "2 kB" in cache and str(stage.controller.folders.cache) in cache
    assert not any(line.startswith("Models") for line in dialog.lines)
    assert dialog.models is not None and not dialog.models.isChecked()
    assert "Models, too" in dialog.models.text()
    assert dialog.keep.isDefault() and dialog.focusWidget() is dialog.keep
    dialog.keep.click()
    assert stage.window.pages.delete_at_end is None
    assert stage.window.isVisible()


@pytest.mark.parametrize("models", [False, True])
def test_the_window_closes_and_then_it_goes(stage: Stage, models: bool) -> None:
    dialog = asked(stage)
    assert dialog.models is not None
    dialog.models.setChecked(models)
    dialog.delete.click()
    assert not stage.window.isVisible()
    assert stage.window.pages.delete_at_end is models
    assert stage.controller.asked("hold")
    folders = stage.controller.folders
    assert folders.settings_file.exists()  # not before all is written
    assert stage.controller.tasks.close(10_000)
    assert delete_everything(folders, models) == ()
    assert not folders.cache.exists() and not folders.settings_file.exists()
    assert any(folders.models.iterdir()) is not models


def test_all_that_can_be_kept_has_a_name(stage: Stage) -> None:
    items = [Belonging(kind, Path("/data"), (), 1) for kind in Kept]
    dialog = DeleteDialog(stage.window, items, lambda _: None)
    stage.qtbot.addWidget(dialog)
    assert len(dialog.lines) == len(items) - 1 and dialog.models is not None
    assert any(line.startswith("The GPU pack: 1 byte") for line in dialog.lines)


def test_a_gpu_pack_that_is_left_is_explained() -> None:
    said = settings_words.left_text(("/data/gpu",), gpu_pack_leaves=True)
    assert "/data/gpu" in said and "at the next start" in said
    assert "next start" not in settings_words.left_text(("/data/gpu",))


def test_why_nothing_could_be_looked_at_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise OSError("the drive is gone")

    monkeypatch.setattr(pages, "find_everything", broken)
    with stage.qtbot.waitSignal(stage.controller.message):
        stage.window.pages.ask_delete()
    assert not stage.window.findChildren(Dialog)


def test_the_question_names_what_cannot_be_had_again(stage: Stage) -> None:
    dialog = asked(stage)
    assert dialog.models is not None and "imported" in dialog.models.text()
    assert any("remixes" in line for line in dialog.lines)


def test_not_while_a_song_is_split_here(stage: Stage) -> None:
    job = stage.controller.add("song.mp3")
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.5))
    stage.window.pages.ask_delete()
    assert stage.dialog().headline.text() == settings_words.AT_WORK_HEADLINE


def test_not_while_one_is_split_elsewhere(stage: Stage) -> None:
    job = stage.controller.add("song.mp3", state=JobState.SEPARATING)
    with job_lock(stage.controller.folders.scratch, job.id, job.source):
        stage.window.pages.ask_delete()
        stage.qtbot.waitUntil(lambda: bool(stage.window.findChildren(Dialog)))
        assert stage.dialog().headline.text() == settings_words.AT_WORK_HEADLINE
        folders = stage.controller.folders
        assert delete_everything(folders, models=False) == (folders.data,)
        assert folders.settings_file.exists()


def test_not_if_one_begins_while_it_is_asked(stage: Stage) -> None:
    dialog = asked(stage)
    job = stage.controller.add("song.mp3")
    stage.controller.run(job, Progress(JobStage.SEPARATING, 0.5))
    dialog.delete.click()
    assert stage.window.isVisible() and stage.window.pages.delete_at_end is None
    assert stage.dialog().headline.text() == settings_words.AT_WORK_HEADLINE
