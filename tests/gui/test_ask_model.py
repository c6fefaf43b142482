from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from stemdesk.core.errors import ErrorCode
from stemdesk.core.job import Failure, Job, JobState
from stemdesk.core.options import SeparationOptions
from stemdesk.core.settings import Settings
from stemdesk.core.transfer import Transfer
from stemdesk.gui.ask_model import AskModel
from stemdesk.gui.model_values import Download, Errand, ModelState, Phase
from support.fake_models import MB, STARTER, FakeModels, released
from support.stage import Stage

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform's

MISSING = Failure(ErrorCode.MODEL_MISSING, facts={"model": "htdemucs"})
RUNNING = Download(Errand.DOWNLOAD, transfer=Transfer("htdemucs", 36 * MB, 84 * MB, 2.1e6, 31.0))


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, models=False)
    made.controller.models_known.emit((STARTER, released(), released("htdemucs_ft")))
    return made


@pytest.fixture
def models(stage: Stage) -> FakeModels:
    return stage.controller.models


def waiting(stage: Stage, model: str = "htdemucs", stems: tuple[str, ...] = ()) -> Job:
    options = SeparationOptions(model, stems)
    return stage.controller.add(state=JobState.WAITING, failure=MISSING, separation=options)


def questions(stage: Stage) -> list[AskModel]:
    return [dialog for dialog in stage.window.findChildren(AskModel) if dialog.isVisible()]


def words(stage: Stage) -> str:
    return "\n".join(label.text() for label in stage.dialog().findChildren(QLabel))


def test_the_first_split_asks_and_tells_what_each_way_means(stage: Stage) -> None:
    waiting(stage)
    stage.controller.model_wanted.emit("htdemucs")
    assert stage.dialog().headline.text() == "Download htdemucs (84 MB) or a draft now?"
    text = words(stage)
    for part in ("84 MB once", "The author says MIT.", "without a network", "go on by themselves"):
        assert part in text
    assert stage.button("download").isDefault()


def test_downloading_is_for_all_that_wait(stage: Stage, models: FakeModels) -> None:
    ids = [waiting(stage).id, waiting(stage).id]
    stage.controller.model_wanted.emit("htdemucs")
    stage.press("download")
    assert models.asked("download_for") == [(ids,)]
    assert models.asked("use_instead") == []


def test_the_draft_is_for_all_that_wait(stage: Stage, models: FakeModels) -> None:
    ids = [waiting(stage).id, waiting(stage).id]
    stage.controller.model_wanted.emit("htdemucs")
    assert stage.button("other").text() == "Split a draft now"
    stage.press("other")
    assert models.asked("use_instead") == [(ids,)]
    assert models.asked("download_for") == []


def test_it_is_asked_once_and_songs_wait_without_an_answer(
    stage: Stage, models: FakeModels
) -> None:
    waiting(stage)
    stage.controller.model_wanted.emit("htdemucs")
    stage.controller.model_wanted.emit("htdemucs")
    stage.key(Qt.Key.Key_Escape, on=stage.dialog())
    stage.qtbot.waitUntil(lambda: not stage.window.findChildren(AskModel))
    waiting(stage)
    stage.controller.model_wanted.emit("htdemucs")
    assert questions(stage) == []
    assert set(models.calls) == {("look",)}


def test_songs_that_come_before_the_models_are_listed_are_asked_about_then(
    qtbot: QtBot, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path, models=False)
    waiting(stage)
    stage.controller.model_wanted.emit("htdemucs")
    assert questions(stage) == []
    stage.controller.models_known.emit((STARTER, released()))
    assert len(questions(stage)) == 1


def test_a_model_that_was_removed_by_hand_is_looked_for_before_the_question(
    stage: Stage, models: FakeModels
) -> None:
    stage.controller.models_known.emit((STARTER, released(state=ModelState.INSTALLED)))
    waiting(stage)
    stage.controller.model_wanted.emit("htdemucs")
    assert questions(stage) == []  # there is nothing to download: it may go on at any moment
    models.on_disk = (STARTER, released())
    stage.controller.model_wanted.emit("htdemucs")
    assert stage.dialog().headline.text() == "Download htdemucs (84 MB) or a draft now?"


def test_songs_that_come_while_it_is_downloaded_join_in(stage: Stage, models: FakeModels) -> None:
    models.put("htdemucs", RUNNING)
    job = waiting(stage)
    stage.controller.model_wanted.emit("htdemucs")
    assert questions(stage) == []
    assert models.asked("download_for") == [([job.id],)]


def test_a_song_that_comes_while_its_model_is_checked_is_asked_about(
    stage: Stage, models: FakeModels
) -> None:
    stage.controller.models_known.emit((STARTER, released("htdemucs_ft", ModelState.PARTIAL)))
    models.put("htdemucs_ft", Download(Errand.CHECK))
    job = waiting(stage, "htdemucs_ft", ("drums",))
    stage.controller.model_wanted.emit("htdemucs_ft")
    assert "(84 MB)" in stage.dialog().headline.text()
    stage.press("download")
    assert models.asked("download_for") == [([job.id],)]
    stage.window.library.view.select(job.id)
    _, text, buttons = panel(stage)
    assert buttons == ["Download (84 MB)", "Split a draft now", "Cancel"]
    assert "Its files are being checked now" in text
    models.put("htdemucs_ft", Download(Errand.CHECK, phase=Phase.FAILED, error="Wrong hash."))
    assert "a download of 84 MB" in panel(stage)[1]


def test_best_is_offered_with_what_the_stems_need(stage: Stage) -> None:
    stage.controller.models_known.emit(
        (STARTER, released(state=ModelState.INSTALLED), released("htdemucs_ft"))
    )
    waiting(stage, "htdemucs_ft", ("vocals",))
    stage.controller.model_wanted.emit("htdemucs_ft")
    assert stage.dialog().headline.text() == "Download htdemucs_ft (84 MB)?"
    assert stage.button("other").text() == "Use htdemucs instead"
    stage.dialog().reject()


def test_best_for_all_stems_is_four_files(stage: Stage) -> None:
    waiting(stage, "htdemucs_ft", ("vocals",))
    waiting(stage, "htdemucs_ft")
    stage.controller.model_wanted.emit("htdemucs_ft")
    assert "(336 MB)" in stage.dialog().headline.text()


# What the song's own place says, and its row


def panel(stage: Stage) -> tuple[str, str, list[str]]:
    made = stage.window.song.panel
    buttons = [button.text().strip() for button in made.buttons]
    return made.headline.text(), made.text.text(), buttons


def row_text(stage: Stage, job: Job) -> str:
    current = stage.controller.job(job.id)
    assert current is not None
    model = stage.window.library.view.model()
    return str(model.state_text(current))  # type: ignore[attr-defined] # the queue's model


def press(stage: Stage, text: str) -> None:
    next(it for it in stage.window.song.panel.buttons if it.text().strip() == text).click()


def test_a_waiting_song_offers_both_ways(stage: Stage, models: FakeModels) -> None:
    job = waiting(stage)
    headline, text, buttons = panel(stage)
    assert headline == "Waiting for htdemucs"
    assert "a download of 84 MB" in text and "The author says MIT." in text
    assert buttons == ["Download (84 MB)", "Split a draft now", "Cancel"]
    press(stage, "Download (84 MB)")
    press(stage, "Split a draft now")
    assert models.asked("download_for") == [([job.id],)]
    assert models.asked("use_instead") == [([job.id],)]
    press(stage, "Cancel")
    assert stage.controller.asked("cancel") == [(job.id,)]


def test_a_waiting_song_says_how_far_the_download_is(stage: Stage, models: FakeModels) -> None:
    job = waiting(stage)
    view = stage.window.library.view.model()
    changed: list[int] = []
    view.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    models.put("htdemucs", RUNNING)
    assert row_text(stage, job) == "Waiting for htdemucs: downloading 42 %"
    assert changed == [0]
    models.put("htdemucs", RUNNING)
    assert changed == [0]  # nothing new to paint
    _, text, buttons = panel(stage)
    assert text.startswith("Downloading 42 %, 2.1 MB/s, 0:31 left")
    assert stage.window.song.panel.progress.value() == 429
    assert buttons == ["Cancel the download", "Split a draft now"]
    press(stage, "Cancel the download")
    assert models.asked("cancel") == [("htdemucs",)]


@pytest.mark.parametrize(
    ("phase", "said"), [(Phase.FAILED, "failed"), (Phase.STOPPED, "was stopped")]
)
def test_a_download_that_ended_badly_can_be_tried_again(
    stage: Stage, models: FakeModels, phase: Phase, said: str
) -> None:
    job = waiting(stage)
    models.put("htdemucs", Download(Errand.DOWNLOAD, phase=phase, error="No network. Try again."))
    assert row_text(stage, job) == f"Waiting for htdemucs: the download {said}"
    _, text, buttons = panel(stage)
    assert text.startswith("No network." if phase is Phase.FAILED else "The download was stopped")
    assert buttons == ["Download (84 MB)", "Split a draft now", "Cancel"]


def test_a_model_of_ones_own_that_is_gone(stage: Stage) -> None:
    waiting(stage, "mine")
    _, text, buttons = panel(stage)
    assert "Import its file on the models page" in text
    assert buttons == ["Models…", "Split a draft now", "Cancel"]
    press(stage, "Models…")
    assert stage.dialog().headline.text() == "Models"


def test_a_model_that_came_another_way_is_taken(stage: Stage, models: FakeModels) -> None:
    job = waiting(stage)
    stage.controller.models_known.emit((STARTER, released(state=ModelState.INSTALLED)))
    assert panel(stage)[2][0] == "Try again"
    press(stage, "Try again")
    assert stage.controller.asked("go_on") == [([job.id],)]
    assert models.asked("download_for") == []


# Drafts


def test_a_draft_says_so_and_offers_the_real_thing(stage: Stage, models: FakeModels) -> None:
    job = stage.done_song(separation=SeparationOptions("starter"))
    stage.window.library.view.select(job.id)
    header = stage.window.song.header
    assert header.draft.isVisible()
    assert header.draft_text.text() == ("Draft quality: for the real thing get htdemucs (84 MB).")
    assert row_text(stage, job) == "Done, draft quality"
    assert header.better.text() == "Get htdemucs (84 MB)"
    header.better.click()
    assert models.asked("download") == [("htdemucs", ())]
    models.put("htdemucs", RUNNING)
    assert header.draft_text.text().startswith("htdemucs: Downloading 42 %")
    assert not header.better.isVisible()
    models.put("htdemucs", None)
    stage.controller.models_known.emit((STARTER, released(state=ModelState.INSTALLED)))
    assert header.better.text() == "Split again with htdemucs"
    header.better.click()
    assert stage.controller.asked("split_again") == [
        (job.id, Settings(model="htdemucs", welcomed=True))
    ]


@pytest.mark.parametrize(
    "settings",
    [Settings(model="starter"), Settings(quality="best"), Settings(model="mine", quality="fast")],
)
def test_a_draft_is_split_again_with_htdemucs_whatever_others_get(
    stage: Stage, settings: Settings
) -> None:
    stage.controller.settings = settings
    stage.controller.models_known.emit((STARTER, released(state=ModelState.INSTALLED)))
    job = stage.done_song(separation=SeparationOptions("starter"))
    stage.window.library.view.select(job.id)
    stage.window.song.header.better.click()
    ((job_id, given),) = stage.controller.asked("split_again")
    quality = "standard" if settings.quality == "best" else settings.quality
    assert (job_id, given.model, given.quality) == (job.id, "htdemucs", quality)
    after = stage.controller.settings
    assert after.model == ("htdemucs" if settings.model == "starter" else settings.model)
    assert after.quality == settings.quality


def test_other_songs_are_no_drafts(stage: Stage) -> None:
    job = stage.done_song()
    stage.window.library.view.select(job.id)
    assert not stage.window.song.header.draft.isVisible()
    assert row_text(stage, job) == "Done"
